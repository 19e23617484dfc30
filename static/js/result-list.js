// A list of results under a search box: arrow down leaves the box, arrows walk the links [data-result], Enter follows them
// as any link; arrow up from the first goes back to the box. Enter in the box opens the only result.

function results() {
  return [...document.querySelectorAll("[data-result-list] [data-result]")];
}

function box() {
  return document.querySelector("[data-result-form] input[type=search]");
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const all = results();
  const place = all.indexOf(document.activeElement);
  if (place < 0 && (document.activeElement !== box() || step < 0)) return;
  event.preventDefault();
  (all[place + step] ?? (step < 0 ? box() : all[place]))?.focus();
});
