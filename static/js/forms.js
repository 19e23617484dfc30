// A questionnaire while it is typed into ([data-questionnaire], see templates/encounters/forms/).
// - Items whose conditions don't hold are hidden at once, from their `data-enable`; the server then has the last word
//   (it alone knows conditions on numbers and dates, and calculates): its answer swaps [data-forms-state].
// - Rows of repeating groups are taken away; adding one is htmx's work.
// - A code found by search brings its words along, so that later changes of the words are noticed.
// What is hidden stays in the form and is posted: nothing typed is lost until the document is finished.
import { each } from "./common.js";

const fieldsUnder = (form, prefix) =>
  [...form.elements].filter((field) => field.name?.startsWith(prefix) && /^[0-9.]+$/.test(field.name.slice(prefix.length)));

function answers(form, prefix) {
  const values = new Map();
  for (const field of fieldsUnder(form, prefix)) {
    if (field.closest("[data-item][hidden]")) continue; // an item that isn't asked has no answer
    if (["checkbox", "radio"].includes(field.type) && !field.checked) continue;
    values.set(field.name, field.value); // of two fields with one name the later counts, as on the server
  }
  return [...values.values()].filter((value) => value.trim() !== "");
}

/** Whether the condition holds; null when only the server can tell. */
function holds(form, { name, operator, value }) {
  const found = answers(form, name);
  if (operator === "exists") return (found.length > 0) === (value === "true");
  if (value === null || !["=", "!="].includes(operator)) return null;
  const same = (answer) => answer === value || (value.startsWith("|") && answer.endsWith(value));
  return found.some((answer) => same(answer) === (operator === "="));
}

function apply(form) {
  // Twice, since an item that is hidden now may have been another's condition.
  for (let round = 0; round < 2; round += 1) {
    for (const item of form.querySelectorAll("[data-enable]")) {
      const { any, when } = JSON.parse(item.dataset.enable);
      const found = when.map((condition) => holds(form, condition));
      if (found.includes(null)) continue;
      item.hidden = !(any ? found.includes(true) : !found.includes(false));
    }
  }
}

function obey(state) {
  const disabled = new Set(state.dataset.disabled.split(" "));
  const root = state.closest("[data-questionnaire]") ?? document;
  for (const item of root.querySelectorAll("[data-enable]")) item.hidden = disabled.has(item.dataset.item);
}

function removeRow(button) {
  const row = button.closest("[data-forms-row]");
  const rows = row.parentElement;
  const form = row.closest("form");
  const next = row.nextElementSibling ?? row.previousElementSibling;
  row.remove();
  (next?.querySelector("input:not([type=hidden]), select, textarea") ?? rows.parentElement.querySelector("[data-forms-add]"))?.focus();
  form?.dispatchEvent(new Event("change", { bubbles: true })); // autosave listens
}

/** Kept text (drafts.js) may belong to rows that this page doesn't have: it is put in hidden fields, so that it is posted. */
function makeRoom(root, entries) {
  const form = root.closest("form");
  for (const [name, value] of entries) {
    if (!name.startsWith("a/") || value.trim() === "" || form.elements[name]) continue;
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name, value });
    root.append(field);
  }
}

each("[data-questionnaire]", (root) => {
  const form = root.closest("form");
  if (!form) return;
  const tell = () => root.querySelector("[data-forms-watch]")?.dispatchEvent(new Event("forms:changed"));
  form.addEventListener("change", (event) => {
    const item = event.target.closest?.("[data-item]");
    if (item && !item.matches("[data-live]")) return;
    apply(form);
    tell();
  });
  form.addEventListener("input", (event) => event.target.closest("[data-item]")?.matches("[data-live]") && apply(form));
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-forms-remove]");
    if (button) removeRow(button);
  });
  form.addEventListener("emr:restore", (event) => makeRoom(root, event.detail?.entries ?? []));
  root.addEventListener("htmx:afterSwap", (event) => {
    const row = event.target.matches?.("[data-forms-rows]") && event.target.lastElementChild;
    row?.querySelector?.("input:not([type=hidden]), select, textarea")?.focus();
  });
  root.querySelector("[data-forms-errors]")?.focus();
});

each("[data-forms-state]", obey);

each("[data-forms-coded]", (box) => {
  const shown = box.querySelector("input[name$='/shown']");
  const code = box.parentElement.querySelector("[data-forms-code]");
  shown.addEventListener("input", () => { code.textContent = ""; }); // combobox.js empties the code likewise
  box.addEventListener("emr:chosen", (event) => {
    const words = event.detail?.text ?? event.detail?.display ?? "";
    box.querySelector("[data-forms-chosen]").value = words;
    shown.value = words;
    code.textContent = event.detail?.display_code ?? event.detail?.code ?? "";
    box.dispatchEvent(new Event("change", { bubbles: true }));
  });
});
