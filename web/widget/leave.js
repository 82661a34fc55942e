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
  const look = async () => {
    if (!input.value.trim()) {
      result.replaceChildren(element("p", { class: "trouble" }, app.say("followEmpty")));
      input.focus();
      return;
    }
    try {
      const path = `api/questions/${encodeURIComponent(input.value.trim())}`;
      result.replaceChildren(...followed(app, await requestJson(app, path)));
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
  const form = element(
    "form", { class: "form follow", onsubmit: submit, "aria-label": app.say("followTitle") },
    element("h3", {}, app.say("followTitle")), field(app, app.say("followLabel"), input, app.say("followHint")),
    element("button", { type: "submit", class: "strong" }, app.say("followSubmit")), ...own, result,
  );
  if (code) look();
  return form;
}

function followed(app, left) {
  const question = element("p", { class: "understood" }, app.say("followQuestion"), left.text);
  if (!left.reply) {
    const sentence = left.due ? app.say("followWaitingDue", { date: left.due }) : app.say("followWaiting");
    return [question, element("p", {}, sentence)];
  }
  const { text, department, name, date } = left.reply;
  const signed = app.say("followBy", { department: department || "", name: name || "", date: date || "" }).trim();
  return [question, element("h4", {}, app.say("followAnswered")), element("p", { class: "words" }, text), element("p", { class: "understood" }, signed)];
}
