// A scanner types like a very fast person and ends with Enter. Such a line goes to the [data-scan] target of the page (the last
// one shown; a dialog's own before the page's) wherever the focus is, and never sends the form that happens to have it.
import { isUsable } from "./common.js";

const GAP = 50; // milliseconds between two keys; people need 80 or more, a keyboard-wedge scanner 1 to 30
const LEAST = 6; // characters; shorter lines are typed by hand

let line = "";
let last = -Infinity;
let start = null; // the field that had the focus, and its text before the scan

function forget() {
  line = "";
  start = null;
}

function target() {
  return [...document.querySelectorAll("[data-scan]")].filter(isUsable).pop();
}

function deliver(scanned, before) {
  const field = target();
  if (!field) return false;
  // Take the scanned letters out of the field they fell into by chance.
  if (before && before.element !== field) {
    before.element.value = before.value;
    before.element.dispatchEvent(new Event("input", { bubbles: true }));
  }
  // A slow PC leaves gaps between the keys, and accented letters may come without keys: then the field has more than we saw.
  const seenWhole = document.activeElement !== field || field.value === `${before?.element === field ? before.value : ""}${scanned}`;
  if (seenWhole) field.value = scanned;
  field.focus();
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new CustomEvent("emr:scan", { bubbles: true, detail: { line: scanned } }));
  if (field.form && field.dataset.scan !== "stay") field.form.requestSubmit();
  return true;
}

document.addEventListener("keydown", (event) => {
  const quick = event.timeStamp - last < GAP;
  last = event.timeStamp;
  if (event.key === "Enter" || event.key === "Tab") {
    const scanned = line;
    const before = start;
    forget();
    if (quick && scanned.length >= LEAST && deliver(scanned, before)) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
    return;
  }
  if (event.key.length !== 1 || event.ctrlKey || event.metaKey) return;
  if (!quick) {
    const element = document.activeElement;
    forget();
    if (element?.matches("input, textarea")) start = { element, value: element.value };
  }
  line += event.key;
}, true);
