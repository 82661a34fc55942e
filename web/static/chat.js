// The question page. Answers arrive as server-sent events over fetch (POST), so EventSource cannot be used.
// Text from people and documents is only ever set through textContent.
"use strict";

const LIMIT = 500;
const NEAR_LIMIT = 450;
const HISTORY = 10;
const TEXTS = {
  tooLong: (length) => `问题太长了（${length} 个字），请压缩到 ${LIMIT} 个字以内。`,
  left: (count) => `还可以输入 ${count} 个字。`,
  offline: "网络好像断开了，请检查网络后重试。",
  broken: "答案没有传完，请重试。",
  server: "系统暂时无法处理，请稍后再试。",
  approved: "来自常见问答（已审定）",
  understood: (query) => `按这个问题查找：${query}`,
  sources: "出处",
  nearest: "内容相近的文件",
  contacts: "可以打电话问",
  suggestions: "您是不是想问",
  open: "查看原文",
  retry: "重试",
};

const form = document.getElementById("ask");
const field = document.getElementById("question");
const send = document.getElementById("send");
const counter = document.getElementById("counter");
const conversation = document.getElementById("conversation");
const asked = [];
let busy = false;

function element(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

// Events of a stream: blocks of "event: name" and "data: json" lines, ended by an empty line.
async function* readEvents(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let buffer = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    buffer += value;
    let end;
    while ((end = buffer.indexOf("\n\n")) >= 0) {
      const lines = buffer.slice(0, end).split("\n");
      buffer = buffer.slice(end + 2);
      const get = (name) => lines.find((line) => line.startsWith(name + ": "))?.slice(name.length + 2);
      yield { name: get("event"), data: JSON.parse(get("data")) };
    }
  }
}

function card(source, className) {
  const link = element("a", `card ${className}`);
  link.href = source.url;
  link.target = "_blank";
  link.rel = "noopener";
  link.append(element("strong", "", source.number ? `${source.document}（${source.number}）` : source.document));
  const place = [source.section, source.page ? `第 ${source.page} 页` : ""].filter(Boolean).join(" · ");
  if (place) link.append(element("span", "", place));
  const facts = [source.date, source.status].filter(Boolean).join(" · ");
  if (facts) link.append(element("span", "", facts));
  link.append(element("span", "go", TEXTS.open));
  return link;
}

function list(reply, title, sources, className) {
  titled(reply, title, sources.map((source) => card(source, className)));
}

function titled(reply, title, items) {
  if (!items.length) return;
  reply.append(element("h2", "sources-title", title));
  const holder = element("ul", "sources");
  for (const item of items) {
    const line = element("li");
    line.append(item);
    holder.append(line);
  }
  reply.append(holder);
}

function phones(reply, contacts) {
  titled(reply, TEXTS.contacts, contacts.map((contact) => {
    const link = element("a", "card", `${contact.department} ${contact.name}`);
    link.href = `tel:${contact.phone.replace(/[^\d+-]/g, "")}`;
    link.append(element("span", "go", contact.phone));
    return link;
  }));
}

function offers(turn, suggestions) {
  titled(turn.reply, TEXTS.suggestions, suggestions.map((question) => {
    const button = element("button", "offer", question);
    button.type = "button";
    button.addEventListener("click", () => busy || submit(question));
    return button;
  }));
}

const show = {
  "answer-start"(turn, data) {
    turn.words.classList.remove("waiting");
    if (data.kind === "refused") turn.reply.classList.add("refused");
    if (data.kind === "faq") turn.words.before(element("p", "understood", TEXTS.approved));
    if (data.rewritten !== data.question.trim())
      turn.words.before(element("p", "understood", TEXTS.understood(data.rewritten)));
  },
  token(turn, data) {
    turn.words.textContent += data.text;
  },
  citations(turn, data) {
    list(turn.reply, TEXTS.sources, data.citations, "");
    list(turn.reply, TEXTS.nearest, data.candidates, "candidate");
    phones(turn.reply, data.contacts);
    offers(turn, data.suggestions);
  },
  done(turn) {
    turn.finished = true;
  },
  error(turn, data) {
    turn.finished = true;
    fail(turn, data.error);
  },
};

function fail(turn, sentence) {
  turn.words.classList.remove("waiting");
  turn.reply.classList.add("failed");
  turn.words.textContent = sentence;
  const retry = element("button", "retry", TEXTS.retry);
  retry.type = "button";
  retry.addEventListener("click", () => {
    if (busy) return;
    turn.node.remove();
    ask(turn.question, turn.history);
  });
  turn.reply.append(retry);
}

async function ask(question, history) {
  busy = true;
  send.disabled = true;
  document.body.classList.add("asked");
  const turn = { question, history, node: element("section", "turn"), reply: element("div", "reply"), words: element("p", "words waiting") };
  turn.node.append(element("p", "said", question), turn.reply);
  turn.reply.append(turn.words);
  conversation.append(turn.node);
  turn.node.scrollIntoView({ block: "start" });
  try {
    const response = await fetch("/api/ask", {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "text/event-stream" },
      body: JSON.stringify({ question, history }),
    });
    if (!response.ok) throw Object.assign(new Error(), { sentence: (await response.json().catch(() => ({}))).error ?? TEXTS.server });
    for await (const { name, data } of readEvents(response.body)) show[name]?.(turn, data);
    if (!turn.finished) fail(turn, TEXTS.broken);
  } catch (error) {
    fail(turn, error.sentence ?? TEXTS.offline);
  } finally {
    turn.node.scrollIntoView({ block: "start" });
    busy = false;
    send.disabled = false;
    field.focus({ preventScroll: true });
  }
}

function submit(text) {
  const question = text.trim();
  if (!question || busy) return;
  if (question.length > LIMIT) {
    counter.textContent = TEXTS.tooLong(question.length);
    return;
  }
  const history = asked.slice(-HISTORY);
  asked.push(question);
  field.value = "";
  resize();
  ask(question, history);
}

function resize() {
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight}px`;
  const length = field.value.trim().length;
  counter.textContent = length > LIMIT ? TEXTS.tooLong(length) : length > NEAR_LIMIT ? TEXTS.left(LIMIT - length) : "";
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  submit(field.value);
});
field.addEventListener("input", resize);
field.addEventListener("keydown", (event) => {
  // isComposing: Enter that picks a word in a Chinese input method is not "send".
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    submit(field.value);
  }
});
document.getElementById("examples").addEventListener("click", (event) => {
  if (event.target instanceof HTMLButtonElement) submit(event.target.textContent);
});
