// Native dialogs: [data-dialog-open=id] opens, [data-dialog-close] closes; [data-confirm="words"] and hx-confirm ask first.
import { each } from "./common.js";

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog-open]");
  if (opener) {
    event.preventDefault();
    const dialog = document.getElementById(opener.dataset.dialogOpen);
    if (dialog && !dialog.open) dialog.showModal();
    return;
  }
  if (event.target.closest("[data-dialog-close]")) event.target.closest("dialog")?.close();
});

// A dialog that htmx brings with data-open shows itself and goes away when it is closed.
each("dialog[data-open]", (dialog) => {
  dialog.addEventListener("close", () => dialog.remove());
  if (!dialog.open) dialog.showModal();
});

/** Ask in our own dialog; resolves to true for yes. `label`: the words of the yes button. */
export function confirmed(words, label = "") {
  const dialog = document.getElementById("confirm-dialog");
  const yes = dialog.querySelector("[data-confirm-yes]");
  const usual = yes.dataset.usual ?? yes.textContent;
  yes.dataset.usual = usual;
  yes.textContent = label || usual;
  dialog.querySelector("[data-confirm-text]").textContent = words;
  return new Promise((resolve) => {
    let answer = false;
    const agree = () => { answer = true; dialog.close(); };
    yes.addEventListener("click", agree);
    dialog.addEventListener("close", () => {
      yes.removeEventListener("click", agree);
      resolve(answer);
    }, { once: true });
    dialog.showModal();
    yes.focus();
  });
}

document.addEventListener("htmx:confirm", async (event) => {
  if (!event.detail.question) return;
  event.preventDefault();
  const label = event.detail.elt.dataset?.confirmLabel;
  if (await confirmed(event.detail.question, label)) event.detail.issueRequest(true);
});

document.addEventListener("submit", async (event) => {
  const form = event.target;
  const words = event.submitter?.dataset.confirm ?? form.dataset.confirm;
  if (!words || form.dataset.agreed !== undefined) {
    delete form.dataset.agreed;
    return;
  }
  event.preventDefault();
  event.stopImmediatePropagation();
  const submitter = event.submitter;
  if (await confirmed(words, submitter?.dataset.confirmLabel ?? form.dataset.confirmLabel)) {
    form.dataset.agreed = "";
    form.requestSubmit(submitter);
  }
}, true);
