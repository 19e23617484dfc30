// The values of a form as [name, value] pairs, without what must never be kept: passwords, PINs, tokens, files.

const secret = (name, form) => form.elements[name]?.type === "password" || ["csrfmiddlewaretoken", "version"].includes(name);

/** What the form holds now, in the order of its fields. */
export function entriesOf(form) {
  return [...new FormData(form)].filter(([name, value]) => typeof value === "string" && !secret(name, form));
}

/** Puts the kept values back into the fields, by name and order. */
export function fill(form, entries) {
  const values = new Map();
  for (const [name, value] of entries) values.set(name, [...(values.get(name) ?? []), value]);
  for (const field of form.elements) {
    if (!field.name || secret(field.name, form) || ["submit", "button", "file"].includes(field.type)) continue;
    const mine = values.get(field.name) ?? [];
    if (["checkbox", "radio"].includes(field.type)) field.checked = mine.includes(field.value);
    else if (field.multiple) [...field.options].forEach((choice) => { choice.selected = mine.includes(choice.value); });
    else if (mine.length) field.value = mine.shift();
  }
}
