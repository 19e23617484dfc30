// The doctor's loop without a mouse. F2 look up, F3 search, F9 save, Enter to the next field, Alt+letter while typing,
// g + letter to go, ? help. A single letter is never a command while a field has the focus or an input method composes.
import { isTyping, isUsable } from "./common.js";

const GO_WITHIN = 1500; // milliseconds between g and its letter
let goSince = -Infinity;

/** "Alt+L", "Control+K", "F9", "a": the names used in data-keys. */
function nameOf(event) {
  const modifiers = [];
  if (event.ctrlKey || event.metaKey) modifiers.push("Control");
  if (event.altKey) modifiers.push("Alt");
  if (event.shiftKey && (event.key.length > 1 || modifiers.length)) modifiers.push("Shift");
  // With Alt or Ctrl the key's place counts, since input methods and layouts change its letter.
  const place = /^(?:Key|Digit)(.)$/.exec(event.code)?.[1];
  const key = modifiers.length && place ? place : event.key;
  return [...modifiers, key].join("+");
}

function matching(name) {
  const wanted = name.toLowerCase();
  const elements = [...document.querySelectorAll("[data-keys]")].filter(
    (element) => element.dataset.keys.toLowerCase().split(" ").includes(wanted) && isUsable(element),
  );
  const near = document.activeElement?.closest("dialog, form");
  return elements.find((element) => near && (near.contains(element) || element.form === near)) ?? elements.pop();
}

function press(element) {
  if (element.matches("input:not([type=checkbox]):not([type=radio]), textarea, select")) {
    element.focus();
    element.select?.();
    return;
  }
  if (element.matches("a, button, summary, input")) element.focus({ preventScroll: true });
  element.click();
}

function lookUp() {
  const box = document.activeElement;
  if (!box?.matches('[role="combobox"]')) return false;
  box.dispatchEvent(new CustomEvent("emr:look-up", { bubbles: true }));
  return true;
}

function goTo(letter) {
  const link = [...document.querySelectorAll("[data-go]")].find((element) => element.dataset.go === letter);
  link?.click();
  return Boolean(link);
}

function nextField(event) {
  const field = event.target;
  const form = field.closest?.("[data-enter-next]");
  if (!form || event.shiftKey || event.ctrlKey || event.altKey || event.defaultPrevented) return;
  if (!field.matches("input, select") || field.matches("[type=submit], [type=button]")) return;
  const fields = [...form.querySelectorAll("input, select, textarea, button[type=submit]")].filter(
    (element) => element.type !== "hidden" && isUsable(element) && element.tabIndex >= 0,
  );
  const next = fields[fields.indexOf(field) + 1];
  event.preventDefault();
  next?.focus();
  next?.select?.();
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229 || event.defaultPrevented) return;
  if (event.key === "Enter") return nextField(event);
  const bare = event.key.length === 1 && !event.ctrlKey && !event.altKey && !event.metaKey;
  if (bare && isTyping()) return;
  if (event.key === "F2" && lookUp()) return event.preventDefault();
  if (bare && performance.now() - goSince < GO_WITHIN) {
    goSince = -Infinity;
    if (goTo(event.key.toLowerCase())) event.preventDefault();
    return;
  }
  if (bare && event.key === "g") {
    goSince = performance.now();
    return;
  }
  if (bare && event.key === "?") return showHelp(event);
  const target = matching(nameOf(event));
  // These would reload, search the text of the page or open the browser's own things: never what was meant.
  if (target || ["F2", "F3", "F9"].includes(event.key)) event.preventDefault();
  if (target) press(target);
});

function showHelp(event) {
  const dialog = document.getElementById("keyboard-help");
  if (!dialog || document.querySelector("dialog[open]")) return;
  event.preventDefault();
  const list = dialog.querySelector("[data-go-list]");
  const places = [...document.querySelectorAll("[data-go]")].map((link) => {
    const name = link.textContent.trim() || link.querySelector("img")?.alt || "";
    return `${link.dataset.go} – ${name}`;
  });
  if (places.length) list.textContent = places.join(" · ");
  dialog.showModal();
}
