// Scanners and card readers on this PC's serial ports: what they read goes where a scanner's typing would go. Only the page
// that has the focus listens.
import { ask, isPaired } from "./agent.js";
import { scanned } from "./scanner.js";

const REST = 30000; // milliseconds after the agent didn't answer

const pause = (time) => new Promise((go) => setTimeout(go, time));

async function listen() {
  let after = "";
  while (isPaired()) {
    if (!document.hasFocus()) {
      after = ""; // what was scanned for another page isn't ours
      await pause(500);
      continue;
    }
    try {
      const { last, scans } = await ask("GET", `/v1/scans?after=${after}`);
      after = last;
      if (document.hasFocus()) scans.forEach(scanned);
    } catch {
      after = "";
      await pause(REST);
    }
  }
}

if (isPaired() && document.querySelector("[data-scan]")) listen();
