// A link with data-agent-print (the kind of paper) is printed without a dialogue where this PC has a printer for it; its
// data-zpl is the same for label printers. Everywhere else the link opens as ever.
import { ask, isPaired } from "./agent.js";
import { say, text } from "./common.js";

async function fetched(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(address);
  return answer.blob();
}

async function print(link) {
  const kind = link.dataset.agentPrint;
  const { chosen, raw } = await ask("GET", "/v1/printers");
  if (!chosen[kind]) throw new Error("no printer");
  const takesZpl = raw.includes(chosen[kind]);
  const paper = await fetched(takesZpl ? link.dataset.zpl : link.href);
  return ask("POST", `/v1/prints?kind=${kind}`, paper, { type: takesZpl ? "application/zpl" : "application/pdf" });
}

document.addEventListener("click", async (event) => {
  const link = event.target.closest?.("a[data-agent-print]");
  if (!link || !isPaired() || event.button !== 0 || event.ctrlKey || event.shiftKey || event.metaKey) return;
  event.preventDefault();
  try {
    const { printer } = await print(link);
    say(`${text("printed")}: ${printer}`, "done");
  } catch {
    window.open(link.href, link.target || "_self", "noopener");
  }
});
