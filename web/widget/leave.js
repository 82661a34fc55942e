// Questions left for staff: the form, the code to return with, and looking up the reply.

// The button that opens the form in `place`; none once the question was left and its code stands there.
function leaveButtons(app, turn, place) {
  if (turn.receipt) return [];
  return [button("strong", (event) => {
    const opener = event.currentTarget;
    if (turn.receipt) return place.firstChild.focus();
    place.replaceChildren(leaveForm(app, turn, place, opener));
    return place.querySelector("textarea").focus();
  }, app.say("leave"))];
}

function field(app, label, control, note) {
  const hint = note ? element("small", {}, note) : null;
  return element("label", { class: "field" }, label, control, hint);
}

// The last question up to `turn`; a wish for a person (转人工) is none.
function askedBefore(app, turn) {
  const asked = app.turns.slice(0, app.turns.indexOf(turn) + 1);
  const last = asked.reverse().find((each) => !each.start || each.start.kind !== "courtesy");
  return last ? last.question : "";
}

// The form to leave a question; `turn` is the one whose answer did not help.
function leaveForm(app, turn, place, opener) {
  const text = element("textarea", { rows: 3, maxlength: app.limit });
  const contact = element("input", { type: "text", maxlength: 100, autocomplete: "tel" });
  const told = element("p", { class: "trouble", role: "alert" });
  const requestId = randomId();
  text.value = askedBefore(app, turn);
  const submit = async (event) => {
    event.preventDefault();
    told.textContent = "";
    if (!text.value.trim()) {
      told.textContent = app.say("leaveEmpty");
      text.focus();
      return;
    }
    send.disabled = true;
    try {
      const post = { text: text.value.trim(), request_id: requestId, answer_id: turn.start.id };
      if (contact.value.trim()) post.contact = contact.value.trim();
      const receipt = await requestJson(app, "api/questions", post);
      turn.receipt = receipt;
      keepReceipt(app, { code: receipt.code, text: post.text });
      const shown = receiptView(app, receipt);
      place.replaceChildren(shown);
      shown.focus({ preventScroll: true });
    } catch (error) {
      told.textContent = error.sentence || app.say("server");
      send.disabled = false;
    }
  };
  const cancel = () => {
    place.replaceChildren();
    opener.focus();
  };
  const send = element("button", { type: "submit", class: "strong" }, app.say("submit"));
  return element(
    "form", { class: "form", onsubmit: submit, "aria-label": app.say("leaveTitle") },
    element("h4", {}, app.say("leaveTitle")), element("p", { class: "understood" }, app.say("leaveNote")),
    field(app, app.say("leaveText"), text), field(app, app.say("leaveContact"), contact, app.say("leaveContactNote")),
    told, element("div", { class: "row" }, send, button("plain", cancel, app.say("cancel"))),
  );
}

function receiptView(app, receipt) {
  const told = element("span", { class: "told", role: "status" });
  const copy = button("action", async () => {
    told.textContent = app.say((await copyText(app, receipt.code)) ? "copied" : "copyFailed");
  }, icon("copy"), app.say("copy"));
  return element(
    "div", { class: "receipt", tabindex: -1, role: "group", "aria-label": app.say("leaveDone") + receipt.code },
    element("p", {}, app.say("leaveDone"), element("strong", { class: "code" }, receipt.code), copy, told),
    receipt.due && element("p", {}, app.say("leaveDue", { date: receipt.due })),
    receipt.department && element("p", {}, app.say("leaveDepartment", { department: receipt.department })),
    element("p", { class: "understood" }, app.say("leaveKeep")),
    ...contactCards(app, receipt.contacts),
  );
}

// The form that takes a code and shows the state of its question; it offers the codes of this tab.
function followForm(app, code) {
  const input = element("input", {
    type: "text", class: "code", maxlength: 20, autocomplete: "off", autocapitalize: "characters", spellcheck: "false",
  });
  input.value = code || "";
  const result = element("div", { class: "followed", role: "status" });
  const show = (left) => result.replaceChildren(...followed(app, left, show));
  const look = async () => {
    if (!input.value.trim()) {
      result.replaceChildren(element("p", { class: "trouble" }, app.say("followEmpty")));
      input.focus();
      return;
    }
    try {
      const path = `api/questions/${encodeURIComponent(input.value.trim())}`;
      show(await requestJson(app, path));
    } catch (error) {
      result.replaceChildren(element("p", { class: "trouble" }, error.sentence || app.say("server")));
    }
  };
  const submit = (event) => {
    event.preventDefault();
    look();
  };
  const own = app.receipts.map((receipt) => button("offer", () => {
    input.value = receipt.code;
    look();
  }, `${receipt.code} ${receipt.text}`));
  // A form within the form is not allowed: what was found stands beside it.
  const form = element(
    "form", { onsubmit: submit, "aria-label": app.say("followTitle") },
    element("h3", {}, app.say("followTitle")), field(app, app.say("followLabel"), input, app.say("followHint")),
    element("button", { type: "submit", class: "strong" }, app.say("followSubmit")), ...own,
  );
  if (code) look();
  return element("div", { class: "form follow" }, form, result);
}

// What stands under a code; `show` replaces it after the citizen has answered to the reply.
function followed(app, left, show) {
  const question = element("p", { class: "understood" }, app.say("followQuestion"), left.text);
  const earlier = left.earlier ? repliedView(app, left.earlier) : [];
  const further = left.further ? [element("p", { class: "understood" }, app.say("furtherAsked"), left.further)] : [];
  if (!left.reply) {
    const sentence = left.due ? app.say("followWaitingDue", { date: left.due }) : app.say("followWaiting");
    return [question, ...earlier, ...further, element("p", {}, sentence)];
  }
  const more = left.further ? [] : [furtherForm(app, left, show)];
  return [question, ...earlier, ...further, ...repliedView(app, left.reply), judgement(app, left, show), ...more];
}

function repliedView(app, reply) {
  const { text, department, name, date } = reply;
  const signed = app.say("followBy", { department: department || "", name: name || "", date: date || "" }).trim();
  return [element("h4", {}, app.say("followAnswered")), element("p", { class: "words" }, text), element("p", { class: "understood" }, signed)];
}

// Whether the reply helped; the choice can be changed.
function judgement(app, left, show) {
  const told = element("span", { class: "told", role: "status" }, left.satisfied === null ? "" : app.say("thanks"));
  const choice = (value, label) => {
    const choose = async () => {
      try {
        show(await requestJson(app, `api/questions/${left.code}/satisfaction`, { satisfied: value }));
      } catch (error) {
        told.textContent = error.sentence || app.say("server");
      }
    };
    const made = button("action", choose, icon(value ? "up" : "down"), app.say(label));
    made.setAttribute("aria-pressed", String(left.satisfied === value));
    return made;
  };
  const name = { class: "actions", role: "group", "aria-label": app.say("judge") };
  return element("div", name, choice(true, "satisfied"), choice(false, "unsatisfied"), told);
}

// One more question on the same code.
function furtherForm(app, left, show) {
  const text = element("textarea", { rows: 2, maxlength: app.limit });
  const told = element("p", { class: "trouble", role: "alert" });
  const send = element("button", { type: "submit", class: "plain" }, app.say("submit"));
  const submit = async (event) => {
    event.preventDefault();
    event.stopPropagation();
    told.textContent = text.value.trim() ? "" : app.say("leaveEmpty");
    if (told.textContent) return text.focus();
    send.disabled = true;
    try {
      show(await requestJson(app, `api/questions/${left.code}/further`, { text: text.value.trim() }));
    } catch (error) {
      told.textContent = error.sentence || app.say("server");
      send.disabled = false;
    }
    return undefined;
  };
  return element(
    "form", { class: "form further", onsubmit: submit, "aria-label": app.say("further") },
    field(app, app.say("further"), text, app.say("furtherNote")), told, send,
  );
}
