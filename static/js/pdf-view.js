// Draws the PDF at [data-pdf] page by page, and computes the SHA-256 of exactly the bytes that were drawn: what is signed is
// what was shown. pdf.js runs without eval; the text of each page is there for screen readers.
import { each, text } from "./common.js";

const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");

async function fetchBytes(url) {
  const answer = await fetch(url, { credentials: "same-origin", cache: "no-store" });
  const type = answer.headers.get("Content-Type") ?? "";
  if (!answer.ok || !type.startsWith("application/pdf")) throw new Error(`${answer.status} ${type}`);
  return answer.arrayBuffer();
}

async function drawPage(page, width, number) {
  const scale = (width / page.getViewport({ scale: 1 }).width) * Math.min(window.devicePixelRatio, 2);
  const viewport = page.getViewport({ scale });
  const frame = document.createElement("figure");
  frame.className = "m-0";
  const canvas = document.createElement("canvas");
  canvas.width = Math.floor(viewport.width);
  canvas.height = Math.floor(viewport.height);
  canvas.setAttribute("aria-hidden", "true");
  const words = document.createElement("figcaption");
  words.className = "visually-hidden";
  const content = await page.getTextContent();
  words.textContent = `${text("page")} ${number}: ${content.items.map((item) => item.str).join(" ")}`;
  frame.append(canvas, words);
  await page.render({ canvasContext: canvas.getContext("2d"), viewport }).promise;
  return frame;
}

async function view(viewer) {
  const pages = viewer.querySelector("[data-pdf-pages]");
  const digestField = viewer.querySelector("[data-pdf-digest]");
  const fingerprint = viewer.querySelector("[data-pdf-fingerprint]");
  try {
    const bytes = await fetchBytes(viewer.dataset.pdf);
    const digest = hex(await crypto.subtle.digest("SHA-256", bytes));
    const library = await import(viewer.dataset.library);
    library.GlobalWorkerOptions.workerSrc = viewer.dataset.worker;
    // pdf.js takes its buffer away, so it gets a copy.
    const pdf = await library.getDocument({ data: bytes.slice(0), isEvalSupported: false, enableXfa: false }).promise;
    const width = Math.min(Math.max(pages.clientWidth - 32, 280), 900);
    const frames = [];
    for (let number = 1; number <= pdf.numPages; number += 1) {
      frames.push(await drawPage(await pdf.getPage(number), width, number));
    }
    pages.replaceChildren(...frames);
    if (digestField) digestField.value = digest;
    if (fingerprint) fingerprint.textContent = digest.replace(/.{8}(?=.)/g, "$& ");
    viewer.dataset.state = "shown";
    viewer.dispatchEvent(new CustomEvent("emr:pdf-shown", { bubbles: true, detail: { digest, pages: pdf.numPages } }));
  } catch (error) {
    console.warn("pdf-view", error.message);
    viewer.dataset.state = "failed";
    const note = document.createElement("p");
    note.className = "alert alert-interrupt";
    note.textContent = text("pdf_failed");
    pages.replaceChildren(note);
  } finally {
    pages.removeAttribute("aria-busy");
  }
}

each("[data-pdf]", view);
