// A form with data-agent-sign (the address that knows the digests) is signed by the token in this PC before it is sent: the
// server says what is to be signed, the agent signs, the form carries the values. What wasn't signed is told by the server.
import { acting } from "./acting.js";
import { ask } from "./agent.js";
import { csrfToken } from "./common.js";

const under = new WeakSet(); // forms that wait for the token

function chosen(form) {
  const { agentRequest } = form.dataset;
  if (agentRequest) return [`${agentRequest}:${form.elements.sha256.value}`];
  return [...form.querySelectorAll("[name=request]:checked")].map((box) => box.value);
}

async function digests(form) {
  const body = new URLSearchParams(chosen(form).map((value) => ["request", value]));
  const headers = { ...acting(), "X-CSRFToken": csrfToken(), "X-Requested-With": "XMLHttpRequest" };
  const answer = await fetch(form.dataset.agentSign, { method: "POST", headers, body });
  return answer.ok ? answer.json() : { items: [] };
}

function put(form, name, value) {
  const field = document.createElement("input");
  Object.assign(field, { type: "hidden", name, value });
  field.dataset.agentValue = "";
  form.append(field);
}

async function sign(form) {
  form.querySelectorAll("[data-agent-value]").forEach((field) => field.remove());
  try {
    const { token, key, items } = await digests(form);
    if (items.length === 0) return;
    const { values, error } = await ask("POST", "/v1/signatures", { token, key, digests: items.map((one) => one.digest) });
    values.forEach((value, place) => put(form, "value", `${items[place].request}:${value}`));
    put(form, "agent_trouble", error);
  } catch (trouble) {
    put(form, "agent_trouble", trouble.code ?? "away");
  }
}

document.addEventListener("htmx:confirm", (event) => {
  const form = event.detail.elt;
  if (!form.matches("[data-agent-sign]") || event.detail.verb !== "post") return;
  event.preventDefault();
  if (under.has(form)) return; // pressed twice: the PC's window is there already
  under.add(form);
  sign(form).finally(() => {
    under.delete(form);
    event.detail.issueRequest(true);
  });
});
