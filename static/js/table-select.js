// Select many rows: click a box, shift+click or shift+space takes all between, the box in the head takes all.
// [data-selected-count] shows how many; [data-needs-selection] is disabled while there is none.
import { isUsable } from "./common.js";

const last = new WeakMap();
let shift = false;

const boxes = (table) => [...table.querySelectorAll("tbody input[type=checkbox]:not(:disabled)")].filter(isUsable);

function tell(table) {
  const all = boxes(table);
  const chosen = all.filter((box) => box.checked);
  for (const box of all) box.closest("tr").setAttribute("aria-selected", String(box.checked));
  const head = table.querySelector("thead input[type=checkbox]");
  if (head) {
    head.checked = all.length > 0 && chosen.length === all.length;
    head.indeterminate = chosen.length > 0 && !head.checked;
  }
  const scope = table.closest("form, section") ?? document;
  scope.querySelectorAll("[data-selected-count]").forEach((place) => { place.textContent = String(chosen.length); });
  scope.querySelectorAll("[data-needs-selection]").forEach((button) => { button.disabled = chosen.length === 0; });
}

function tables(root) {
  return root.querySelectorAll("table[data-table-select]");
}

document.addEventListener("click", (event) => { shift = event.shiftKey; }, true);
document.addEventListener("keyup", (event) => { if (event.key === " ") shift = event.shiftKey; }, true);

document.addEventListener("change", (event) => {
  const box = event.target;
  const table = box.closest?.("table[data-table-select]");
  if (!table || box.type !== "checkbox") return;
  const all = boxes(table);
  if (box.closest("thead")) {
    for (const each of all) each.checked = box.checked;
  } else {
    const from = all.indexOf(last.get(table));
    const to = all.indexOf(box);
    if (shift && from >= 0) {
      for (const each of all.slice(Math.min(from, to), Math.max(from, to) + 1)) each.checked = box.checked;
    }
    last.set(table, box);
  }
  shift = false;
  tell(table);
});

// A click anywhere on the row counts, except on what has a click of its own.
document.addEventListener("click", (event) => {
  const row = event.target.closest("table[data-table-select] tbody tr");
  if (!row || event.target.closest("a, button, input, label, select, summary")) return;
  row.querySelector("input[type=checkbox]:not(:disabled)")?.click();
});

tables(document).forEach(tell);
document.addEventListener("htmx:afterSettle", () => tables(document).forEach(tell));
