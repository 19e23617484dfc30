// Phrases ([data-phrases] names where they come from): while a long text is typed, a point, an abbreviation and a space or a
// new line become the text that it stands for.
// - An input method may have put accents on the letters: they are compared without, and with what Telex leaves of them.
// - The text is put in as if it had been typed, so that Ctrl+Z takes it back, autosave hears of it and maxlength holds.
// - A blank in it (___) is chosen, to be typed over.
const PLACE = /(?:^|[\s(,;:])\.(\p{L}{1,20})(\s)$/u;
const BLANK = "___";

const plain = (letters) => letters.normalize("NFD").replace(/\p{M}/gu, "").replace(/[đĐ]/g, "d").toLowerCase();

/** {key: text}: what was kept as such goes before what Telex leaves of another. */
function byKey(phrases) {
  const found = new Map(phrases.map(({ typed, text }) => [typed, text]));
  for (const { short, text } of phrases) found.set(short, text);
  return found;
}

function put(area, from, to, text) {
  area.setSelectionRange(from, to);
  // Deprecated, and the only way that the browser's own undo knows of; where it is gone the text is put in without.
  if (!document.execCommand("insertText", false, text)) {
    area.setRangeText(text, from, to, "end");
    area.dispatchEvent(new InputEvent("input", { bubbles: true, inputType: "insertText" }));
  }
}

function open(area, texts) {
  const caret = area.selectionStart;
  if (caret !== area.selectionEnd) return;
  const found = PLACE.exec(area.value.slice(Math.max(0, caret - 24), caret));
  const text = found && texts.get(plain(found[1]));
  if (text === null || text === undefined) return;
  const from = caret - found[1].length - 2;
  if (area.maxLength >= 0 && area.value.length - (caret - from) + text.length + 1 > area.maxLength) return;
  put(area, from, caret, `${text}${found[2]}`);
  const blank = text.indexOf(BLANK);
  if (blank >= 0) area.setSelectionRange(from + blank, from + blank + BLANK.length);
}

async function start() {
  const source = document.querySelector("[data-phrases]")?.dataset.phrases;
  if (!source) return;
  const answer = await fetch(source, { headers: { Accept: "application/json" } }).catch(() => null);
  if (!answer?.ok) return; // without a line to the server the abbreviation stays as typed
  const texts = byKey((await answer.json()).phrases);
  const typed = (event) => {
    if (event.target instanceof HTMLTextAreaElement && !event.isComposing && event.inputType?.startsWith("insert")) open(event.target, texts);
  };
  document.addEventListener("input", typed);
  document.addEventListener("compositionend", (event) => {
    if (event.target instanceof HTMLTextAreaElement) open(event.target, texts);
  });
}

start();
