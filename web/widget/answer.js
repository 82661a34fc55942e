// One turn of the conversation: the question and its answer, which is arriving, complete, stopped or failed.

// Shows `turn`; `paint()` redraws it from its state, `say(text)` appends to a running answer.
function turnView(app, turn) {
  const reply = element("div", { class: "reply" });
  const heading = element("h3", { class: "said", tabindex: -1 }, element("span", { class: "unseen" }, app.say("asked")), turn.question);
  const node = element("section", { class: "turn", "aria-label": turn.question }, heading, reply);
  const view = { node, heading, words: null };

  view.paint = () => {
    const kind = turn.start && turn.start.kind;
    reply.className = `reply ${turn.state} ${kind || ""}`;
    const isMarked = turn.state === "answered" && turn.start && turn.start.html;
    view.words = isMarked
      ? element("div", { class: "words marked" }, ...markedNodes(app, turn.start.html))
      : element("p", { class: "words" }, ...wordsOf(app, turn));
    if (turn.state === "waiting" && !turn.text) view.words.replaceChildren(app.say(turn.lost ? "retrying" : "waiting"));
    reply.replaceChildren(...notes(app, turn), ...headlineOf(turn), view.words, ...wholeButton(app, turn, reply), ...below(app, turn, view));
  };
  view.append = (text) => {
    turn.text += text;
    view.words.replaceChildren(...wordsOf(app, turn));
  };
  view.paint();
  return view;
}

const LONG = 420; // characters from which the beginning is shown first

// A long answer shows its beginning first, and this button for all of it.
function wholeButton(app, turn, reply) {
  if (turn.state !== "answered" || turn.isWhole || turn.text.length < LONG) return [];
  reply.classList.add("long");
  const whole = button("plain", () => {
    turn.isWhole = true;
    reply.classList.remove("long");
    whole.remove();
  }, app.say("whole"));
  return [whole];
}

const CITED = /\[(\d{1,2})\]/; // only generated answers have such marks

// The text of the answer; in a generated one [1] links to the first source.
function wordsOf(app, turn) {
  if (!isGenerated(turn)) return [turn.text];
  return turn.text.split(CITED).map((part, index) => (index % 2 ? citationLink(app, turn, Number(part)) : part));
}

// The value that was asked for, alone on the first line; only quoted answers may have one.
function headlineOf(turn) {
  const headline = turn.start && turn.start.headline;
  return headline ? [element("p", { class: "headline" }, element("strong", {}, headline))] : [];
}

function isGenerated(turn) {
  return Boolean(turn.start) && turn.start.kind === "generated";
}

function citationLink(app, turn, number) {
  const show = (event) => {
    event.preventDefault();
    const card = app.root.getElementById(cardId(turn, number));
    if (!card) return; // the sources come after the text
    card.scrollIntoView({ block: "center" });
    card.focus({ preventScroll: true });
  };
  const label = app.say("citation", { count: number });
  return element("a", { class: "cited", href: `#${cardId(turn, number)}`, onclick: show, "aria-label": label }, `[${number}]`);
}

function cardId(turn, number) {
  return `source-${turn.id}-${number}`;
}

// The text as it is read aloud.
function spokenWords(turn) {
  if (isGenerated(turn)) return turn.text.split(CITED).filter((_, index) => index % 2 === 0).join("");
  return [turn.start && turn.start.headline, turn.text].filter(Boolean).join("\n");
}

// Lines above the text: its label or notice, and how the question was understood.
function notes(app, turn) {
  if (!turn.start) return [];
  const { kind, question, rewritten, notice, topic } = turn.start;
  const lines = [];
  if (kind === "generated") lines.push(element("p", { class: "label" }, app.say("generated")));
  if (notice) lines.push(element("p", { class: "understood" }, notice));
  if (kind === "faq") lines.push(element("p", { class: "understood" }, app.say("approved")));
  if (topic) lines.push(element("p", { class: "understood" }, app.say("goesOn", { topic })));
  else if (rewritten !== question.trim()) lines.push(element("p", { class: "understood" }, app.say("understood", { query: rewritten })));
  return lines;
}

function below(app, turn, view) {
  if (turn.state === "failed" || turn.state === "stopped") return [trouble(app, turn), retryButton(app, turn)];
  if (turn.state !== "answered") return [];
  const refused = turn.start.kind === "refused";
  const courtesy = turn.start.kind === "courtesy";
  const offers = turn.sources.offers || [];
  const more = element("div", { class: "more" });
  // The form to leave a question, then its code, stand apart from what the rating shows and replaces.
  const left = element("div", { class: "left" }, turn.receipt && receiptView(app, turn.receipt));
  if (turn.helpful === false) more.append(...hotlineCard(app, turn), ...leaveButtons(app, turn, left));
  return [
    ...clarifyingButtons(app, turn.sources.clarifying),
    ...citationCards(app, turn),
    ...diagramCards(app, turn),
    ...candidateCards(app, turn),
    ...contactCards(app, turn.sources.contacts, refused),
    ...(refused || offers.includes("leave") ? leaveButtons(app, turn, left) : []),
    offers.includes("contacts") && newWindowLink(app, "offer", ownPage(app, "#contacts"), app.say("contactsList")),
    (!courtesy || turn.sources.citations.length > 0) && actions(app, turn, view, more, left),
    more,
    left,
    ...suggestionButtons(app, turn.sources.suggestions),
  ].filter(Boolean);
}

// The hotline below an answer that did not help, where no contact stands beside it already.
function hotlineCard(app, turn) {
  return turn.sources.contacts.length || turn.start.kind === "refused" ? [] : contactCards(app, []);
}

function trouble(app, turn) {
  return element("p", { class: "trouble" }, turn.state === "stopped" ? app.say("stopped") : turn.error);
}

// Repeats the question with the same request id; after "too fast" only once the server allows it.
function retryButton(app, turn) {
  const label = turn.state === "stopped" ? app.say("again") : app.say("retry");
  const retry = button("plain", () => run(app, turn), label);
  const count = () => {
    const left = Math.ceil(((turn.notBefore || 0) - Date.now()) / 1000);
    retry.disabled = left > 0;
    retry.textContent = left > 0 ? app.say("retryIn", { count: left }) : label;
    if (left > 0) setTimeout(count, 1000);
  };
  count();
  return retry;
}

// Copy, read aloud, helpful or not.
function actions(app, turn, view, more, left) {
  const told = element("span", { class: "told", role: "status" });
  const copy = button("action", async () => {
    told.textContent = app.say((await copyText(app, answerAsText(app, turn))) ? "copied" : "copyFailed");
  }, icon("copy"), app.say("copy"));
  const helpful = button("action", () => rate(true), icon("up"), app.say("helpful"));
  const unhelpful = button("action", () => rate(false), icon("down"), app.say("unhelpful"));
  const show = () => {
    helpful.setAttribute("aria-pressed", String(turn.helpful === true));
    unhelpful.setAttribute("aria-pressed", String(turn.helpful === false));
  };
  const rate = async (value) => {
    const before = turn.helpful;
    turn.helpful = value;
    show();
    try {
      await sendFeedback(app, turn, {});
      told.textContent = value ? app.say("thanks") : "";
      more.replaceChildren();
      if (!value) more.append(reasonsForm(app, turn, more, left));
      if (!value) more.querySelector("input").focus();
      save(app);
    } catch (error) {
      turn.helpful = before;
      show();
      told.textContent = error.sentence || app.say("server");
    }
  };
  show();
  const print = button("action", () => printAnswer(app, turn), icon("print"), app.say("print"));
  const link = button("action", async () => {
    told.textContent = await sendLink(app, turn);
  }, icon("link"), app.say("link"));
  const rating = turn.start.id ? [helpful, unhelpful] : [];
  const buttons = [copy, readButton(app, turn), print, link, ...rating].filter(Boolean);
  return element("div", { class: "actions", role: "group", "aria-label": app.say("actions") }, ...buttons, told);
}

function sendFeedback(app, turn, extra) {
  return requestJson(app, "api/feedback", { answer_id: turn.start.id, helpful: turn.helpful, ...extra });
}

// "What was wrong?": one reason and a comment; then contacts and the form to leave the question.
function reasonsForm(app, turn, more, left) {
  const name = `reason-${turn.id}`;
  const labels = app.say("reasons");
  const choices = TEXTS["zh-CN"].reasons.map((value, index) => element(
    "label", { class: "choice" }, element("input", { type: "radio", name, value, required: true }), labels[index],
  ));
  const comment = element("textarea", { rows: 2, maxlength: app.limit });
  const told = element("p", { class: "trouble", role: "alert" });
  const submit = async (event) => {
    event.preventDefault();
    const reason = form.querySelector("input:checked").value;
    try {
      await sendFeedback(app, turn, { reason, comment: comment.value.trim() || null });
    } catch (error) {
      told.textContent = error.sentence || app.say("server");
      return;
    }
    const thanks = element("p", { class: "understood", role: "status", tabindex: -1 }, app.say("thanks"));
    more.replaceChildren(thanks, ...hotlineCard(app, turn), ...leaveButtons(app, turn, left));
    thanks.focus({ preventScroll: true });
  };
  const form = element(
    "form", { class: "form", onsubmit: submit },
    element("fieldset", {}, element("legend", {}, app.say("why")), ...choices),
    element("label", { class: "field" }, app.say("comment"), comment), told,
    element("button", { type: "submit", class: "strong" }, app.say("submit")),
  );
  return form;
}

// The answer with its sources as plain text, for a letter or a chat.
function answerAsText(app, turn) {
  const lines = turn.sources.citations.map((source, index) => {
    const mark = isGenerated(turn) ? `[${index + 1}] ` : "";
    const number = source.number ? `（${source.number}）` : "";
    return `${mark}${app.say("source")}《${source.document}》${number} ${source.section} ${new URL(source.url.replace(/^\//, ""), app.base)}`;
  });
  const label = turn.start.kind === "generated" ? [app.say("generated")] : [];
  const headline = turn.start.headline ? [turn.start.headline] : [];
  return [...headline, turn.text, ...label, ...lines].join("\n");
}

// Copies `text`; says whether that worked. Pages without https have no navigator.clipboard.
async function copyText(app, text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch (error) {
    const active = app.root.activeElement;
    const field = element("textarea", { class: "unseen", readonly: true });
    field.value = text;
    app.root.querySelector(".panel").append(field);
    field.select();
    const copied = document.execCommand("copy");
    field.remove();
    if (active) active.focus({ preventScroll: true });
    return copied;
  }
}

// A button that reads the answer aloud sentence by sentence (Chromium breaks off long utterances); null where
// the browser cannot speak.
function readButton(app, turn) {
  const voice = window.speechSynthesis;
  if (!voice || !window.SpeechSynthesisUtterance) return null;
  const label = element("span", {}, app.say("read"));
  const read = button("action", () => {
    const speaking = read.classList.contains("speaking");
    voice.cancel();
    if (speaking) return;
    app.root.querySelectorAll(".speaking").forEach((other) => other.click());
    const sentences = spokenWords(turn).match(/[^。！？；\n]+[。！？；]?/g) || [];
    const ended = () => {
      read.classList.remove("speaking");
      label.textContent = app.say("read");
    };
    sentences.forEach((sentence, index) => {
      const utterance = new SpeechSynthesisUtterance(sentence);
      utterance.lang = app.script === "zh-Hant" ? "zh-TW" : "zh-CN";
      utterance.rate = 0.95;
      utterance.onerror = ended;
      if (index === sentences.length - 1) utterance.onend = ended;
      voice.speak(utterance);
    });
    read.classList.add("speaking");
    label.textContent = app.say("readStop");
  }, icon("read"), label);
  return read;
}
