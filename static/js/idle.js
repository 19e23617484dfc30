// The screen locks when nobody is there. The server decides (polling doesn't count); here it is only asked in time, so that
// a page at rest goes out of sight too, and the person is warned a minute before. [data-stay=url] says: still here.
import { acting } from "./acting.js";
import { csrfToken } from "./common.js";
import { parkForms, parkPlace } from "./parking.js";

const WARNING = 60; // seconds before

const meta = document.querySelector('meta[name="idle"]');
const dialog = document.getElementById("idle-warning");

/** Leave for the locked screen; what was typed waits on this PC. */
async function leave() {
  await parkForms();
  parkPlace();
  location.assign(`${meta.dataset.locked}?${new URLSearchParams({ next: location.pathname + location.search })}`);
}

async function look() {
  let left = WARNING;
  try {
    const answer = await fetch(meta.dataset.state, { headers: { Accept: "application/json", "X-Requested-With": "XMLHttpRequest" } });
    if (answer.headers.get("X-Locked")) return void leave();
    if (!answer.ok || answer.redirected) return; // signed out: network.js says so with the next request
    left = (await answer.json()).idle_left;
  } catch {
    // no line: ask again in a minute
  }
  if (left <= WARNING && dialog && !dialog.open) dialog.showModal();
  if (left > WARNING && dialog?.open) dialog.close();
  setTimeout(look, Math.max(1, left > WARNING ? left - WARNING : Math.min(left + 1, WARNING)) * 1000);
}

async function stay(address) {
  dialog.close();
  await fetch(address, { method: "POST", headers: { ...acting(), "X-CSRFToken": csrfToken(), "X-Requested-With": "XMLHttpRequest" } });
}

if (meta) {
  setTimeout(look, Math.max(1, Number(meta.content) - WARNING) * 1000);
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-stay]");
    if (button) stay(button.dataset.stay);
  });
  document.addEventListener("emr:locked", leave);
  document.addEventListener("submit", async (event) => {
    if (!event.target.matches("[data-lock]")) return;
    event.preventDefault();
    await parkForms();
    parkPlace();
    event.target.submit();
  }, true);
}
