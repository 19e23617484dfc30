// [data-agent-setup]: pairs this PC with the hospital's pages, remembers its printers, takes on the key in its token. The
// parts of one [data-agent-state] are shown.
import { acting } from "./acting.js";
import { ask, pair } from "./agent.js";
import { csrfToken, each } from "./common.js";

function start(box) {
  const show = (state) => box.querySelectorAll("[data-agent-state]").forEach((part) => (part.hidden = part.dataset.agentState !== state));
  const words = box.querySelector("[data-agent-words]").content;
  const tell = (code) => {
    const found = words.querySelector(`[data-word="${code}"]`) ?? words.querySelector('[data-word="other"]');
    box.querySelector("[data-agent-problem]").textContent = code ? found.textContent : "";
  };

  async function attempt(act) {
    tell("");
    try {
      await act();
    } catch (trouble) {
      if (["away", "denied"].includes(trouble.code)) show(trouble.code);
      else if (trouble.code === "not_paired") show("unpaired");
      else {
        if (["no_code", "too_many_codes"].includes(trouble.code)) show("unpaired");
        tell(trouble.code);
      }
    }
  }

  async function fill() {
    const choices = [...box.querySelectorAll("[data-agent-printer]")];
    if (choices.length === 0) return;
    const { printers, chosen } = await ask("GET", "/v1/printers");
    for (const choice of choices) {
      const kept = chosen[choice.dataset.agentPrinter] ?? "";
      choice.length = 1; // the dash
      for (const name of printers) choice.add(new Option(name, name, false, name === kept));
    }
  }

  async function begin() {
    show("paired");
    await fill();
  }

  const look = () => attempt(async () => ((await ask("GET", "/v1/status")).paired ? begin() : show("unpaired")));

  box.addEventListener("change", (event) => {
    const kind = event.target.dataset.agentPrinter;
    if (kind) attempt(() => ask("PUT", "/v1/printers", { kind, printer: event.target.value }));
  });

  box.addEventListener("click", (event) => {
    const act = event.target.closest("[data-agent-act]")?.dataset.agentAct;
    if (act === "look") look();
    if (act === "pair") {
      attempt(async () => {
        await ask("POST", "/v1/pairing", {});
        show("code");
        box.querySelector("[name=agent_code]").focus();
      });
    }
  });

  box.querySelector("[data-agent-code]").addEventListener("submit", (event) => {
    event.preventDefault();
    const field = event.target.elements.agent_code;
    attempt(async () => {
      const code = field.value.trim();
      field.value = "";
      await pair(code);
      await begin();
    });
  });

  box.querySelector("[data-agent-take]")?.addEventListener("submit", (event) => {
    event.preventDefault();
    const form = event.target;
    attempt(async () => {
      const { certificates } = await ask("GET", "/v1/certificates");
      form.elements.offered.value = JSON.stringify(certificates);
      const headers = { ...acting(), "X-CSRFToken": csrfToken(), "X-Requested-With": "XMLHttpRequest" };
      const body = new URLSearchParams({ offered: form.elements.offered.value });
      const answer = await fetch(form.dataset.agentTake, { method: "POST", headers, body });
      const found = await answer.json().catch(() => ({}));
      if (!answer.ok) {
        box.querySelector("[data-agent-problem]").textContent = found.problem ?? "";
        return;
      }
      const { values } = await ask("POST", "/v1/signatures", { token: found.token, key: found.key, digests: [found.digest] });
      form.elements.challenge.value = found.challenge;
      form.elements.value.value = values[0] ?? "";
      form.submit();
    });
  });

  look();
}

each("[data-agent-setup]", start);
