// Urgent notices sound until somebody has seen them: three short tones when they come and at every asking of the bell.
import { each } from "./common.js";

const PAUSE = 20_000;
const LAST = "emr:notice-sound";
let audio = null;

/** Browsers let a page sound only after the person has touched it; from then on it may. */
function wake() {
  audio ??= new AudioContext();
  if (audio.state === "suspended") audio.resume();
  if (document.querySelector("[data-notice-sound]")) sound();
}
document.addEventListener("pointerdown", wake, { once: true });
document.addEventListener("keydown", wake, { once: true });

/** Of several tabs on this PC one is enough. */
function isOurs() {
  const last = Number(localStorage.getItem(LAST) ?? 0);
  if (Date.now() - last < PAUSE) return false;
  localStorage.setItem(LAST, String(Date.now()));
  return true;
}

function sound() {
  if (audio?.state === "closed" || !audio || !isOurs()) return;
  for (const [place, pitch] of [880, 660, 880].entries()) {
    const from = audio.currentTime + place * 0.28;
    const tone = new OscillatorNode(audio, { type: "triangle", frequency: pitch });
    const volume = new GainNode(audio, { gain: 0 });
    volume.gain.setValueAtTime(0, from);
    volume.gain.linearRampToValueAtTime(0.35, from + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.001, from + 0.24);
    tone.connect(volume).connect(audio.destination);
    tone.start(from);
    tone.stop(from + 0.25);
  }
  document.documentElement.dataset.noticeSounded = String(Number(document.documentElement.dataset.noticeSounded ?? 0) + 1);
}

// The browser keeps the bell's answer for its pause; what the person has sent since, in any tab, may have changed it.
const SENT = "emr:notices-sent";
document.addEventListener("submit", (event) => {
  if (event.target.method === "post") localStorage.setItem(SENT, String(Date.now()));
});
document.addEventListener("htmx:configRequest", (event) => {
  const since = localStorage.getItem(SENT);
  if (since && event.target.id === "urgent-notices") event.detail.parameters.since = since;
});

each("[data-notice-sound]", sound);
