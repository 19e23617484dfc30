// A button with data-print prints the page; print.css leaves the shell out.
document.addEventListener("click", (event) => {
  if (event.target instanceof Element && event.target.closest("[data-print]")) window.print();
});
