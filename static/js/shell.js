// The shell: menu on narrow screens, the work panel that can be made small, lists that keep their place.
import { each } from "./common.js";

const SMALL = "emr:panel-small";

each("[data-nav-toggle]", (button) => {
  button.addEventListener("click", () => {
    const open = button.closest(".topbar").classList.toggle("nav-open");
    button.setAttribute("aria-expanded", String(open));
  });
});

// Links that are wider than their place lose their icons (compact); that failing, the last ones go under a button, those
// with a count and the page that is open after all others.
each(".topbar", (bar) => {
  const [links, rest, toggle] = [".topbar-nav", ".nav-rest", ".nav-toggle"].map((name) => bar.querySelector(name));
  if (!rest) return;
  const all = [...links.children];
  const stays = (item) => item.querySelector("[hx-get], [aria-current]");
  const leaving = [...all.filter(stays), ...all.filter((item) => !stays(item))].reverse();
  const tooWide = () => links.scrollWidth > links.clientWidth + 1;
  const measure = () => {
    links.append(...all);
    bar.classList.remove("compact");
    toggle.hidden = true;
    bar.classList.toggle("compact", tooWide());
    const gone = new Set();
    for (const item of leaving) {
      if (!tooWide()) break;
      toggle.hidden = false;
      gone.add(item);
      item.remove();
    }
    rest.append(...all.filter((item) => gone.has(item)));
  };
  new ResizeObserver(measure).observe(document.documentElement);
  document.fonts.ready.then(measure);
  measure();
  links.addEventListener("htmx:afterSettle", () => tooWide() && measure());
});

document.addEventListener("keydown", (event) => {
  const bar = event.key === "Escape" && document.querySelector(".topbar.nav-open");
  if (bar) bar.querySelector("[data-nav-toggle]").click();
});

each("[data-panel-toggle]", (button) => {
  const chart = button.closest("[data-chart]");
  const apply = (small) => {
    chart.classList.toggle("panel-small", small);
    button.setAttribute("aria-expanded", String(!small));
  };
  apply(localStorage.getItem(SMALL) === "1");
  button.addEventListener("click", () => {
    const small = !chart.classList.contains("panel-small");
    localStorage.setItem(SMALL, small ? "1" : "0");
    apply(small);
  });
});

// [data-auto-submit]: a form of filters is sent when a choice changes.
document.addEventListener("change", (event) => {
  const form = event.target.form;
  if (form?.matches("[data-auto-submit]")) form.requestSubmit();
});

// [data-keep-place=name]: a list that is opened again scrolls to where it was left, in this tab.
each("[data-keep-place]", (list) => {
  const key = `emr:place:${list.dataset.keepPlace}`;
  list.scrollTop = Number(sessionStorage.getItem(key) ?? 0);
  list.addEventListener("scroll", () => sessionStorage.setItem(key, String(list.scrollTop)), { passive: true });
});

document.addEventListener("htmx:afterSettle", (event) => event.target.removeAttribute?.("aria-busy"));
