// The panel: head with its tools, welcome, conversation, question box; redrawn when the script changes.

const PHONE = "(max-width: 600px), (max-height: 480px)"; // as in widget.css

function panelView(app) {
  const heading = element("h2", { id: "title", tabindex: -1 }, app.say("title"));
  const conversation = element("div", { class: "conversation", role: "log", "aria-live": "off", "aria-label": app.say("conversation") });
  const welcome = welcomeView(app);
  const scroller = element("div", { class: "scroller", tabindex: 0, role: "group", "aria-label": app.say("conversation") }, welcome.node, conversation);
  const told = element("p", { class: "unseen", role: "status" });
  const box = questionBox(app);
  const node = element(
    app.mode === "page" ? "section" : "dialog", { class: "panel", "aria-labelledby": "title" },
    element("div", { class: "head" }, heading, tools(app)), scroller, box.form, told,
  );
  const views = new Map();
  const view = {
    node, box, heading, scroller,
    loadWelcome: welcome.load,
    paintHistory: welcome.paintHistory,
    follow(code) {
      welcome.follow(code);
      scroller.scrollTop = 0;
    },
    add(turn) {
      const shown = turnView(app, turn);
      views.set(turn, shown);
      conversation.append(shown.node);
      view.update();
    },
    of: (turn) => views.get(turn),
    bringUp(turn) {
      scroller.scrollTop = views.get(turn).node.offsetTop - 8;
      if (app.mode === "page") node.scrollIntoView({ block: "nearest" }); // the keyboard may have moved the page
    },
    update() {
      node.classList.toggle("asked", app.turns.length > 0);
    },
    announce(text) {
      told.textContent = text;
    },
    focus() {
      if (matchMedia(PHONE).matches) heading.focus({ preventScroll: true });
      else box.input.focus({ preventScroll: true });
    },
  };
  app.turns.forEach(view.add);
  view.update();
  return view;
}

function tools(app) {
  const size = button("tool", () => changeSize(app), app.say(app.large ? "normal" : "large"));
  size.setAttribute("aria-pressed", String(app.large));
  const script = button("tool", () => changeScript(app), app.say("script"));
  script.setAttribute("lang", app.script === "zh-Hant" ? "zh-Hans" : "zh-Hant");
  const language = button("tool language", () => changeLanguage(app), app.english ? "中文" : "English");
  language.setAttribute("lang", app.english ? "zh-CN" : "en");
  const anew = button("tool", () => restart(app), app.say("restart"));
  const cross = button("tool", () => close(app), icon("close"), element("span", { class: "unseen" }, app.say("close")));
  const shown = app.mode === "page" ? [language, anew] : [size, script, language, anew, cross];
  return element("div", { class: "tools" }, ...shown);
}

// Greeting, questions by topic, and the link to look up a left question.
function welcomeView(app) {
  const topics = element("div", { class: "topics" });
  const notice = element("p", { class: "notice", hidden: true });
  const place = element("div", {});
  const history = historyView(app);
  const follow = button("link", () => showFollow(""), app.say("follow"));
  const node = element(
    "section", { class: "welcome" },
    notice, element("div", { class: "greeting" }, element("h3", {}, app.say("greeting")), element("p", {}, app.say("greetingNote")), topics),
    follow, place, history.node,
  );
  const showFollow = (code) => {
    place.replaceChildren(followForm(app, code));
    place.querySelector("input").focus();
  };
  const load = async () => {
    if (!app.welcome) app.welcome = await requestJson(app, "api/welcome").catch(() => null);
    if (!app.welcome) return;
    app.hotline = app.welcome.hotline; // kept with the conversation: a refusal names it after a reload, too
    save(app);
    notice.textContent = app.welcome.notice || "";
    notice.hidden = !app.welcome.notice;
    if (!topics.hasChildNodes()) topics.append(...topicChips(app, app.welcome));
  };
  if (app.welcome) load();
  return { node, load, follow: showFollow, paintHistory: history.paint };
}

function topicChips(app, { topics, most_asked: mostAsked }) {
  const groups = mostAsked.length ? [{ topic: app.say("mostAsked"), questions: mostAsked }, ...topics] : topics;
  if (!groups.length) return [];
  const list = element("ul", { class: "examples" });
  const chips = groups.map(({ topic, questions }) => button("chip", (event) => {
    chips.forEach((chip) => chip.setAttribute("aria-pressed", String(chip === event.currentTarget)));
    const items = questions.map((question) => button("offer", () => submit(app, question), question));
    list.replaceChildren(...items.map((item) => element("li", {}, item)));
  }, topic));
  chips.forEach((chip) => chip.setAttribute("aria-pressed", "false"));
  chips[0].click();
  return [element("div", { class: "chips", role: "group", "aria-label": app.say("topics") }, ...chips), list];
}
