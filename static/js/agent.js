// Speaks to the agent of this PC (docs/agent.md): meta "agent" has its address. The pairing token stays in this browser.
const address = document.querySelector('meta[name="agent"]')?.content ?? "";
const KEPT = "benhanmo-agent";

/** Whether this hospital uses agents at all. */
export const isUsed = () => address !== "";

/** Whether this browser was paired with this PC's agent. */
export const isPaired = () => isUsed() && localStorage.getItem(KEPT) !== null;

/** What went wrong; `code` is a word of the agent's, "away" or "denied". */
export class Trouble extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}

/** Browsers ask the person before a page may speak to the PC; a no looks like nobody there (Chromium's names, newest first). */
async function whyAway() {
  for (const name of ["loopback-network", "local-network-access"]) {
    const found = await navigator.permissions?.query({ name }).catch(() => null);
    if (found) return found.state === "denied" ? "denied" : "away";
  }
  return "away";
}

/** The agent's answer. Throws Trouble. */
export async function ask(method, path, body, { type = "application/json", signal } = {}) {
  if (!isUsed()) throw new Trouble("away");
  const headers = {};
  const token = localStorage.getItem(KEPT);
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) headers["Content-Type"] = type;
  const sent = body === undefined || body instanceof Blob ? body : JSON.stringify(body);
  let answer;
  try {
    answer = await fetch(address + path, { method, headers, body: sent, signal, cache: "no-store", credentials: "omit", targetAddressSpace: "loopback" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Trouble(await whyAway());
  }
  const found = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Trouble(found.error ?? "other");
  return found;
}

/** From now on this browser has the token that the code bought. */
export async function pair(code) {
  const { token } = await ask("POST", "/v1/pairing/confirm", { code });
  localStorage.setItem(KEPT, token);
}
