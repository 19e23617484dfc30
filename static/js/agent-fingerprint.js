// The reader at this PC: what it vouches for goes into the page's hidden field `code`, and the server checks it.
import { ask } from "./agent.js";
import { say, text } from "./common.js";

document.addEventListener("emr:agent", async (event) => {
  const { action, sha256, challenge } = event.detail;
  if (action !== "fingerprint") return;
  const button = event.target;
  button.disabled = true;
  try {
    const found = await ask("POST", "/v1/fingerprints", { sha256, challenge });
    button.form.elements.code.value = JSON.stringify(found);
    say(text("finger_read"), "done");
  } catch {
    say(text("finger_not_read"));
  } finally {
    button.disabled = false;
  }
});
