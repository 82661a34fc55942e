// The parts below an answer: source cards, near documents, contacts, follow-up questions.

// The URL of our page for a path from the server; a path that leads to another site becomes the chat page.
function ownPage(app, path, parameters) {
  const url = new URL(String(path).replace(/^\//, ""), app.base);
  if (!url.href.startsWith(app.base)) return app.base;
  for (const name of Object.keys(parameters || {})) if (parameters[name]) url.searchParams.set(name, parameters[name]);
  if (app.large) url.searchParams.set("large", "1");
  if (app.script === "zh-Hant") url.searchParams.set("script", "hant");
  return url.href;
}

// In 微信 there is one window only: a link opens in it, and going back shows the conversation as it was.
function newWindowLink(app, className, href, ...children) {
  if (/MicroMessenger/i.test(navigator.userAgent)) return element("a", { class: className, href }, ...children);
  const note = element("span", { class: "unseen" }, app.say("newWindow"));
  return element("a", { class: className, href, target: "_blank", rel: "noopener" }, ...children, note);
}

// A source card; `mark` is the number by which a generated answer cites it, `id` the target of that link.
function card(app, source, className, parameters, { mark = "", id = null } = {}) {
  const title = source.number ? `${source.document}（${source.number}）` : source.document;
  const place = [source.section, source.page_label || (source.page && app.say("page", { page: source.page }))].filter(Boolean).join(" · ");
  const outdated = source.status && source.status !== "现行有效" && source.status !== "現行有效";
  const node = newWindowLink(
    app, `card ${className}`, ownPage(app, source.url, parameters),
    element("strong", {}, mark, title),
    place && element("span", {}, place),
    (source.date || source.status) && element("span", {}, source.date, source.date && source.status && " · ",
      source.status && element("b", { class: outdated ? "outdated" : "" }, source.status)),
    source.standing && element("span", {}, source.standing),
    element("span", { class: "go" }, app.say("open")),
  );
  if (id) node.id = id;
  return node;
}

function titled(title, items) {
  if (!items.length) return [];
  const list = element("ul", { class: "sources" }, ...items.map((item) => element("li", {}, item)));
  return [element("h4", { class: "sources-title" }, title), list];
}

// The sources; each link also marks the other cited places in the same document.
function citationCards(app, turn) {
  const cards = turn.sources.citations.map((source, index) => {
    const cited = isGenerated(turn) ? { mark: `[${index + 1}] `, id: cardId(turn, index + 1) } : {};
    const others = turn.sources.citations.filter((other) => other !== source && other.document_id === source.document_id);
    const also = others.map((other) => `${other.start}-${other.end}`).join(",");
    return card(app, source, "", { also, q: turn.start.rewritten }, cited);
  });
  return titled(app.say("sources"), cards);
}

// Pictures that explain the cited documents; each opens where it stands on its document's page.
function diagramCards(app, turn) {
  const cards = (turn.sources.diagrams || []).map((one) => newWindowLink(
    app, "card", `${ownPage(app, `/doc/${encodeURIComponent(one.document_id)}`)}#diagrams`, element("strong", {}, one.caption),
    element("span", { class: "go" }, app.say("look")),
  ));
  return titled(app.say("diagrams"), cards);
}

function candidateCards(app, turn) {
  const cards = turn.sources.candidates.map((source) => card(app, source, "candidate", { q: turn.start.rewritten }));
  return titled(app.say("nearest"), cards);
}

// Contacts to call; the hotline when the department has none, unless nobody `needed` to be called.
function contactCards(app, contacts, needed = true) {
  const known = contacts.length || !needed || !app.hotline ? contacts
    : [{ department: app.say("hotline"), name: "", phone: app.hotline }];
  return titled(app.say("contacts"), known.map((contact) => element(
    "a", { class: "card phone", href: `tel:${contact.phone.replace(/[^\d+-]/g, "")}` }, icon("phone"),
    element("span", {}, element("strong", {}, `${contact.department} ${contact.name}`), contact.phone, contact.hours && ` · ${contact.hours}`),
  )));
}

// The question back beside the answer to an open question; a button asks what it stands for.
function clarifyingButtons(app, clarifying) {
  if (!clarifying) return [];
  const chips = clarifying.options.map(({ label, question }) => button("chip", () => submit(app, question), label));
  const name = { class: "chips", role: "group", "aria-label": clarifying.question };
  return [element("p", { class: "clarifying" }, clarifying.question), element("div", name, ...chips)];
}

function suggestionButtons(app, questions) {
  const buttons = questions.map((question) => button("offer", () => submit(app, question), question));
  return titled(app.say("suggestions"), buttons);
}
