// Entries at the bed: sent at once, or kept on this device, encrypted, until the line is back; each with its own key and true time.
// The page asks every four seconds whether the server is there and says so when it isn't. What was kept is sent in its order, by
// the person who wrote it and nobody else; what the server then refuses stays in sight until it is put away.
import { acting } from "./acting.js";
import { csrfToken } from "./common.js";
import { drop, keep, kept, user } from "./drafts.js";
import { isSignedOut } from "./network.js";

const EVERY = 4000; // milliseconds between two questions
const PATIENCE = 4000; // milliseconds without an answer: the line is lost (with EVERY, said within ten seconds)
const SENDING = 8000; // milliseconds for an entry's own answer
const OWN = `emr:draft:${user}:bedside:`;
const ANYBODYS = /^emr:draft:(\d+):bedside:/;

const bar = document.querySelector("[data-line]");
const words = (name) => document.getElementById("bedside-texts")?.content.querySelector(`[data-text="${name}"]`)?.textContent ?? "";
const unkept = new Map(); // where the browser keeps nothing: entries of this page alone
let skew = 0; // the server's clock minus this device's
let lost = false;
let replaying = false;

/** A key like a UUID, also where the page has no secure context. */
function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

const storedKeys = () => Object.keys(localStorage).filter((name) => user && name.startsWith(OWN)).map((name) => name.slice(OWN.length));

async function entries() {
  const found = await Promise.all(storedKeys().map((key) => kept(`bedside:${key}`)));
  return [...found.filter(Boolean), ...unkept.values()].sort((a, b) => a.at - b.at);
}

async function store(entry) {
  if (await keep(`bedside:${entry.key}`, entry)) return;
  unkept.set(entry.key, entry);
}

function forget(entry) {
  drop(`bedside:${entry.key}`);
  unkept.delete(entry.key);
}

async function show() {
  if (!bar) return;
  const all = await entries();
  const waiting = all.filter((entry) => !entry.refused);
  const refused = all.filter((entry) => entry.refused);
  const others = Object.keys(localStorage).filter((name) => (ANYBODYS.exec(name)?.[1] ?? user) !== user);
  bar.querySelector("[data-line-lost]").hidden = !lost;
  for (const [name, list] of [["waiting", waiting], ["others", others]]) {
    const line = bar.querySelector(`[data-line-${name}]`);
    line.hidden = list.length === 0;
    line.querySelector("[data-count]").textContent = list.length;
  }
  const box = bar.querySelector("[data-line-refused]");
  box.hidden = refused.length === 0;
  box.querySelector("ul").replaceChildren(...refused.map(refusedLine));
  bar.classList.toggle("is-lost", lost);
  bar.hidden = !lost && waiting.length + refused.length + others.length === 0;
}

function refusedLine(entry) {
  const line = document.createElement("li");
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "btn btn-secondary btn-sm", textContent: words("bedside_put_away") });
  button.addEventListener("click", () => { forget(entry); show(); });
  line.append(`${entry.what} (${new Date(entry.at).toLocaleTimeString("vi-VN")}): ${entry.refused} `, button);
  return line;
}

/** The server's answer, or null without one (no line, signed out, out of order): then the entry goes on waiting. */
async function send(entry) {
  const body = new URLSearchParams(entry.fields);
  body.set("csrfmiddlewaretoken", csrfToken());
  let answer;
  try {
    answer = await fetch(entry.action, {
      method: "POST",
      body,
      headers: { "X-CSRFToken": csrfToken(), "X-Fragment": "1", ...acting() },
      signal: AbortSignal.timeout(SENDING),
    });
  } catch {
    setLost(true);
    return null;
  }
  if (isSignedOut(answer.status, answer.url) || answer.status >= 500) return null;
  return { status: answer.status, html: await answer.text() };
}

function put(line, html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  const fresh = holder.content.querySelector("li.task");
  if (!fresh) return false;
  line.replaceWith(fresh);
  return fresh;
}

const lineOf = (entry) => document.querySelector(`[data-task="${CSS.escape(entry.task)}"]`);

function markWaiting(entry) {
  const line = lineOf(entry);
  if (!line) return;
  line.classList.add("is-waiting");
  for (const button of line.querySelectorAll("button, summary")) button.hidden = true;
  const state = line.querySelector(".task-state") ?? line;
  state.textContent = `${words("bedside_waits")} · ${new Date(entry.at).toLocaleTimeString("vi-VN")}`;
}

function refusalIn(html) {
  const answer = new DOMParser().parseFromString(html, "text/html");
  return (answer.querySelector(".alert-body, .alert") ?? answer.body).textContent.trim().replace(/\s+/g, " ").slice(0, 300);
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("form[data-entry]")) return;
  event.preventDefault();
  const line = form.closest("li.task");
  if (form.dataset.busy) return;
  form.dataset.busy = "1";
  const at = Date.now() + skew;
  form.elements.key.value = newKey();
  if (form.elements.happened_at) form.elements.happened_at.value = new Date(at).toISOString();
  const entry = {
    key: form.elements.key.value,
    at,
    action: new URL(form.action).pathname,
    task: line?.dataset.task ?? "",
    what: line?.querySelector(".task-what strong")?.textContent ?? "",
    fields: [...new FormData(form)].filter(([name]) => name !== "csrfmiddlewaretoken"),
  };
  await store(entry); // before it is sent: a closed browser loses nothing
  const answer = lost ? null : await send(entry);
  delete form.dataset.busy;
  if (answer === null) {
    markWaiting(entry);
    if (unkept.has(entry.key)) window.addEventListener("beforeunload", (leaving) => leaving.preventDefault());
  } else {
    forget(entry);
    const fresh = put(line, answer.html);
    if (fresh) fresh.querySelector("button, summary")?.focus();
    else if (answer.status >= 400) await store({ ...entry, refused: refusalIn(answer.html) });
  }
  show();
});

/** What waited, oldest first; the first that gets no answer ends the round. */
async function replay() {
  if (replaying || lost) return;
  replaying = true;
  try {
    for (const entry of (await entries()).filter((one) => !one.refused)) {
      const answer = await send(entry);
      if (answer === null) break;
      const line = lineOf(entry);
      if (line) put(line, answer.html);
      forget(entry);
      // Never dropped unread: somebody else was first, or the order was stopped meanwhile.
      if (answer.status >= 400) await store({ ...entry, refused: refusalIn(answer.html) });
    }
  } finally {
    replaying = false;
    show();
  }
}

function setLost(now) {
  if (now === lost) return;
  lost = now;
  show();
  if (!lost) replay();
}

async function ask() {
  try {
    const answer = await fetch(bar.dataset.alive, { credentials: "omit", cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
    const told = Date.parse(answer.headers.get("Date") ?? "");
    if (told && Math.abs(told - Date.now()) > 2000) skew = told - Date.now();
    setLost(!answer.ok);
  } catch {
    setLost(true);
  }
  setTimeout(ask, EVERY);
}

window.addEventListener("offline", () => setLost(true));

if (bar) {
  ask();
  entries().then((all) => all.filter((entry) => !entry.refused).forEach(markWaiting)).then(show).then(replay);
}
