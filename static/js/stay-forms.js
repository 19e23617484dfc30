// Parts of a form that count only for some answers: [data-shown-for="outcome"][data-values="5 8"] shows while the field
// `outcome` has one of the values. Without this script everything is shown, and the server knows what counts.
import { each } from "./common.js";

each("[data-shown-for]", (part) => {
  const form = part.closest("form");
  const name = part.dataset.shownFor;
  const values = part.dataset.values.split(" ");
  const choose = () => {
    part.hidden = !values.includes(new FormData(form).get(name) ?? "");
  };
  form.addEventListener("change", choose);
  choose();
});
