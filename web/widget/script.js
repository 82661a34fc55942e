// Simplified and traditional characters, and large print: everything is redrawn from the state.

const CONVERTED = 10; // number of answers converted in one request
const DISPLAYED = ["text", "question", "rewritten", "topic", "document", "number", "section", "status", "department", "label", "html"];

function changeSize(app) {
  app.large = !app.large;
  remember(app);
  redraw(app, ".tool:nth-child(1)");
}

async function changeScript(app) {
  if (app.running) return;
  app.script = app.script === "zh-Hant" ? "zh-CN" : "zh-Hant";
  app.english = false;
  app.welcome = null;
  remember(app);
  redraw(app, ".tool:nth-child(2)");
  app.view.loadWelcome();
  await convertAnswers(app);
}

// English words around the answers, which stay in Chinese as the documents are.
function changeLanguage(app) {
  app.english = !app.english;
  remember(app);
  redraw(app, ".tool.language");
}

// Converts the answers on screen to the current script.
async function convertAnswers(app) {
  const others = () => app.turns.filter((turn) => turn.state === "answered" && turn.script !== app.script).slice(-CONVERTED);
  if (!others().length) return;
  others().filter((turn) => turn.original).forEach((turn) => Object.assign(turn, turn.original, { original: null, script: "zh-CN" }));
  if (app.script === "zh-Hant") await toTraditional(app, others());
  app.turns.forEach((turn) => app.view.of(turn) && app.view.of(turn).paint());
  save(app);
  // An answer that came in traditional characters is fetched again: it cannot be converted back exactly.
  for (const turn of others()) await run(app, turn, { quietly: true });
}

// Only a setting that the user switched on is kept beyond the tab.
function remember(app) {
  // On /chat script and size are those of the address, not a wish.
  const shown = app.mode === "page" ? {} : { script: app.script, large: app.large };
  const { english, remembered } = app;
  app.chosen.write(app.base, { ...app.chosen.read(app.base), ...shown, english, remembered });
}

function redraw(app, focused) {
  const { scrollTop } = app.view.scroller;
  const draft = app.view.box.input.value;
  draw(app);
  app.view.box.input.value = draft;
  app.view.box.resize();
  app.view.scroller.scrollTop = scrollTop;
  app.root.querySelector(focused).focus();
}

async function toTraditional(app, turns) {
  const words = new Set();
  turns.forEach((turn) => converted(shownOf(turn), (text) => (words.add(text), text)));
  const texts = Array.from(words).filter(Boolean);
  if (!texts.length) return;
  const answer = await requestJson(app, "api/traditional", { texts }).catch(() => null);
  if (!answer) return; // these answers are fetched again instead
  const traditional = new Map(texts.map((text, index) => [text, answer.texts[index]]));
  turns.forEach((turn) => {
    const original = shownOf(turn);
    Object.assign(turn, converted(original, (text) => traditional.get(text) || text), { original, script: "zh-Hant" });
  });
}

const shownOf = ({ text, start, sources }) => ({ text, start, sources });

// A copy of `part` with its displayed texts converted by `convert`.
function converted(part, convert, isShown = false) {
  if (typeof part === "string") return isShown ? convert(part) : part;
  if (Array.isArray(part)) return part.map((each) => converted(each, convert, isShown));
  if (part === null || typeof part !== "object") return part;
  const copy = {};
  for (const name of Object.keys(part)) copy[name] = converted(part[name], convert, DISPLAYED.includes(name) || name === "suggestions");
  return copy;
}
