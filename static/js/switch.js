// The locked screen: a scanned badge is put away at once, so that its code stands nowhere, and the PIN is asked.
const form = document.querySelector("[data-switch]");
const who = form?.elements.who;

if (who) {
  const read = form.querySelector("[data-badge-read]");
  const code = document.createElement("input");
  Object.assign(code, { type: "hidden", name: "who", disabled: true });
  form.append(code);
  const take = () => {
    if (!/^EMRB[A-Z2-7]{20,}$/i.test(who.value.trim())) return false;
    code.value = who.value.trim();
    code.disabled = false;
    who.value = "";
    who.disabled = true;
    read.hidden = false;
    form.elements.secret.focus();
    return true;
  };
  who.addEventListener("emr:scan", take);
  // A scanner that ends with Tab, or a slow one.
  who.addEventListener("change", take);
  who.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    if (!take()) form.elements.secret.focus();
  });
}
