// The question box: grows with the text, counts near the limit, offers questions and headings while typing.

const PAUSE_MS = 150; // after the last key, before suggestions are fetched
const NEAR_LIMIT = 50;

function questionBox(app) {
  const input = element("textarea", {
    id: "question", rows: 1, placeholder: app.say("label"), enterkeyhint: "send", autocomplete: "off",
  });
  const counter = element("span", { id: "counter", role: "status" });
  const send = element("button", { type: "submit", id: "send", class: "strong" }, app.say("send"));
  const typed = typedList(app, input);
  const privacy = newWindowLink(app, "", ownPage(app, "privacy"), app.say("privacy"));
  const form = element(
    "form", { class: "ask", autocomplete: "off" }, typed.node,
    element("div", { class: "ask-box" }, element("label", { class: "unseen", for: "question" }, app.say("label")), input, voiceButton(app, input), send),
    element("p", { class: "note" }, counter, app.say("note"), privacy),
  );
  const resize = () => {
    input.style.height = "auto";
    input.style.height = `${input.scrollHeight}px`;
    const length = input.value.trim().length;
    const near = length > app.limit - NEAR_LIMIT;
    counter.textContent = length > app.limit ? app.say("tooLong", { length, limit: app.limit })
      : near ? app.say("left", { count: app.limit - length }) : "";
  };
  const ask = () => {
    if (app.running || !input.value.trim() || input.value.trim().length > app.limit) return;
    submit(app, input.value);
    input.value = "";
    resize();
    typed.clear();
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (app.running) app.running.abort();
    else ask();
  });
  input.addEventListener("input", (event) => {
    resize();
    if (!event.isComposing) typed.look();
  });
  input.addEventListener("compositionend", () => typed.look());
  input.addEventListener("keydown", (event) => {
    // isComposing: Enter picks a word in a Chinese input method and does not send.
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      ask();
    }
  });
  return {
    form, input, resize,
    busy(running) {
      send.textContent = app.say(running ? "stop" : "send");
      send.classList.toggle("stop", running);
    },
  };
}

// Suggestions above the box: plain buttons and links that the arrow keys reach, so that every screen reader
// knows them (a textarea may not be an ARIA combobox).
function typedList(app, input) {
  const list = element("ul", { class: "typed", "aria-label": app.say("typed"), hidden: true });
  const told = element("p", { class: "unseen", role: "status" });
  const node = element("div", {}, list, told);
  let timer = 0;
  let latest = null;
  const clear = () => {
    clearTimeout(timer);
    if (latest) latest.abort();
    list.replaceChildren();
    list.hidden = true;
    told.textContent = "";
  };
  const entry = (suggestion) => {
    if (suggestion.kind === "heading") {
      const kind = element("small", {}, `${app.say("typedHeading")} · ${suggestion.document}`);
      return newWindowLink(app, "", ownPage(app, suggestion.url), suggestion.text, kind);
    }
    const pick = () => {
      clear();
      input.value = "";
      input.dispatchEvent(new Event("input"));
      submit(app, suggestion.text);
    };
    return button("", pick, suggestion.text, element("small", {}, app.say(suggestion.kind === "starter" ? "typedStarter" : "typedFaq")));
  };
  const fill = (suggestions) => {
    list.replaceChildren(...suggestions.map((each) => element("li", {}, entry(each))));
    list.hidden = !suggestions.length;
    told.textContent = suggestions.length ? app.say("typedCount", { count: suggestions.length }) : "";
  };
  const look = () => {
    const text = input.value.trim();
    clear();
    if (text.length < 2 || text.length > app.limit || app.running) return;
    timer = setTimeout(async () => {
      latest = new AbortController();
      try {
        const path = `api/suggest?q=${encodeURIComponent(text)}`;
        const found = await requestJson(app, path, undefined, { signal: latest.signal });
        if (input.value.trim() === text) fill(found.suggestions);
      } catch (error) {
        clear(); // suggestions are optional: asking works without them
      }
    }, PAUSE_MS);
  };
  const offer = () => {
    clear();
    fill(starters(app));
  };
  node.addEventListener("keydown", (event) => move(event, list, input, clear));
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowUp" && list.hidden && !input.value) offer();
    if (event.key === "ArrowUp" && !list.hidden) move(event, list, input, clear);
    if (event.key === "Escape" && !list.hidden) move(event, list, input, clear);
  });
  input.addEventListener("click", () => !input.value && app.turns.length && offer());
  document.addEventListener("pointerdown", (event) => !event.composedPath().includes(node) && !event.composedPath().includes(input) && clear());
  return { node, look, clear };
}

const STARTERS = 6;

// What an empty box offers once it is clicked, or the arrow key is pressed in it: the questions most asked first.
function starters(app) {
  if (!app.welcome || app.running) return [];
  const { most_asked: mostAsked, topics } = app.welcome;
  const questions = new Set([...mostAsked, ...topics.map(({ questions: [first] }) => first)]);
  return Array.from(questions).slice(0, STARTERS).map((text) => ({ text, kind: "starter" }));
}

// The button to speak instead of typing; null where the browser cannot listen.
function voiceButton(app, input) {
  const Recognition = window.SpeechRecognition || window.webkitSpeechRecognition;
  if (!Recognition || !window.isSecureContext) return null;
  let listening = null;
  const speak = button("voice", () => {
    if (listening) return listening.stop();
    listening = new Recognition();
    Object.assign(listening, { lang: app.script === "zh-Hant" ? "zh-TW" : "zh-CN", interimResults: true });
    const before = input.value;
    listening.onresult = ({ results }) => {
      input.value = before + Array.from(results, (result) => result[0].transcript).join("");
      input.dispatchEvent(new Event("input"));
    };
    listening.onend = () => {
      listening = null;
      speak.setAttribute("aria-pressed", "false");
      input.focus();
    };
    listening.onerror = () => {};
    speak.setAttribute("aria-pressed", "true");
    listening.start();
    return undefined;
  }, icon("voice"), element("span", { class: "unseen" }, app.say("voice")));
  speak.setAttribute("aria-pressed", "false");
  return speak;
}

// Arrow keys move through the suggestions and back to the box; Escape closes only the suggestions.
function move(event, list, input, clear) {
  const items = Array.from(list.querySelectorAll("a, button"));
  const at = items.indexOf(event.target);
  const to = { ArrowUp: at < 0 ? items.length - 1 : at - 1, ArrowDown: at + 1 }[event.key];
  if (event.key === "Escape") {
    clear();
    input.focus();
  } else if (to === undefined) return;
  else (items[to] || input).focus();
  event.preventDefault();
  event.stopPropagation();
}
