// Requests to the server: JSON, and the event stream of an answer.

const SILENCE_MS = 30000; // after this silence a stream counts as lost
const RETRY_MS = [600, 2500]; // waits before retrying after a lost connection

// An error: `sentence` is shown as it is; `lost` means the connection was lost, so a retry may help.
class Failure extends Error {
  constructor(sentence, { lost = false, wait = 0 } = {}) {
    super(sentence);
    Object.assign(this, { sentence, lost, wait });
  }
}

// Sends GET when `post` is undefined, else POST. Returns the response; throws Failure.
async function request(app, path, post, { accept = "application/json", signal } = {}) {
  const headers = { Accept: accept, "Accept-Language": app.script, "X-Policy-Session": app.session };
  if (post !== undefined) headers["Content-Type"] = "application/json";
  let response;
  try {
    const body = post === undefined ? undefined : stringify(post);
    const method = post === undefined ? "GET" : "POST";
    response = await fetch(app.base + path, { method, headers, body, signal, credentials: "omit" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Failure(app.say(path === "api/ask" ? "offline" : "away"), { lost: true });
  }
  if (response.ok) return response;
  const told = await response.json().catch(() => ({}));
  const wait = Number(response.headers.get("Retry-After")) || 0;
  throw new Failure(typeof told.error === "string" ? told.error : app.say("server"), { wait });
}

async function requestJson(app, path, post, options) {
  const response = await request(app, path, post, options);
  try {
    return await response.json();
  } catch (error) {
    throw new Failure(app.say("server"));
  }
}

// The events of an answer: blocks of "event: name" and "data: json" lines, ended by an empty line (WHATWG HTML,
// "Server-sent events"; EventSource cannot POST).
async function* readEvents(response, cancel) {
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let buffer = "";
  for (;;) {
    const timer = setTimeout(cancel, SILENCE_MS);
    const { value, done } = await reader.read().finally(() => clearTimeout(timer));
    if (done) return;
    buffer += decoder.decode(value, { stream: true });
    let end;
    while ((end = buffer.indexOf("\n\n")) >= 0) {
      const lines = buffer.slice(0, end).split("\n");
      buffer = buffer.slice(end + 2);
      const field = (name) => (lines.find((line) => line.startsWith(`${name}: `)) || "").slice(name.length + 2);
      if (field("event")) yield { name: field("event"), data: JSON.parse(field("data")) }; // a block without an event is a comment
    }
  }
}

// One attempt at an answer; `show(name, data)` gets each event. Throws Failure; stopping throws AbortError.
async function streamAnswer(app, turn, signal, show) {
  const silent = new AbortController();
  const relay = () => silent.abort();
  signal.addEventListener("abort", relay);
  if (signal.aborted) relay();
  let done = false;
  try {
    const post = { question: turn.question, history: turn.history, request_id: turn.id };
    const response = await request(app, "api/ask", post, { accept: "text/event-stream", signal: silent.signal });
    for await (const { name, data } of readEvents(response, relay)) {
      if (name === "error") throw new Failure(data.error, { wait: data.retry_after });
      show(name, data);
      done = done || name === "done";
    }
  } catch (error) {
    if (error instanceof Failure || signal.aborted) throw error;
    throw new Failure(app.say("broken"), { lost: true });
  } finally {
    signal.removeEventListener("abort", relay);
  }
  if (!done) throw new Failure(app.say("broken"), { lost: true });
}

// Gets an answer, with retries when the connection is lost. The request id stays the same, so that a server
// that received the first request returns its answer instead of answering twice.
async function fetchAnswer(app, turn, signal, show) {
  for (let attempt = 0; ; attempt += 1) {
    try {
      show("attempt", {});
      return await streamAnswer(app, turn, signal, show);
    } catch (error) {
      if (!error.lost || attempt >= RETRY_MS.length || navigator.onLine === false) throw error;
      show("lost", {});
      await new Promise((resolve, reject) => {
        setTimeout(resolve, RETRY_MS[attempt]);
        signal.addEventListener("abort", () => reject(new DOMException("", "AbortError")));
      });
    }
  }
}
