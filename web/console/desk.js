// What the cards of found passages do in the browser. Gradio hands in `element`, which holds the cards, and
// `trigger`, which tells the program of a click.
const SHOWN = 1500; // milliseconds that "copied" is shown
const box = () => document.querySelector("#desk-query textarea, #desk-query input");
const cards = () => [...element.querySelectorAll(".hit")];

// Without TLS, as on an office network, browsers have no clipboard object: then the old command is used.
async function put(text) {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const area = document.createElement("textarea");
  area.value = text;
  area.style.position = "fixed";
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

async function copy(card) {
  const button = card.querySelector('[data-action="copy"]');
  const label = button.dataset.label;
  try {
    await put(button.dataset.copy);
    button.textContent = "已复制";
  } catch {
    button.textContent = "没有复制成，请选中文字后复制";
  }
  card.focus();
  setTimeout(() => { button.textContent = label; }, SHOWN);
}

element.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-action]");
  if (!button) return;
  const card = button.closest(".hit");
  if (button.dataset.action === "copy") copy(card);
  else trigger("click", { action: button.dataset.action, number: Number(card.dataset.number) });
});

element.addEventListener("keydown", (event) => {
  const card = event.target.closest(".hit");
  if (!card || event.ctrlKey || event.metaKey || event.altKey) return;
  const all = cards();
  const at = all.indexOf(card);
  const act = {
    ArrowDown: () => all[Math.min(at + 1, all.length - 1)].focus(),
    ArrowUp: () => (at ? all[at - 1] : box()).focus(),
    Escape: () => { box().focus(); box().select(); },
    c: () => copy(card),
    o: () => card.querySelector("a.original")?.click(),
  }[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

document.addEventListener("keydown", (event) => {
  if (event.target !== box() || event.key !== "ArrowDown" || event.isComposing) return;
  const [first] = cards();
  if (!first) return;
  event.preventDefault();
  first.focus();
});
