// The patient's confirmation: a pad that keeps where the pen was, when and how hard; the form sent with a key made here. Without
// an answer it is kept on the device, encrypted, and sent again by itself: the same key gets the same answer. No button works
// before the document was drawn, since what is confirmed is what was shown.
import { acting } from "./acting.js";
import { csrfToken, each, text } from "./common.js";
import { drop, keep, kept } from "./drafts.js";
import { isSignedOut, saySignedOut } from "./network.js";

const AGAIN = 3000; // milliseconds until it is sent again
const SENDING = 10000; // milliseconds for the answer
const MOST_POINTS = 10000;
const TENTHS = 10; // strokes are kept in tenths of a CSS pixel
const form = document.getElementById("confirm-form");
const words = (name) => document.getElementById("confirm-texts")?.content.querySelector(`[data-text="${name}"]`)?.textContent ?? text(name);

/** A key like a UUID, also where the page has no secure context. */
function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

// -- the pad ------------------------------------------------------------------------------------------------------------

function pad(box) {
  const canvas = box.querySelector("canvas");
  const field = box.querySelector("input[type=hidden]");
  let strokes = [];
  let began = null;
  let pen = null;
  let size = [0, 0];

  function fit() {
    const { width, height } = canvas.getBoundingClientRect();
    if (!width || strokes.length || (size[0] === width && size[1] === height)) return; // what is drawn keeps its measures
    size = [width, height];
    const scale = Math.min(window.devicePixelRatio || 1, 2);
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    canvas.getContext("2d").setTransform(scale, 0, 0, scale, 0, 0);
  }

  function clear() {
    strokes = [];
    began = null;
    pen = null;
    field.value = "";
    box.classList.remove("is-drawn");
    canvas.getContext("2d").clearRect(0, 0, size[0], size[1]);
    fit();
  }

  function line(from, to) {
    const drawing = canvas.getContext("2d");
    drawing.strokeStyle = getComputedStyle(canvas).color;
    drawing.lineCap = "round";
    drawing.lineWidth = 1.2 + (to[3] / 1000) * 1.6;
    drawing.beginPath();
    drawing.moveTo(from[0] / TENTHS, from[1] / TENTHS);
    drawing.lineTo(to[0] / TENTHS, to[1] / TENTHS);
    drawing.stroke();
  }

  function add(event, stroke) {
    if (strokes.reduce((sum, one) => sum + one.length, 0) >= MOST_POINTS) return;
    const place = canvas.getBoundingClientRect();
    const within = (value, most) => Math.round(Math.min(Math.max(value, 0), most) * TENTHS);
    const last = strokes.flat().at(-1)?.[2] ?? 0;
    const ms = Math.max(Math.round(event.timeStamp - began), last);
    const pressure = Math.round((event.pressure || 0.5) * 1000);
    // The pad may have become wider or narrower since its first stroke.
    const x = ((event.clientX - place.left) * size[0]) / place.width;
    const y = ((event.clientY - place.top) * size[1]) / place.height;
    const point = [within(x, size[0]), within(y, size[1]), ms, Math.min(pressure, 1000)];
    line(stroke.at(-1) ?? point, point);
    stroke.push(point);
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (pen !== null || event.button > 0) return; // a palm beside the pen draws nothing
    event.preventDefault();
    fit();
    began ??= event.timeStamp;
    pen = event.pointerId;
    try { canvas.setPointerCapture(pen); } catch { /* a pointer that is gone already */ }
    strokes.push([]);
    box.classList.add("is-drawn");
    add(event, strokes.at(-1));
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerId !== pen) return;
    const between = event.getCoalescedEvents?.() ?? [];
    for (const one of between.length ? between : [event]) add(one, strokes.at(-1));
  });
  for (const name of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(name, (event) => {
      if (event.pointerId !== pen) return;
      pen = null;
      const [w, h] = size.map((side) => Math.round(side * TENTHS));
      field.value = JSON.stringify({ v: 1, w, h, strokes });
    });
  }
  box.querySelector("[data-pad-clear]").addEventListener("click", clear);
  new ResizeObserver(fit).observe(canvas);
}

each("[data-pad]", pad);

// -- who and how --------------------------------------------------------------------------------------------------------

function choose() {
  const value = (name) => form.querySelector(`input[name="${name}"]:checked`)?.value ?? "";
  for (const part of form.querySelectorAll("[data-who], [data-way]")) {
    const wanted = "who" in part.dataset ? part.dataset.who === value("who") : part.dataset.way === value("way");
    part.hidden = !wanted;
    part.disabled = !wanted; // what isn't chosen isn't sent
  }
  const witness = form.querySelector("[data-witness]");
  if (witness && value("way") === "witnessed") witness.open = true;
  const known = form.querySelector("[data-known]");
  if (!known) return;
  const person = known.selectedOptions[0];
  for (const name of ["full_name", "relationship"]) form.elements[name].closest(".field").hidden = Boolean(known.value);
  if (known.value && form.elements.id_number.value === "") form.elements.id_number.value = person.dataset.number;
  if (known.value && form.elements.basis.value === "") form.elements.basis.value = person.dataset.basis;
}

function allow(may) {
  for (const button of form.querySelectorAll("[name=answer]")) button.disabled = !may;
}

// -- sending ------------------------------------------------------------------------------------------------------------

const place = () => `confirm:${form.dataset.taking}`;
const work = () => document.getElementById("confirm-work");

function refuse(html) {
  const region = document.getElementById("confirm-refusal");
  if (!region) return;
  const answer = new DOMParser().parseFromString(html, "text/html").body.querySelector(".alert");
  region.replaceChildren(...(answer ? [document.adoptNode(answer)] : []));
  const field = answer?.dataset.field && form.elements[answer.dataset.field];
  field?.focus?.();
}

function tell(name) {
  const box = document.createElement("div");
  box.className = "alert alert-inline";
  box.textContent = words(name);
  document.getElementById("confirm-refusal")?.replaceChildren(box);
}

function finish(html) {
  const part = work();
  part.innerHTML = html;
  form.dataset.done = "";
  window.htmx?.process(part);
  part.querySelector("[data-next]")?.focus();
}

/** The server's answer, or null without one (no line, out of order): then it is sent again. */
async function send(entry) {
  const body = new FormData();
  for (const [name, value] of entry.fields) body.append(name, value);
  body.set("csrfmiddlewaretoken", csrfToken());
  let answer;
  try {
    answer = await fetch(form.action, {
      method: "POST",
      body,
      headers: { "X-CSRFToken": csrfToken(), "X-Fragment": "1", ...acting() },
      signal: AbortSignal.timeout(SENDING),
    });
  } catch {
    return null;
  }
  if (isSignedOut(answer.status, answer.url)) {
    saySignedOut();
    return null;
  }
  if (answer.status >= 500) return null;
  return { status: answer.status, html: await answer.text() };
}

async function deliver(entry, isKept) {
  for (;;) {
    const answer = await send(entry);
    if (answer !== null) {
      drop(place());
      delete form.dataset.busy;
      if (answer.status < 400) finish(answer.html);
      else {
        allow(true);
        refuse(answer.html);
      }
      return;
    }
    tell(isKept ? "lost" : "lost_open");
    await new Promise((wake) => setTimeout(wake, AGAIN));
  }
}

async function submit(event) {
  event.preventDefault();
  if (form.dataset.busy) return;
  if (!form.elements.sha256.value) return tell("waits");
  form.dataset.busy = "1";
  form.elements.key.value = newKey();
  form.elements.told_at.value = new Date().toISOString();
  const fields = [...new FormData(form)].filter(([name]) => name !== "csrfmiddlewaretoken" && name !== "answer");
  fields.push(["answer", event.submitter?.value || "agreed"]);
  const entry = { fields: fields.filter(([, value]) => !(value instanceof File && value.size === 0)) };
  allow(false);
  document.getElementById("confirm-refusal")?.replaceChildren();
  // A file is too large to be kept here: the page stays open until it has arrived.
  const hasFile = entry.fields.some(([, value]) => value instanceof File);
  const isKept = !hasFile && (await keep(place(), entry)); // before it is sent: a closed browser loses nothing
  await deliver(entry, isKept);
}

async function start() {
  form.addEventListener("submit", submit);
  form.addEventListener("change", choose);
  window.addEventListener("beforeunload", (leaving) => form.dataset.busy && leaving.preventDefault());
  form.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-agent]");
    if (!button) return;
    // The workstation's agent listens for this, reads, and puts its answer into the field `code`.
    const detail = { action: button.dataset.agent, sha256: form.elements.sha256.value, challenge: form.elements.challenge?.value ?? "" };
    button.dispatchEvent(new CustomEvent("emr:agent", { bubbles: true, detail }));
  });
  if ("done" in form.dataset) {
    document.querySelector("[data-next]")?.focus();
    return;
  }
  choose();
  const waiting = await kept(place());
  if (waiting) {
    form.dataset.busy = "1";
    allow(false);
    await deliver(waiting, true);
    return;
  }
  allow(form.querySelector("[data-pdf]")?.dataset.state === "shown");
  form.addEventListener("emr:pdf-shown", () => form.dataset.busy || allow(true));
}

if (form) start();
