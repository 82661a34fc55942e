// Behaviour of a table whose rows open (web/console/tables.py). Gradio provides `element`, which holds the
// table, `trigger`, which sends a click event to the program, and `watch`.
const openers = () => [...element.querySelectorAll("tr[data-number] button[data-action=open]")];

element.addEventListener("click", (event) => {
  if (event.target.closest("a, summary, input")) return;
  const own = event.target.closest("button[data-action]");
  if (!own && window.getSelection().toString() !== "") return;
  const button = own ?? event.target.closest("tr[data-number]")?.querySelector("button[data-action=open]");
  if (!button) return;
  button.focus({ preventScroll: true });
  document.querySelectorAll("tr[aria-current]").forEach((row) => row.removeAttribute("aria-current"));
  const place = button.closest("[data-number]");
  if (place.tagName === "TR") place.setAttribute("aria-current", "true");
  trigger("click", { action: button.dataset.action, number: Number(place.dataset.number) });
});

element.addEventListener("keydown", (event) => {
  const all = openers();
  const at = all.indexOf(event.target);
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (at < 0 || !step) return;
  event.preventDefault();
  all[Math.max(0, Math.min(at + step, all.length - 1))].focus();
});
