// Numbers typed in a row, as on a keypad ([data-longest]: the greatest value that anybody types there). A number that can't
// go on is complete: the next field has the focus, after the last one the form's button. With [data-decimals="1"] the comma
// comes by itself: 3 8 5 is 38,5. Enter, Tab and the mouse work as ever.
import { each, isUsable } from "./common.js";

const SCANNER = 50; // milliseconds; what comes quicker was scanned (scanner.js takes it back) and moves nothing
const LOOK = 120; // milliseconds until the eye is led on; a key that comes earlier leads on by itself

const decimals = (field) => Number(field.dataset.decimals ?? 0);

function isComplete(field) {
  const [whole, part] = field.value.trim().split(/[.,]/);
  if (part !== undefined) return part.length >= decimals(field);
  if (!/^\d{2,}$/.test(whole) || decimals(field)) return false;
  return Number(whole) * 10 > Number(field.dataset.longest);
}

function next(field) {
  // All that belong to the form, also those that stand outside its element, in cells of a table.
  const fields = [...field.form.elements].filter((other) => other.matches("[data-longest]") && isUsable(other));
  return fields[fields.indexOf(field) + 1] ?? field.form.querySelector("[type=submit]");
}

function goOn(field) {
  const target = next(field);
  target?.focus();
  target?.select?.();
}

each("[data-longest]", (field) => {
  let last = -Infinity;
  let quick = false;
  let waiting = 0;
  const atEnd = () => field.selectionStart === field.value.length && field.selectionEnd === field.value.length;
  field.addEventListener("keydown", (event) => {
    quick = event.timeStamp - last < SCANNER;
    last = event.timeStamp;
    clearTimeout(waiting);
    // 120/80: the stroke leads on, and says nothing more once the field of 80 has the focus.
    if (event.key === "/" && (field.value === "" || isComplete(field))) event.preventDefault();
    // The digit that follows falls into the field that has the focus then.
    if (!quick && /^[\d/]$/.test(event.key) && atEnd() && isComplete(field) && next(field).matches("input")) goOn(field);
  });
  field.addEventListener("input", (event) => {
    clearTimeout(waiting);
    if (quick || !event.inputType?.startsWith("insert")) return;
    const digits = /^\d{3}$/.exec(field.value);
    if (decimals(field) && digits) field.value = `${field.value.slice(0, 2)},${field.value.slice(2)}`;
    if (atEnd() && isComplete(field)) {
      waiting = setTimeout(() => document.activeElement === field && goOn(field), LOOK);
    }
  });
});
