// A form that isn't autosaved and was typed into is kept, encrypted, when the screen locks, and given back to the same person
// on the same page. Autosaved forms look after themselves.
import { each, say, text } from "./common.js";
import { drop, keep, kept, user } from "./drafts.js";
import { entriesOf, fill } from "./form-entries.js";

const FORMS = "main form[method=post]:not([data-autosave])";
const PLACE = `emr:parked:${user}`;
const A_DAY = 24 * 3600 * 1000; // milliseconds
const touched = new Set();

const nameOf = (form) => `page:${location.pathname}:${form.getAttribute("action") ?? ""}:${form.id}`;

/** Keeps what was typed on this page and not sent. */
export async function parkForms() {
  const forms = [...touched].filter((form) => form.isConnected);
  await Promise.all(forms.map((form) => keep(nameOf(form), { entries: entriesOf(form) })));
}

/** Remembers where this person was, for when the PC is theirs again. */
export function parkPlace() {
  if (user) localStorage.setItem(PLACE, JSON.stringify([Date.now(), location.pathname + location.search]));
}

function parkedPlace() {
  const [at, place] = JSON.parse(localStorage.getItem(PLACE) ?? "[0, null]");
  localStorage.removeItem(PLACE);
  return Date.now() - at < A_DAY ? place : null;
}

// The first page of somebody who is back: the one they left, when they come in by the front door.
if (user && document.querySelector('meta[name="idle"]')) {
  const place = parkedPlace();
  if (place?.startsWith("/") && !place.startsWith("//") && place !== "/" && location.pathname === "/") location.replace(place);
}

document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (event.isTrusted && form?.matches(FORMS)) touched.add(form);
});
document.addEventListener("submit", (event) => touched.delete(event.target));

if (user) each(FORMS, async (form) => {
  const copy = await kept(nameOf(form));
  if (!copy) return;
  drop(nameOf(form));
  fill(form, copy.entries);
  touched.add(form);
  say(text("restored"), "inline");
});
