// A button with data-insert puts its text into the field named by data-insert-into, where the caret is, on lines of its own.
import { each } from "./common.js";

each("[data-insert]", (button) => {
  button.addEventListener("click", () => {
    const field = document.querySelector(`[name="${CSS.escape(button.dataset.insertInto)}"]`);
    if (!field) return;
    const at = field.selectionEnd ?? field.value.length;
    const before = field.value.slice(0, at);
    const line = `${before && !before.endsWith("\n") ? "\n" : ""}${button.dataset.insert}`;
    field.setRangeText(line, at, at, "end");
    field.focus();
    for (const name of ["input", "change"]) field.dispatchEvent(new Event(name, { bubbles: true }));
  });
});
