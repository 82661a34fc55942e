// Behaviour of cards (a result, a group of questions) in the browser. Gradio provides `element`, which holds
// the cards, and `trigger`, which sends a click event to the program. web/console/cards.py puts HOME and ASIDE
// before this script: the targets of Escape and of the right arrow.
//
// A button names its action (data-action) and its key (data-key); a click anywhere on the card presses the
// button with data-whole.
const SHOWN = 1500; // milliseconds for which "copied" is shown
const FIELDS = "textarea, input";
const KEYED = "button, a[href], textarea, input, select";
const home = () => document.querySelector(HOME)?.querySelector(FIELDS);
const cards = () => [...element.querySelectorAll(".hit")];

// Without TLS, as on an office network, browsers have no clipboard object: use the old command.
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
  const isDone = document.execCommand("copy");
  area.remove();
  if (!isDone) throw new Error("the browser does not let pages copy");
}

async function copy(button) {
  const label = button.textContent;
  if (button.dataset.busy) return;
  button.dataset.busy = "yes";
  try {
    await put(button.dataset.copy);
    button.textContent = "已复制";
  } catch {
    button.textContent = "没有复制成，请选中文字后复制";
  }
  button.closest(".hit").focus();
  setTimeout(() => { button.textContent = label; delete button.dataset.busy; }, SHOWN);
}

function press(button) {
  const card = button.closest("[data-number]");
  if (button.dataset.action === "copy") { copy(button); return; }
  if ("whole" in button.dataset) card.focus();
  trigger("click", { action: button.dataset.action, number: Number(card.dataset.number) });
}

element.addEventListener("click", (event) => {
  const isSelecting = window.getSelection().toString() !== "";
  const whole = !isSelecting && event.target.closest(".hit")?.querySelector("[data-whole]");
  const button = event.target.closest("button[data-action]") || (!event.target.closest("a") && whole);
  if (button) press(button);
});

element.addEventListener("keydown", (event) => {
  const card = event.target.closest(".hit");
  if (!card || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const all = cards();
  const at = all.indexOf(card);
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const act = {
    ArrowDown: () => all[Math.min(at + 1, all.length - 1)].focus(),
    ArrowUp: () => (at ? all[at - 1] : home())?.focus(),
    Escape: () => { home()?.focus(); home()?.select(); },
    ArrowRight: ASIDE && (() => document.querySelector(ASIDE)?.querySelector(KEYED)?.focus()),
  }[key] || keyed(card, event.target, key);
  if (!act) return;
  event.preventDefault();
  act();
});

// A focused button or link keeps its own Enter.
function keyed(card, target, key) {
  const button = (key !== "Enter" || target === card) && card.querySelector(`[data-key="${CSS.escape(key)}"]`);
  return button && (() => button.click());
}

document.addEventListener("keydown", (event) => {
  if (event.target !== home() || event.key !== "ArrowDown" || event.isComposing) return;
  const [first] = cards();
  if (!first) return;
  event.preventDefault();
  first.focus();
});

// New values come as new cards: the focus moves to the card in the same place.
let focused = null;
element.addEventListener("focusin", (event) => {
  focused = event.target.closest(".hit")?.dataset.number ?? null;
});
element.addEventListener("focusout", (event) => {
  if (event.relatedTarget) focused = null; // the user moved the focus; the card was not removed
});
watch("value", () => {
  if (focused === null || document.activeElement !== document.body) return;
  cards().find((card) => card.dataset.number === focused)?.focus({ preventScroll: true });
});
