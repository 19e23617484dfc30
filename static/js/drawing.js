// A drawing in a form ([data-drawing], templates/encounters/forms/_drawing.html): lines made with pen, finger or mouse. The
// text field holds them ("120,80 124,86;500,500", see encounters/forms/engine/drawing.py); it is what is saved and posted.
const SVG = "http://www.w3.org/2000/svg";
const CLOSER = 4; // points nearer to the last one than this are left out
const MOST = 60000; // characters that a drawing may have

const read = (text) => text.trim().split(";").filter(Boolean);

function show(drawing, lines) {
  const shown = lines.map((points) => {
    const line = document.createElementNS(SVG, "polyline");
    const [first] = points.split(" ");
    const [x, y] = first.split(",");
    line.setAttribute("points", points.includes(" ") ? points : `${first} ${Number(x) + 1},${y}`);
    return line;
  });
  drawing.querySelector("[data-drawing-lines]").replaceChildren(...shown);
}

function keep(drawing, lines) {
  const field = drawing.querySelector("[data-drawing-text]");
  const text = lines.join(";");
  if (text.length <= MOST) field.value = text;
  show(drawing, read(field.value));
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

function place(pad, event) {
  const box = pad.getBoundingClientRect();
  const of = (value, size) => Math.max(0, Math.min(1000, Math.round((value / size) * 1000)));
  return [of(event.clientX - box.left, box.width), of(event.clientY - box.top, box.height)];
}

function begin(drawing) {
  const pad = drawing.querySelector("[data-drawing-pad]");
  const field = drawing.querySelector("[data-drawing-text]");
  let points = null;
  show(drawing, read(field.value));
  pad.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || points) return;
    event.preventDefault();
    pad.setPointerCapture(event.pointerId);
    points = [place(pad, event)];
  });
  pad.addEventListener("pointermove", (event) => {
    if (!points) return;
    const [x, y] = place(pad, event);
    const [beforeX, beforeY] = points.at(-1);
    if (Math.hypot(x - beforeX, y - beforeY) < CLOSER) return;
    points.push([x, y]);
    show(drawing, [...read(field.value), points.map((point) => point.join(",")).join(" ")]);
  });
  const end = () => {
    if (!points) return;
    const line = points.map((point) => point.join(",")).join(" ");
    points = null;
    keep(drawing, [...read(field.value), line]);
  };
  pad.addEventListener("pointerup", end);
  pad.addEventListener("pointercancel", end);
  drawing.querySelector("[data-drawing-undo]").addEventListener("click", () => keep(drawing, read(field.value).slice(0, -1)));
  drawing.querySelector("[data-drawing-clear]").addEventListener("click", () => keep(drawing, []));
}

for (const drawing of document.querySelectorAll("[data-drawing]")) begin(drawing);
