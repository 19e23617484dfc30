// <form data-autosave="url" data-document="id" data-version="3">: a second after the last key the form is posted with
// `version`. 200 {"version": 4} confirms; 409 brings the difference as a fragment; whatever else happens, the text stays on
// the page and, encrypted, on this PC (drafts.js) until the server has confirmed it.
import { acting } from "./acting.js";
import { csrfToken, each, say, text } from "./common.js";
import { drop, keep, kept, user } from "./drafts.js";
import { entriesOf, fill } from "./form-entries.js";
import { isSignedOut, saySignedOut } from "./network.js";

const PAUSE = 1000; // milliseconds without a key
const PATIENCE = 8000; // milliseconds that a form waits for the save before it
const AGAIN = 5000; // milliseconds between attempts while the line is down
const SENT = "emr:sent"; // documents whose form was submitted: the next page shows whether it arrived

const sent = () => JSON.parse(sessionStorage.getItem(SENT) ?? "[]");

class Autosave {
  constructor(form) {
    this.form = form;
    this.id = form.dataset.document;
    this.changes = 0; // counts edits, so that an answer confirms only what it was sent
    this.timer = 0;
    this.saving = null; // the attempt under way, settled whatever becomes of it
    form.addEventListener("submit", (event) => this.waits(event), { capture: true });
    form.addEventListener("input", () => this.changed());
    form.addEventListener("change", () => this.changed());
    form.addEventListener("submit", () => this.submitted());
    form.addEventListener("htmx:afterRequest", (event) => event.target === form && event.detail.successful && this.arrived());
    form.addEventListener("click", (event) => this.resolve(event.target));
    for (const moment of ["online", "focus"]) window.addEventListener(moment, () => this.pending && !this.conflict && this.save());
    window.addEventListener("pagehide", () => this.pending && !this.conflict && this.save(true));
    this.restore();
  }

  get pending() { return ["typed", "waiting", "signed-out"].includes(this.state); }

  get conflict() { return this.state === "conflict"; }

  show(state, words) {
    this.state = state;
    const places = document.querySelectorAll(`[data-save-state="${CSS.escape(this.form.id)}"]`);
    for (const place of places) {
      place.dataset.state = state;
      if (place.textContent !== words) place.textContent = words;
    }
  }

  changed() {
    this.changes += 1;
    keep(this.id, { version: this.form.dataset.version, entries: entriesOf(this.form) });
    if (this.conflict) return;
    this.show("typed", text("typed"));
    this.later(PAUSE);
  }

  later(pause, unattended = false) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(false, unattended), pause);
  }

  /** `unattended`: tried again by itself, which keeps no screen open. */
  async save(leaving = false, unattended = false) {
    clearTimeout(this.timer);
    if (this.saving && !leaving) return void this.later(PAUSE);
    const attempt = this.attempt(leaving, unattended).finally(() => { if (this.saving === attempt) this.saving = null; });
    this.saving = attempt;
    await attempt;
  }

  async attempt(leaving, unattended) {
    const upTo = this.changes;
    const body = new URLSearchParams(entriesOf(this.form));
    body.set("version", this.form.dataset.version);
    const headers = { ...acting(), "X-CSRFToken": csrfToken(), "X-Requested-With": "XMLHttpRequest", Accept: "application/json, text/html" };
    if (unattended) headers["X-Unattended"] = "1";
    try {
      const answer = await fetch(this.form.dataset.autosave, { method: "POST", body, headers, keepalive: leaving });
      await this.answered(answer, upTo);
    } catch {
      this.show("waiting", text("waiting"));
      this.later(AGAIN, true);
    }
  }

  /** A form confirmed while a save is under way goes after it: before it, the writer would be in conflict with themselves. */
  async waits(event) {
    if (!this.saving) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (this.confirming) return;
    this.confirming = true;
    await Promise.race([this.saving, new Promise((resolve) => { setTimeout(resolve, PATIENCE); })]);
    this.confirming = false;
    this.saving = null;
    if (!this.conflict) this.form.requestSubmit(event.submitter);
  }

  async answered(answer, upTo) {
    if (answer.headers.get("X-Locked")) return void document.dispatchEvent(new CustomEvent("emr:locked"));
    if (isSignedOut(answer.status, answer.url) || answer.status === 403) return this.signedOut(answer.status);
    if (answer.status === 409) return this.differs(await answer.text());
    if (answer.status === 422) return this.show("refused", text("refused"));
    if (!answer.ok) throw new Error(String(answer.status));
    const { version } = await answer.json();
    this.setVersion(version);
    document.querySelector("[data-signed-out]")?.closest(".alert").remove();
    if (this.changes !== upTo) return this.later(PAUSE);
    drop(this.id);
    const time = new Date().toLocaleTimeString("vi-VN", { hour: "2-digit", minute: "2-digit" });
    this.show("saved", `${text("saved")} ${time}`);
    return this.form.dispatchEvent(new CustomEvent("emr:saved", { bubbles: true, detail: { version } }));
  }

  setVersion(version) {
    this.form.dataset.version = version;
    const field = this.form.elements.version;
    if (field) field.value = version;
  }

  /** The session ended, or began anew in another tab: take its token if the same person is there, and nobody else's. */
  async signedOut(status) {
    const answer = await fetch(location.href, { headers: { "X-Requested-With": "XMLHttpRequest" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const same = page.querySelector('meta[name="draft-key"]')?.dataset.user === user;
    const token = page.querySelector('meta[name="csrf-token"]')?.content;
    if (answer.ok && same && token && !(status === 403 && this.state === "signed-out")) {
      document.querySelector('meta[name="csrf-token"]').content = token;
      for (const field of document.querySelectorAll("[name=csrfmiddlewaretoken]")) field.value = token;
      this.show("signed-out", text("waiting"));
      return this.later(PAUSE);
    }
    this.show("signed-out", text("waiting"));
    return saySignedOut();
  }

  differs(fragment) {
    this.show("conflict", text("conflict"));
    const place = this.form.querySelector("[data-conflict]") ?? document.getElementById("messages");
    place.innerHTML = fragment; // our own server's fragment; the page's policy runs no script in it
    place.scrollIntoView({ block: "nearest" });
  }

  /** Buttons of the difference: data-keep-mine=<their version> saves mine over it, data-take-theirs opens theirs. */
  resolve(target) {
    const mine = target.closest?.("[data-keep-mine]");
    if (target.closest?.("[data-take-theirs]")) {
      drop(this.id);
      this.state = "saved";
      location.reload();
    }
    if (!mine) return;
    this.setVersion(mine.dataset.keepMine);
    mine.closest("[data-conflict]")?.replaceChildren();
    this.show("typed", text("typed"));
    this.save();
  }

  async restore() {
    const copy = await kept(this.id);
    if (!copy) return;
    const now = JSON.stringify(entriesOf(this.form));
    if (now === JSON.stringify(copy.entries)) return drop(this.id);
    // A form with repeated groups adds its rows first.
    this.form.dispatchEvent(new CustomEvent("emr:restore", { bubbles: true, detail: copy }));
    fill(this.form, copy.entries);
    this.setVersion(copy.version);
    say(text("restored"), "inline");
    this.changed();
  }

  submitted() {
    clearTimeout(this.timer);
    this.state = "sent";
    sessionStorage.setItem(SENT, JSON.stringify([...new Set([...sent(), this.id])]));
  }

  arrived() {
    drop(this.id);
    sessionStorage.setItem(SENT, JSON.stringify(sent().filter((id) => id !== this.id)));
  }
}

// A page of ours that is neither an error nor the sign-in page: what was submitted before it has arrived.
if (user && !document.querySelector(".error-page")) {
  sent().forEach(drop);
  sessionStorage.removeItem(SENT);
}

each("form[data-autosave]", (form) => new Autosave(form));
