// A form is sent once: its buttons are disabled while it is on the way, and no longer.

const LONGEST = 15000; // milliseconds; an answer that is a file leaves the page standing without telling it

function submitters(form) {
  const inside = [...form.querySelectorAll('button:not([type]), button[type="submit"], input[type="submit"]')];
  const outside = form.id ? [...document.querySelectorAll(`[type="submit"][form="${CSS.escape(form.id)}"]`)] : [];
  return [...inside, ...outside];
}

function hold(form) {
  form.dataset.sending = "";
  for (const button of submitters(form)) {
    if (button.disabled) continue;
    button.disabled = true;
    button.setAttribute("aria-busy", "true");
  }
}

function release(form) {
  delete form.dataset.sending;
  for (const button of submitters(form)) {
    if (button.getAttribute("aria-busy") !== "true") continue;
    button.disabled = false;
    button.removeAttribute("aria-busy");
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if ("sending" in form.dataset) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  // After the browser has read the pressed button's name and value.
  if (!form.matches("[hx-post], [hx-get], [hx-put], [hx-patch], [hx-delete], [method=dialog], [target]")) {
    setTimeout(() => event.defaultPrevented || hold(form));
    setTimeout(() => release(form), LONGEST);
  }
}, true);

document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.target instanceof HTMLFormElement) hold(event.target);
});
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.target instanceof HTMLFormElement) release(event.target);
});

// Back button: the page comes from memory with its buttons still disabled.
window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sending]").forEach(release));
