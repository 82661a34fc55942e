// The conversation: asking, receiving the answer, stopping, failing, and its record in the tab's storage.

const KEPT_TURNS = 30;
const HISTORY = 10; // earlier questions sent with a new one
const LOOK_MS = 4000; // between looks for a lost server
const WATCH_MS = 600000; // after which only a press or the browser's own event resumes
const NO_SOURCES = { citations: [], candidates: [], contacts: [], suggestions: [], offers: [], clarifying: null };

function save(app) {
  const { session, receipts, hotline } = app;
  app.kept.write(app.base, { session, receipts, hotline, turns: app.turns.slice(-KEPT_TURNS), open: isOpen(app) });
}

function keepReceipt(app, receipt) {
  app.receipts = [receipt, ...app.receipts];
  save(app);
}

// A new turn, without an answer yet.
function reset(turn, script) {
  const nothing = { text: "", start: null, sources: NO_SOURCES, original: null, helpful: null, error: "", lost: false, notBefore: 0 };
  Object.assign(turn, nothing, { state: "waiting", script });
}

function submit(app, text) {
  const question = text.trim();
  if (!question || app.running) return;
  const turn = { id: randomId(), question, history: app.turns.map((each) => each.question).slice(-HISTORY) };
  reset(turn, app.script);
  app.turns.push(turn);
  app.view.add(turn);
  rememberQuestion(app, question);
  app.view.paintHistory();
  run(app, turn);
}

// Asks the server; `quietly` when an answer is only fetched again in the other script.
async function run(app, turn, { quietly = false } = {}) {
  if (app.running) return;
  const { signal } = (app.running = new AbortController());
  const paint = () => app.view.of(turn) && app.view.of(turn).paint();
  reset(turn, app.script);
  app.view.box.busy(true);
  paint();
  save(app);
  if (!quietly) beginReading(app, turn);
  try {
    await fetchAnswer(app, turn, signal, (name, data) => {
      if (name in INCOMING) INCOMING[name](turn, data);
      if (name === "token") app.view.of(turn).append(data.text);
      else paint();
    });
    turn.state = "answered";
  } catch (error) {
    if (signal.aborted) turn.state = "stopped";
    else fail(app, turn, error);
  }
  if (turn.state === "failed" && turn.lost) watchConnection(app);
  app.running = null;
  app.view.box.busy(false);
  paint();
  save(app);
  if (!quietly && app.view.of(turn)) finishReading(app, turn);
}

const INCOMING = {
  attempt: (turn) => reset(turn, turn.script),
  lost: (turn) => Object.assign(turn, { text: "", start: null, lost: true }),
  "answer-start": (turn, data) => (turn.start = data),
  citations: (turn, data) => (turn.sources = data),
};

function fail(app, turn, error) {
  if (!(error instanceof Failure)) console.error(error);
  const notBefore = error.wait ? Date.now() + error.wait * 1000 : 0;
  // Part of an answer does not count as an answer.
  Object.assign(turn, { state: "failed", text: "", start: null, notBefore, lost: Boolean(error.lost) });
  turn.error = error.sentence || app.say("server");
}

// On a phone the keyboard would cover the answer, so there the focus goes to the question just asked.
function beginReading(app, turn) {
  app.view.bringUp(turn);
  if (matchMedia(PHONE).matches) app.view.of(turn).heading.focus({ preventScroll: true });
  else app.view.box.input.focus({ preventScroll: true });
}

function finishReading(app, turn) {
  app.view.bringUp(turn);
  const count = app.say("sourceCount", { count: turn.sources.citations.length });
  const told = { answered: [app.say("finished"), spokenWords(turn), count], stopped: [app.say("stopped")], failed: [turn.error] };
  app.view.announce(told[turn.state].join("\n"));
}

// Asks again a question whose answer was lost with the connection or with the page that waited for it.
function resume(app) {
  const last = app.turns[app.turns.length - 1];
  if (last && (last.state === "waiting" || (last.state === "failed" && last.lost))) run(app, last);
}

// Looks for the server until it answers again, then resumes. The browser's "online" event alone is not enough:
// it does not come when the server or a proxy was away, nor in some browsers when the network changes.
function watchConnection(app) {
  clearTimeout(app.watching);
  const started = Date.now();
  const look = async () => {
    const last = app.turns[app.turns.length - 1];
    if (app.running || !last || last.state !== "failed" || !last.lost) return;
    try {
      await requestJson(app, "api/suggest?q=");
      resume(app);
    } catch (error) {
      if (Date.now() - started < WATCH_MS) app.watching = setTimeout(look, LOOK_MS);
    }
  };
  app.watching = setTimeout(look, LOOK_MS);
}

function restart(app) {
  if (app.running) app.running.abort();
  app.turns = [];
  save(app);
  draw(app);
  app.view.loadWelcome();
  app.view.focus();
}
