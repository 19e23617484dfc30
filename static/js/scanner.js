// A scanner types like a very fast person and ends with Enter. Such a line goes to the [data-scan] target of the page (the last
// one shown; a dialog's own before the page's) wherever the focus is, and never sends the form that happens to have it.
//
// Scanners in Alt-code or Unicode mode put letters like "Đ" into a field without pressing their key, so the line is what was
// inserted into the field that has the focus. Where no field has it, the target gets it as soon as a burst is seen.
import { isUsable } from "./common.js";

const GAP = 50; // milliseconds between two keys; people need 80 or more, a keyboard-wedge scanner 1 to 30
const PAUSE = 500; // milliseconds after which keys with no field to go to belong to something else
const BURST = 3; // quick keys with no field to go to: certainly a scanner
const LEAST = 6; // characters; shorter lines are typed by hand

let line = "";
let keyed = false; // a key has been pressed whose letter is still to come
let burst = 0; // keys in quick succession
let last = -Infinity;
let known = null; // the field that has the focus, and its text before the present event
let start = null; // the field that had the focus when the burst began, and its text then

function look() {
  const element = document.activeElement;
  const takesText = element?.matches("input:not([type=checkbox]):not([type=radio]), textarea");
  known = takesText ? { element, value: element.value } : null;
}

function beat(event) {
  const gap = event.timeStamp - last;
  last = event.timeStamp;
  burst = gap < GAP ? burst + 1 : 1;
  if (burst > 1) return;
  if (event.type !== "input") look(); // after an input event the text has changed already
  start = known;
  if (start || gap > PAUSE) line = "";
}

/** What `after` has that `before` had not, in one piece. */
function inserted(before, after) {
  let head = 0;
  while (head < before.length && before[head] === after[head]) head += 1;
  let tail = 0;
  while (tail < before.length - head && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail += 1;
  return after.slice(head, after.length - tail);
}

const target = () => [...document.querySelectorAll("[data-scan]")].filter(isUsable).pop();

/** The rest of the burst falls into the target by itself. */
function lead(event) {
  const field = target();
  if (!field) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  field.focus();
  field.value = line;
  field.setSelectionRange?.(line.length, line.length);
  start = { element: field, value: "" };
}

/** A form with a field `scanned` wants to know, and is answered by a page: a wristband opens what is done at the bed. */
function send(form) {
  const mark = form?.elements.scanned;
  if (!mark) return form?.requestSubmit();
  mark.value = "1";
  form.submit();
  mark.value = "";
}

function deliver(scanned) {
  const field = target();
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
  else send(field.form);
  return true;
}

/** A line that came another way than by keys. */
export function scanned(text) {
  start = null;
  return deliver(text);
}

/** The separator of a GS1 code comes as Ctrl+]: it becomes a letter that can be seen and sent. */
function separate(event) {
  event.preventDefault();
  beat(event);
  line += "\u241d";
  const field = start?.element;
  if (field && field === document.activeElement) field.setRangeText("\u241d", field.selectionEnd, field.selectionEnd, "end");
  look();
}

document.addEventListener("focusin", look, true);
// An insertion that a key announced counts once, by its key: on a slow PC it comes so late that it would bridge a person's pause.
document.addEventListener("beforeinput", (event) => keyed || beat(event), true);
document.addEventListener("input", (event) => {
  if (!keyed && event.isTrusted) beat(event); // not what our own scripts write
  keyed = false;
  look();
}, true);

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" || event.key === "Tab") {
    const quick = event.timeStamp - last < GAP;
    const inField = start?.element === document.activeElement;
    // A field that takes only so many letters has cut the line; then the keys themselves must do.
    const isCut = inField && start.element.maxLength >= 0 && start.element.value.length >= start.element.maxLength;
    const scanned = inField && !isCut ? inserted(start.value, start.element.value) : line;
    last = -Infinity;
    if (!quick || scanned.length < LEAST || start?.element.type === "password") return;
    if (!deliver(scanned)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  if (event.ctrlKey && !event.altKey && event.key === "]" && event.timeStamp - last < PAUSE) return separate(event);
  if (event.repeat || event.ctrlKey || event.metaKey || (event.key.length !== 1 && event.key !== "Alt")) return;
  beat(event);
  keyed = true;
  if (event.key.length === 1 && !event.altKey) line += event.key;
  if (!start && burst >= BURST) lead(event);
}, true);
