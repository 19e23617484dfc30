// A coded choice by search (WAI-ARIA combobox with list box). F2 or the arrow down opens it, arrows choose, Enter takes,
// Escape closes. Answers are [{code, text or display, note, label}], bare or as "results".
// The hidden field holds the code; editing the text afterwards empties it, so text and code never disagree.
import { csrfToken, each, text } from "./common.js";
import { isSignedOut, saySignedOut } from "./network.js";

const PAUSE = 180; // milliseconds without a key before asking the server

const parentOf = (box) => box.closest("form")?.elements[box.dataset.parent];

async function ask(box, words, signal) {
  const url = new URL(box.dataset.combobox, location.href);
  const post = box.dataset.method === "post";
  if (!post) url.searchParams.set("q", words);
  const parent = parentOf(box);
  if (parent?.value) url.searchParams.set("parent", parent.value);
  const headers = { Accept: "application/json", "X-Requested-With": "XMLHttpRequest" };
  if (post) headers["X-CSRFToken"] = csrfToken();
  const body = post ? new URLSearchParams({ q: words }) : undefined;
  const answer = await fetch(url, { method: post ? "POST" : "GET", headers, body, signal });
  if (isSignedOut(answer.status, answer.url)) saySignedOut();
  if (!answer.ok) throw new Error(String(answer.status));
  const found = await answer.json();
  return Array.isArray(found) ? found : found.results;
}

function option(choice, id) {
  const item = document.createElement("li");
  item.id = id;
  item.setAttribute("role", "option");
  item.setAttribute("aria-selected", "false");
  item.dataset.code = choice.code;
  const title = choice.text ?? choice.display;
  item.dataset.text = title;
  item.choice = choice;
  const code = document.createElement("span");
  code.className = "code";
  code.textContent = choice.label ?? choice.code;
  const words = document.createElement("span");
  words.textContent = choice.note ? `${title} · ${choice.note}` : title;
  item.append(code, words);
  return item;
}

each("[data-combobox]", (box) => {
  const field = box.querySelector('[role="combobox"]');
  const hidden = box.querySelector('input[type="hidden"]');
  const list = box.querySelector('[role="listbox"]');
  let timer = 0;
  let request = null;

  const options = () => [...list.querySelectorAll('[role="option"]')];
  const current = () => list.querySelector('[aria-selected="true"]');

  function show(open) {
    list.hidden = !open;
    field.setAttribute("aria-expanded", String(open));
    if (!open) field.removeAttribute("aria-activedescendant");
  }

  function mark(item) {
    options().forEach((other) => other.setAttribute("aria-selected", String(other === item)));
    if (!item) return;
    field.setAttribute("aria-activedescendant", item.id);
    item.scrollIntoView({ block: "nearest" });
  }

  async function search() {
    clearTimeout(timer);
    request?.abort();
    request = new AbortController();
    try {
      const found = await ask(box, field.value.trim(), request.signal);
      list.replaceChildren(...found.map((choice, index) => option(choice, `${list.id}-${index}`)));
      if (!found.length) {
        const none = document.createElement("li");
        none.className = "combobox-empty";
        none.textContent = text("nothing_found");
        list.append(none);
      }
      show(true);
      mark(options()[0] ?? null);
    } catch (error) {
      if (error.name !== "AbortError") show(false);
    }
  }

  function take(item) {
    clearTimeout(timer);
    request?.abort();
    field.value = item.dataset.text;
    hidden.value = item.dataset.code;
    show(false);
    hidden.dispatchEvent(new Event("change", { bubbles: true }));
    box.dispatchEvent(new CustomEvent("emr:chosen", { bubbles: true, detail: item.choice }));
  }

  field.addEventListener("input", () => {
    hidden.value = "";
    clearTimeout(timer);
    timer = setTimeout(() => (field.value.trim() ? search() : show(false)), PAUSE);
  });
  // What was chosen within one province doesn't lie in another.
  parentOf(box)?.addEventListener("change", () => { field.value = hidden.value = ""; });
  field.addEventListener("emr:look-up", search);
  field.addEventListener("blur", () => setTimeout(() => show(false), 150));
  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      if (list.hidden) return void search();
      const all = options();
      mark(all[(all.indexOf(current()) + step + all.length) % all.length]);
    } else if (event.key === "Enter" && !list.hidden && current()) {
      event.preventDefault();
      event.stopPropagation();
      take(current());
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      event.stopPropagation();
      show(false);
    }
  });
  list.addEventListener("mousedown", (event) => {
    const item = event.target.closest('[role="option"]');
    if (item) event.preventDefault(), take(item);
  });
});
