// Starts the widget: finds its own script element, puts the host element on the page, opens and closes.

const HOST_STYLE = {
  all: "initial", display: "block", direction: "ltr", "user-select": "text", "-webkit-user-select": "text",
};
const FLOATING = { position: "fixed", right: "0", bottom: "0", width: "0", height: "0", "z-index": "2147483647" };

function start(script) {
  const base = new URL(".", script.src).href;
  const page = script.dataset.mode === "page" ? document.getElementById("policy-qa-page") : null;
  const parameters = new URLSearchParams(page ? location.search : "");
  const kept = openStorage("sessionStorage");
  const chosen = openStorage("localStorage");
  const before = { session: randomId(), turns: [], receipts: [], hotline: "", open: false, ...kept.read(base) };
  // The /chat page has its display in the address; there the widget follows the page.
  const onPage = { script: parameters.get("script") === "hant" ? "zh-Hant" : "zh-CN", large: parameters.get("large") === "1" };
  const wishes = { script: "zh-CN", large: false, english: false, remembered: false, ...chosen.read(base) };
  const { script: inScript, large } = page ? onPage : wishes;
  const app = {
    base, kept, chosen,
    mode: page ? "page" : "floating",
    position: script.dataset.position === "left" ? "left" : "right",
    limit: LIMIT,
    session: before.session, turns: before.turns, receipts: before.receipts, hotline: before.hotline,
    script: inScript, large, english: wishes.english, remembered: wishes.remembered,
    welcome: null, running: null, view: null, launch: null,
    say(name, values) {
      const words = (name === "title" && !app.english && script.dataset.title) || TEXTS[app.english ? "en" : app.script][name];
      return Object.keys(values || {}).reduce((text, each) => text.split(`{${each}}`).join(values[each]), words);
    },
  };
  const host = makeHost(page ? HOST_STYLE : { ...HOST_STYLE, ...FLOATING });
  app.root = host.attachShadow({ mode: "open" });
  addStyle(app.root);
  // Keyboard shortcuts of the portal must not see the typing here.
  ["keydown", "keypress", "keyup"].forEach((name) => app.root.addEventListener(name, (event) => event.stopPropagation()));
  window.addEventListener("online", () => resume(app));
  document.addEventListener("visibilitychange", () => {
    const last = app.turns[app.turns.length - 1];
    if (!document.hidden && last && last.state === "failed") resume(app);
  });
  draw(app);
  if (page) startOnPage(app, page, host, parameters);
  else startFloating(app, host, before.open);
}

function startOnPage(app, page, host, parameters) {
  // The question asked before this script was loaded: in the page's address, or posted to it.
  const question = page.querySelector("#question").defaultValue.trim().slice(0, app.limit);
  page.replaceChildren(host);
  fitBelow(host);
  window.addEventListener("resize", () => fitBelow(host));
  open(app, { focus: false });
  if (parameters.get("code")) app.view.follow(parameters.get("code"));
  if (question && !app.turns.some((turn) => turn.question === question)) submit(app, question);
}

// On the /chat page the panel ends at the bottom of the window, whatever is above it.
function fitBelow(host) {
  host.style.setProperty("--above", `${Math.round(host.getBoundingClientRect().top + window.scrollY)}px`);
}

function startFloating(app, host, wasOpen) {
  // Next to <body>, not in it: a transform or overflow there would confine a fixed element.
  document.documentElement.append(host);
  if (wasOpen && !matchMedia(PHONE).matches) open(app, { focus: false });
  listenToPortal(app);
  stepAside(app);
}

// The button gets out of the way of the page's own ask boxes, which do the same.
function stepAside(app) {
  const check = () => {
    const { left, top, right, bottom } = app.launch.getBoundingClientRect();
    const covers = ([...document.querySelectorAll("form[data-policy-ask], form[data-policy-ask] *")]).some((each) => {
      const box = each.getBoundingClientRect();
      return box.width && box.left < right && box.right > left && box.top < bottom && box.bottom > top;
    });
    app.launch.classList.toggle("aside", covers);
  };
  let waiting = false;
  const later = () => {
    if (!waiting) requestAnimationFrame(() => { waiting = false; check(); });
    waiting = true;
  };
  ["scroll", "resize", "load"].forEach((name) => window.addEventListener(name, later, { passive: true }));
  check();
}

function makeHost(style) {
  const host = document.createElement("policy-qa-widget");
  Object.keys(style).forEach((name) => host.style.setProperty(name, style[name], "important"));
  return host;
}

function addStyle(root) {
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(CSS_TEXT);
    root.adoptedStyleSheets = [sheet];
  } catch (error) {
    root.append(element("style", {}, CSS_TEXT)); // Safari before 16.4
  }
}

// Draws everything from the state; the panel stays open or closed.
function draw(app) {
  const wasOpen = isOpen(app);
  const view = panelView(app);
  const launch = button("launch", () => open(app), icon("chat"), app.say("launch"));
  launch.setAttribute("aria-haspopup", "dialog");
  view.node.addEventListener("close", () => closed(app));
  view.node.addEventListener("keydown", (event) => event.key === "Escape" && close(app));
  const landmark = { role: "region", "aria-label": app.say("title") };
  const inside = app.mode === "page" ? view.node : element("div", landmark, launch, view.node);
  const names = ["all", app.mode, app.position, app.large ? "large" : ""].join(" ").trim();
  app.root.querySelectorAll(".all").forEach((old) => old.remove());
  app.root.append(element("div", { class: names, lang: app.english ? "en" : app.script }, inside));
  Object.assign(app, { view, launch });
  if (wasOpen) showDialog(app);
}

function isOpen(app) {
  return Boolean(app.view && app.mode !== "page" && app.view.node.hasAttribute("open"));
}

function open(app, { focus = true } = {}) {
  if (!isOpen(app)) showDialog(app);
  app.view.loadWelcome();
  if (focus) app.view.focus();
  resume(app);
  if (!app.running) convertAnswers(app);
  save(app);
}

// Opens over the whole page on a phone (the rest is inert), beside the page's content on a larger screen.
function showDialog(app) {
  const dialog = app.view.node;
  app.launch.hidden = true;
  if (app.mode === "page") return;
  if (!dialog.showModal) dialog.setAttribute("open", ""); // Safari before 15.4
  else if (matchMedia(PHONE).matches) dialog.showModal();
  else dialog.show();
}

function close(app) {
  if (!isOpen(app)) return;
  if (app.view.node.close) app.view.node.close();
  else {
    app.view.node.removeAttribute("open");
    closed(app);
  }
}

function closed(app) {
  if (window.speechSynthesis) window.speechSynthesis.cancel();
  app.launch.hidden = false;
  app.launch.focus({ preventScroll: true });
  save(app);
}

// An element of the portal with data-policy-ask="question" asks that question; a form with it asks its input.
function listenToPortal(app) {
  const ask = (event, question) => {
    event.preventDefault();
    open(app);
    submit(app, question.slice(0, app.limit));
  };
  document.addEventListener("click", (event) => {
    const asking = event.target instanceof Element && event.target.closest("[data-policy-ask]:not(form)");
    if (asking) ask(event, asking.getAttribute("data-policy-ask"));
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("form[data-policy-ask]")) return;
    const typed = event.target.querySelector("textarea, input:not([type]), input[type=text], input[type=search]");
    ask(event, typed ? typed.value : "");
  });
}

function boot() {
  const script = OWN_SCRIPT || document.querySelector("script[src*='/widget.js']");
  if (!script || document.querySelector("policy-qa-widget")) return;
  const waits = script.dataset.mode === "page" && document.readyState === "loading";
  if (waits) document.addEventListener("DOMContentLoaded", () => start(script));
  else start(script);
}

boot();
