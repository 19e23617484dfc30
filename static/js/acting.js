// Every change says whose page it comes from, so that a page of somebody else's, left open at a shared PC, is refused in words.
const meta = document.querySelector('meta[name="acting-user"]');

/** The header for our own requests. */
export const acting = () => (meta ? { "X-Acting-User": meta.content } : {});

document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.verb !== "get") Object.assign(event.detail.headers, acting());
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!meta || form.method !== "post" || form.elements.acting_user || form.matches("[hx-post], [hx-put], [hx-patch], [hx-delete]")) return;
  const field = document.createElement("input");
  Object.assign(field, { type: "hidden", name: "acting_user", value: meta.content });
  form.append(field);
});
