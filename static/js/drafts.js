// Copies of unsent text on this PC, in localStorage, encrypted (AES-GCM) with a key that the server gives to the signed-in
// user alone: they outlive a lost line, an expired session and a closed browser, and the next person at the PC can't read them.
// Without a secure context (plain http to another machine) there is no WebCrypto, and then no copy.

const OLDEST = 30 * 24 * 3600 * 1000; // milliseconds; older copies are of no use
const PREFIX = "emr:draft:";

const meta = document.querySelector('meta[name="draft-key"]');
export const user = meta?.dataset.user ?? "";

const toText = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
const toBytes = (words) => Uint8Array.from(atob(words), (letter) => letter.charCodeAt(0));

const key = meta && window.crypto?.subtle
  ? crypto.subtle.importKey("raw", toBytes(meta.content), "AES-GCM", false, ["encrypt", "decrypt"])
  : null;

const place = (documentId) => `${PREFIX}${user}:${documentId}`;

/** Keep a JSON value for this document. Resolves to false where nothing can be kept. */
export async function keep(documentId, value) {
  if (!key) return false;
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const plain = new TextEncoder().encode(JSON.stringify(value));
  const additionalData = new TextEncoder().encode(place(documentId));
  const secret = new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData }, await key, plain));
  try {
    localStorage.setItem(place(documentId), `${Date.now()}.${toText(iv)}.${toText(secret)}`);
    return true;
  } catch {
    return false; // full, or storage is switched off
  }
}

/** The kept value, or null. */
export async function kept(documentId) {
  const stored = key && localStorage.getItem(place(documentId));
  if (!stored) return null;
  const [, iv, secret] = stored.split(".");
  const additionalData = new TextEncoder().encode(place(documentId));
  try {
    const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv: toBytes(iv), additionalData }, await key, toBytes(secret));
    return JSON.parse(new TextDecoder().decode(plain));
  } catch {
    return null; // another key: the installation's secret was changed
  }
}

/** The server has it: the copy goes. */
export function drop(documentId) {
  localStorage.removeItem(place(documentId));
}

for (const name of Object.keys(localStorage)) {
  if (!name.startsWith(PREFIX)) continue;
  if (Date.now() - Number(localStorage.getItem(name).split(".")[0]) > OLDEST) localStorage.removeItem(name);
}
