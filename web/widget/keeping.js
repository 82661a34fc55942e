// What a person takes along: an answer on paper or as a link, and on request their questions on this device.

const REMEMBERED = "history"; // behind the address of the service, in localStorage
const MOST_REMEMBERED = 50;

// The link at which the question is asked again: the answer itself may change with the documents.
function questionLink(app, turn) {
  return ownPage(app, "chat", { q: turn.question });
}

// Hands the link to the device's own sharing where there is one, else copies it; says what became of it.
async function sendLink(app, turn) {
  const url = questionLink(app, turn);
  if (navigator.share && matchMedia(PHONE).matches) {
    try {
      await navigator.share({ title: turn.question, url });
      return "";
    } catch (error) {
      if (error.name === "AbortError") return "";
    }
  }
  return app.say((await copyText(app, url)) ? "linkCopied" : "copyFailed");
}

// Prints one answer with its sources from a frame of its own, so that nothing of the page around is on the paper.
function printAnswer(app, turn) {
  const frame = element("iframe", { title: app.say("print"), "aria-hidden": "true", tabindex: -1 });
  Object.assign(frame.style, { position: "fixed", width: "0", height: "0", border: "0" });
  app.root.querySelector(".panel").append(frame);
  const paper = frame.contentDocument;
  paper.title = turn.question;
  const line = (tag, text, style) => {
    const node = paper.createElement(tag);
    node.textContent = text;
    Object.assign(node.style, { fontFamily: "sans-serif", whiteSpace: "pre-wrap", ...style });
    paper.body.append(node);
  };
  line("h1", turn.question, { fontSize: "15pt" });
  line("p", answerAsText(app, turn), { fontSize: "11pt", lineHeight: "1.7" });
  line("p", `${app.say("note")} ${new Date().toLocaleDateString(app.script)} ${questionLink(app, turn)}`, { fontSize: "9pt", color: "#444" });
  frame.contentWindow.addEventListener("afterprint", () => frame.remove());
  frame.contentWindow.focus();
  frame.contentWindow.print();
}

function rememberedQuestions(app) {
  return (app.remembered && app.chosen.read(app.base + REMEMBERED)) || [];
}

function rememberQuestion(app, question) {
  if (!app.remembered) return;
  const others = rememberedQuestions(app).filter((each) => each !== question);
  app.chosen.write(app.base + REMEMBERED, [question, ...others].slice(0, MOST_REMEMBERED));
}

// Whether questions are kept on this device (off until it is switched on here), those kept, and a button to clear.
function historyView(app) {
  const place = element("div", { class: "history" });
  const paint = () => {
    const wish = element("input", { type: "checkbox", onchange: () => choose(wish.checked) });
    wish.checked = app.remembered;
    const label = element("label", { class: "choice" }, wish, app.say("historyKeep"));
    const questions = rememberedQuestions(app);
    const list = questions.map((each) => element("li", {}, button("offer", () => submit(app, each), each)));
    const clear = questions.length ? button("plain", () => forget(), app.say("historyClear")) : null;
    const shown = list.length ? element("ul", { class: "sources" }, ...list) : null;
    const inside = element(
      "details", { class: "kept" }, element("summary", {}, app.say("history")), label,
      element("p", { class: "understood" }, app.say("historyNote")), shown, clear,
    );
    inside.open = Boolean(place.firstChild && place.firstChild.open);
    place.replaceChildren(inside);
  };
  const forget = () => {
    app.chosen.forget(app.base + REMEMBERED);
    paint();
  };
  const choose = (value) => {
    app.remembered = value;
    if (!value) app.chosen.forget(app.base + REMEMBERED);
    remember(app);
    paint();
    place.querySelector("input").focus();
  };
  paint();
  return { node: place, paint };
}
