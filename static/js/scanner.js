// A scanner types like a very fast person and ends with Enter. Such a line goes to the [data-scan] target of the page (the last
// one shown; a dialog's own before the page's) wherever the focus is, and never sends the form that happens to have it.
//
// Scanners in Alt-code or Unicode mode put letters like "Đ" into a field without pressing their key, so the line is what was
// inserted into the field that has the focus; the keys themselves count only where no field has it.
import { isUsable } from "./common.js";

const GAP = 50; // milliseconds between two keys; people need 80 or more, a keyboard-wedge scanner 1 to 30
const LEAST = 6; // characters; shorter lines are typed by hand

let line = "";
let last = -Infinity;
let known = null; // the field that has the focus, and its text before the present event
let start = null; // the field that had the focus when the burst began, and its text then

function look() {
  const element = document.activeElement;
  const takesText = element?.matches("input:not([type=checkbox]):not([type=radio]), textarea");
  known = takesText ? { element, value: element.value } : null;
}

function beat(event) {
  const quick = event.timeStamp - last < GAP;
  last = event.timeStamp;
  if (quick) return;
  if (event.type !== "input") look(); // after an input event the text has changed already
  line = "";
  start = known;
}

/** What `after` has that `before` had not, in one piece. */
function inserted(before, after) {
  let head = 0;
  while (head < before.length && before[head] === after[head]) head += 1;
  let tail = 0;
  while (tail < before.length - head && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail += 1;
  return after.slice(head, after.length - tail);
}

function deliver(scanned) {
  const field = [...document.querySelectorAll("[data-scan]")].filter(isUsable).pop();
  if (!field) return false;
  if (start && start.element !== field) {
    // Take the scanned letters out of the field they fell into by chance.
    start.element.value = start.value;
    start.element.dispatchEvent(new Event("input", { bubbles: true }));
  }
  // With the focus in the target the text is there already, whole even where a slow PC left gaps between the keys.
  if (start?.element !== field) field.value = scanned;
  field.focus();
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new CustomEvent("emr:scan", { bubbles: true, detail: { line: field.value } }));
  if (field.dataset.scan === "stay") field.select();
  else field.form?.requestSubmit();
  return true;
}

document.addEventListener("focusin", look, true);
document.addEventListener("beforeinput", beat, true);
document.addEventListener("input", (event) => { beat(event); look(); }, true);

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" || event.key === "Tab") {
    const quick = event.timeStamp - last < GAP;
    const inField = start?.element === document.activeElement;
    const scanned = inField ? inserted(start.value, start.element.value) : line;
    last = -Infinity;
    if (!quick || scanned.length < LEAST || start?.element.type === "password") return;
    if (!deliver(scanned)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  if (event.ctrlKey || event.metaKey || (event.key.length !== 1 && event.key !== "Alt")) return;
  beat(event);
  if (event.key.length === 1 && !event.altKey) line += event.key;
}, true);
