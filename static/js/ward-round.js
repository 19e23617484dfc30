// The ward's round: Enter goes on to the next number, after the last one it saves the line and goes on to the next bed. A line
// that could not be sent keeps its numbers and its key and is sent again by itself.
import { each, isUsable } from "./common.js";

const AGAIN = 5000; // milliseconds

const numbers = (form) => [...form.elements].filter((field) => field.matches("[data-longest]") && isUsable(field));

function nextLine(row) {
  for (let next = row.nextElementSibling; next; next = next.nextElementSibling) {
    const form = next.querySelector("[data-round-line]");
    const first = form && numbers(form)[0];
    if (first) return first;
  }
  return null;
}

each(".round-line", (row) => {
  const form = row.querySelector("[data-round-line]");
  if (!form) return;
  row.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || !event.target.matches("[data-longest]")) return;
    event.preventDefault();
    const fields = numbers(form);
    const next = fields[fields.indexOf(event.target) + 1];
    if (next) {
      next.focus();
      next.select();
    } else if (fields.some((field) => field.value.trim())) {
      form.requestSubmit();
    } else {
      nextLine(row)?.focus();
    }
  });
  // When it was taken is when it was sent first, however long the network is away; no clock of the device is believed.
  const before = Number(form.elements.waited?.value) || 0;
  let since = 0;
  form.addEventListener("htmx:configRequest", (event) => {
    since ||= event.timeStamp;
    event.detail.parameters.waited = before + Math.round((event.timeStamp - since) / 1000);
  });
  form.addEventListener("submit", () => row.contains(document.activeElement) && nextLine(row)?.focus());
  const later = () => {
    row.classList.add("unsent");
    const place = row.querySelector(".round-score > div");
    const words = document.querySelector('#round-texts')?.content.querySelector('[data-text="unsent"]');
    if (place && words) place.textContent = words.textContent;
    setTimeout(() => row.isConnected && form.requestSubmit(), AGAIN);
  };
  form.addEventListener("htmx:sendError", later);
  form.addEventListener("htmx:timeout", later);
  form.addEventListener("htmx:responseError", (event) => event.detail.xhr.status >= 500 && later());
});
