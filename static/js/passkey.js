// [data-passkey=url] on a button: the server says what to sign, the key signs, the server says where to go next. With
// data-passkey-new a key is made instead; the name comes from the field that data-name-from names. Old browsers (Chromium 109)
// have no JSON in their credentials, so bytes are turned by hand.
import { acting } from "./acting.js";
import { csrfToken, each, say, text } from "./common.js";

const toBytes = (words) => Uint8Array.from(atob(words.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
const toText = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

async function ask(address, body) {
  const headers = { ...acting(), "X-CSRFToken": csrfToken(), "X-Requested-With": "XMLHttpRequest", Accept: "application/json" };
  if (body) headers["Content-Type"] = "application/json";
  const answer = await fetch(address, { method: "POST", headers, body: body ? JSON.stringify(body) : undefined });
  const found = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(found.detail ?? text("error"));
  return found;
}

function options(publicKey) {
  const made = { ...publicKey, challenge: toBytes(publicKey.challenge) };
  if (made.user) made.user = { ...made.user, id: toBytes(made.user.id) };
  for (const name of ["allowCredentials", "excludeCredentials"]) {
    if (made[name]) made[name] = made[name].map((one) => ({ ...one, id: toBytes(one.id) }));
  }
  return made;
}

function written(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = toText(credential.response[name]);
  }
  return { id: credential.id, rawId: toText(credential.rawId), type: credential.type, response };
}

async function press(button) {
  const { passkey: address, passkeyNew: isNew, nameFrom } = button.dataset;
  try {
    const { publicKey } = await ask(address);
    const wanted = { publicKey: options(publicKey) };
    const credential = await (isNew === undefined ? navigator.credentials.get(wanted) : navigator.credentials.create(wanted));
    const answer = written(credential);
    if (nameFrom) answer.name = document.getElementById(nameFrom).value;
    location.assign((await ask(address, answer)).next);
  } catch (error) {
    say(error.name === "NotAllowedError" ? text("key_refused") : error.message, "inline");
  }
}

each("[data-passkey]", (button) => {
  if (!window.PublicKeyCredential) return; // stays hidden: no secure address, or an old browser
  button.hidden = false;
  button.addEventListener("click", () => press(button));
});
