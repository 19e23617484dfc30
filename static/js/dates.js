// Days and times typed compactly: 221126 -> 22/11/2026, 221126 1430 -> 22/11/2026 14:30, 1430 -> 14:30, "." -> now.
// Read as local time of the ward; the server checks again.
import { text } from "./common.js";

const two = (number) => String(number).padStart(2, "0");

function dayOf(words, today) {
  let found = /^(\d{1,2})[/.\- ](\d{1,2})(?:[/.\- ](\d{4}|\d{2}))?$/.exec(words) ?? /^(\d{2})(\d{2})(\d{4}|\d{2})?$/.exec(words);
  if (!found) return null;
  const [, day, month] = found.map(Number);
  let year = found[3] ? Number(found[3]) : today.getFullYear();
  // Two digits: this century up to ten years ahead, else the one before (births of 1930 to 1999).
  if (found[3]?.length === 2) year += year <= (today.getFullYear() % 100) + 10 ? 2000 : 1900;
  const date = new Date(year, month - 1, day);
  const real = date.getFullYear() === year && date.getMonth() === month - 1 && date.getDate() === day;
  return real ? `${two(day)}/${two(month)}/${year}` : null;
}

function timeOf(words) {
  const found = /^(\d{1,2})(?:[:hg.](\d{2})?)?$/i.exec(words) ?? /^(\d{2})(\d{2})$/.exec(words);
  if (!found) return null;
  const hour = Number(found[1]);
  const minute = Number(found[2] ?? 0);
  return hour < 24 && minute < 60 ? `${two(hour)}:${two(minute)}` : null;
}

/** `typed` spread out, "" for empty, null for what is no date. kind: date, datetime, time. */
export function spread(typed, kind, today = new Date()) {
  const words = typed.trim().replace(/\s+/g, " ");
  if (words === "") return "";
  const now = `${two(today.getHours())}:${two(today.getMinutes())}`;
  const day = `${two(today.getDate())}/${two(today.getMonth() + 1)}/${today.getFullYear()}`;
  if (kind === "time") return words === "." ? now : timeOf(words);
  if (kind === "date") return words === "." ? day : dayOf(words, today);
  if (words === ".") return `${day} ${now}`;
  // Ten or twelve digits in a row are a day and a time; a lone time means today.
  const run = /^(\d{6}|\d{8})(\d{4})$/.exec(words);
  if (run && (run[1].length === 6 || words.length === 12)) return join(dayOf(run[1], today), timeOf(run[2]));
  const cut = words.lastIndexOf(" ");
  if (cut > 0) return join(dayOf(words.slice(0, cut), today), timeOf(words.slice(cut + 1)));
  if (/[:h]/i.test(words)) return join(day, timeOf(words));
  return join(dayOf(words, today), "00:00");
}

const join = (day, time) => (day && time ? `${day} ${time}` : null);

function check(field) {
  const result = spread(field.value, field.dataset.date);
  field.setCustomValidity(result === null ? text("bad_date") : "");
  field.classList.toggle("is-invalid", result === null);
  if (result === null || result === field.value) return;
  field.value = result;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

const isDate = (element) => element instanceof HTMLInputElement && element.dataset.date !== undefined;

document.addEventListener("change", (event) => { if (isDate(event.target)) check(event.target); }, true);
document.addEventListener("keydown", (event) => { if (event.key === "Enter" && isDate(event.target)) check(event.target); }, true);
// F9 and Alt shortcuts send the form without leaving the field.
document.addEventListener("submit", (event) => event.target.querySelectorAll("[data-date]").forEach(check), true);
