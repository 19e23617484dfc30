// Small things that several behaviours share.

/** A sentence in the user's language, from <template id="texts">. */
export function text(name) {
  const texts = document.getElementById("texts");
  return texts?.content.querySelector(`[data-text="${name}"]`)?.textContent ?? name;
}

/** The token that proves that a request comes from our own page. */
export function csrfToken() {
  return document.querySelector('meta[name="csrf-token"]')?.content ?? "";
}

/** Calls `start` for every element that matches, now and after each htmx swap, once an element. */
export function each(selector, start) {
  const seen = new WeakSet();
  const scan = (root) => {
    const found = [...root.querySelectorAll(selector)];
    if (root instanceof Element && root.matches(selector)) found.unshift(root);
    for (const element of found) {
      if (seen.has(element)) continue;
      seen.add(element);
      start(element);
    }
  };
  scan(document);
  document.addEventListener("htmx:load", (event) => scan(event.target));
}

/** True while the person types: no single letter may be a command then. */
export function isTyping(element = document.activeElement) {
  if (!element) return false;
  if (element.isContentEditable) return true;
  if (element.tagName === "INPUT") return !["checkbox", "radio", "button", "submit", "reset", "file", "range"].includes(element.type);
  return element.tagName === "TEXTAREA" || element.tagName === "SELECT";
}

/** Shown and usable: not hidden, not disabled, not behind an open dialog. */
export function isUsable(element) {
  if (element.disabled || element.getClientRects().length === 0) return false;
  const modal = [...document.querySelectorAll("dialog[open]")].pop();
  return !modal || modal.contains(element);
}

/** A line in the messages region, which screen readers announce. `level`: passive, inline, interrupt, done. */
export function say(words, level = "inline", action = null) {
  const region = document.getElementById("messages");
  if (!region) return;
  const already = [...region.querySelectorAll(".alert-body")].some((body) => body.textContent === words);
  if (already && !action) return;
  const box = document.createElement("div");
  box.className = `alert alert-${level}`;
  const body = document.createElement("div");
  body.className = "alert-body";
  body.textContent = words;
  box.append(body);
  if (action) box.append(action);
  region.append(box);
}
