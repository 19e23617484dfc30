// What htmx needs from the page: the token on every request, and a plain word when an answer is missing or an error.
import { csrfToken, say, text } from "./common.js";

document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = csrfToken();
});

/** A notice with a link to sign in; what was typed stays on the page. */
export function saySignedOut() {
  if (document.querySelector("[data-signed-out]")) return;
  const link = document.createElement("a");
  link.href = "/";
  link.target = "_blank";
  link.rel = "noopener";
  link.className = "btn btn-secondary btn-sm";
  link.textContent = text("sign_in");
  link.dataset.signedOut = "";
  say(text("signed_out"), "interrupt", link);
}

/** Whether this answer is the sign-in page or a refusal for want of a session. */
export function isSignedOut(status, address) {
  return status === 401 || /\/sign-in\/?(\?|$)/.test(address ?? "");
}

document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr } = event.detail;
  if (!isSignedOut(xhr.status, xhr.responseURL)) return;
  event.detail.shouldSwap = false;
  event.detail.isError = false;
  if (!xhr.getResponseHeader("X-Locked")) saySignedOut(); // idle.js leaves for the locked screen
});

document.addEventListener("htmx:sendError", () => say(text("lost_line"), "inline"));

document.addEventListener("htmx:responseError", (event) => {
  const { xhr } = event.detail;
  // Our own error fragment says what is wrong, with a reference; anything else is not shown.
  const answer = new DOMParser().parseFromString(xhr.responseText, "text/html");
  const alert = answer.body.querySelector(".alert");
  const region = document.getElementById("messages");
  if (alert && region) region.replaceChildren(document.adoptNode(alert));
  else say(text("error"), "interrupt");
});

// A view says something beside its fragment: HX-Trigger: {"emr:say": {"text": "…", "level": "done"}}
document.addEventListener("emr:say", (event) => say(event.detail.text, event.detail.level ?? "done"));
