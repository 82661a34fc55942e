// The queue's own keys: Ctrl+Enter sends the reply, Esc leads back to the group in the list.
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
