// Runs after cards.js, for the open group: marks it in the list; Ctrl+Enter sends the reply, Esc returns to
// the list.
function mark() {
  const open = element.querySelector("[data-group]")?.dataset.group;
  for (const card of document.querySelectorAll("#queue-list .hit")) {
    if (card.dataset.number === open) card.setAttribute("aria-current", "true");
    else card.removeAttribute("aria-current");
  }
}
mark(); // the group may be there before the pane first shows

// On a phone the open group covers the list: its beginning shows first.
let shown = null;
watch("value", () => {
  mark();
  const open = element.querySelector("[data-group]")?.dataset.group ?? null;
  if (open !== shown && open) document.querySelector("#queue-open")?.scrollTo({ top: 0 });
  shown = open;
});

const pane = () => document.querySelector("#queue-work");

document.addEventListener("keydown", (event) => {
  if (!pane()?.contains(event.target) || event.isComposing) return;
  if (event.key === "Escape") {
    const list = document.querySelector("#queue-list");
    (list.querySelector('[aria-current="true"]') ?? list.querySelector(".hit"))?.focus();
  } else if (event.key === "Enter" && event.ctrlKey && event.target.closest("#queue-reply")) {
    event.preventDefault();
    document.querySelector("#queue-send")?.click();
  }
});
