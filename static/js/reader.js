// Reading a list in full without leaving it: the space bar shows the first document, reads on, turns to the next; with Shift
// back. [data-read] is the button of a row that brings its document into [data-reader]; what was drawn is marked as read.
import { isTyping, isUsable, say } from "./common.js";

const PART = 0.9; // of the visible height: a line stays in sight

const reader = () => document.querySelector("[data-reader]");
const buttons = () => [...document.querySelectorAll("[data-read]")].filter(isUsable);

let shown = ""; // the row whose document is in the reader

function open(button) {
  shown = button.closest("tr").id;
  document.querySelectorAll("tr.is-shown").forEach((row) => row.classList.remove("is-shown"));
  button.closest("tr").classList.add("is-shown");
  button.closest("tr").scrollIntoView({ block: "nearest" });
}

/** True when there is more of the document in that direction, and it was shown. */
function readOn(step) {
  const pages = reader()?.querySelector("[data-pdf-pages]");
  if (!pages) return false;
  const before = pages.scrollTop;
  pages.scrollTop += step * PART * pages.clientHeight;
  return Math.abs(pages.scrollTop - before) > 1;
}

function turn(step) {
  const all = buttons();
  const here = all.findIndex((button) => button.closest("tr").id === shown);
  const next = all[here < 0 ? 0 : here + step];
  if (next) next.click();
  else if (step > 0) say(reader().dataset.readerEnd, "passive");
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-read]");
  if (button) open(button);
});

document.addEventListener("keydown", (event) => {
  if (event.key !== " " || event.isComposing || event.ctrlKey || event.altKey || event.metaKey || !reader()) return;
  const focus = document.activeElement;
  // A box, a button or a link has its own use for the space bar; what is typed is typed.
  if (isTyping() || focus?.matches("a, button, input, summary") || document.querySelector("dialog[open]")) return;
  event.preventDefault();
  const step = event.shiftKey ? -1 : 1;
  if (reader().querySelector("[data-pdf]:not([data-state])")) return; // still being drawn
  if (!readOn(step)) turn(step);
});

document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target !== reader()) return;
  event.target.querySelector("[data-pdf-pages]")?.focus({ preventScroll: true });
});

const seen = new Set();

function mark() {
  for (const id of seen) {
    const place = document.getElementById(id)?.querySelector("[data-read-mark]");
    if (place) place.hidden = false;
  }
}

document.addEventListener("emr:pdf-shown", (event) => {
  if (!reader()?.contains(event.target)) return;
  seen.add(shown);
  mark();
});
document.addEventListener("htmx:afterSettle", mark);
