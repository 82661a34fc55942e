"""The event handlers of 群众提问: each returns new values for the parts of the page that change."""

from collections.abc import Callable, Mapping, Sequence

from kb.clock import china_day
from kb.desk.faq_drafts import draft_from_group
from kb.desk.search import Found, ResultKind
from kb.errors import ConflictError, NotAllowedError
from kb.knowledge_base import KnowledgeBase
from kb.language.masking import impersonal
from kb.models import MAX_QUESTION_CHARS, Filters
from kb.queue.items import OPEN, ItemKind, QueueState
from kb.queue.view import Group, GroupDetail, may_release
from kb.staff.permissions import Staff
from web.console.cards import Act, found_html
from web.console.parts import drafted_html, note, numbered, warn
from web.console.queue.handing import colleague_choices, template_choices, was_handed
from web.console.queue.html import group_html, groups_html
from web.console.queue.views import FILTERS, department_choices, departments_of, view_choices
from web.console.queue.widgets import Changes, Given, Held, Widgets
from web.sessions import now_utc

_A_PAGE = 50
_TOLD_S = 8  # seconds
_INSERT = Act(action="insert", label="放进答复", key="i")
_ANSWER = Act(action="answer", label="就用这条答复", key="u")
Step = Callable[[Staff, Given], str]


class QueuePage:
    """The handlers of the page's events."""

    def __init__(self, kb: KnowledgeBase, widgets: Widgets) -> None:
        self._kb = kb
        self._on = widgets

    def look(self, staff: Staff, *inputs: object) -> Changes:
        """Show the list from its first page."""
        given = _read(*inputs)
        return self._listed(staff, given, given.held.group, 0)

    def search(self, staff: Staff, *inputs: object) -> Changes:
        """Show the passages and FAQ entries found for the query."""
        return self._sources(staff, _read(*inputs).query)

    def pressed(self, staff: Staff, action: str, number: int, *inputs: object) -> Changes:
        """Handle a button of a card: `number` is the group, page offset, item or result it belongs to."""
        given = _read(*inputs)
        if action == "open":
            return self._opened(staff, given, number)
        if action == "turn":
            return self._listed(staff, given, given.held.group, number)
        if action == "separate":
            return self._done(staff, given, lambda staff, given: self._separate(staff, given, number))
        hit = numbered(given.found, number)
        if action == "answer":
            return self._done(staff, given, lambda staff, given: self._answer(staff, given, hit))
        return {self._on.reply: "\n".join(filter(None, (given.reply.rstrip(), hit.to_copy)))}

    def doing(self, step: Step) -> Callable[..., Changes]:
        """The handler of a button that runs `step`."""
        return lambda staff, *inputs: self._done(staff, _read(*inputs), step)

    def template(self, staff: Staff, *inputs: object) -> Changes:
        """Put the chosen template after what is typed already."""
        given = _read(*inputs)
        chosen = [one for one in self._kb.queue.templates.all(staff) if str(one.id) == given.template]
        lines = (given.reply.rstrip(), *(one.text for one in chosen))
        return {self._on.reply: "\n".join(filter(None, lines)), self._on.template: None}

    def claim(self, staff: Staff, given: Given) -> str:
        """Claim the open group."""
        self._kb.queue.claim(staff, given.group.id, now_utc())
        return note("已认领，请在承诺的日期前答复。")

    def release(self, staff: Staff, given: Given) -> str:
        """Release the open group."""
        self._kb.queue.release(staff, given.group.id, now_utc())
        return note("已取消认领，别人可以认领了。")

    def send(self, staff: Staff, given: Given) -> str:
        """Send the reply to the citizens."""
        group = given.group
        self._kb.queue.reply(staff, group.id, group.version, given.reply, now_utc())
        return note("已答复，群众凭查询码就能看到。")

    def draft(self, staff: Staff, given: Given) -> str:
        """Make a draft FAQ entry from the reply."""
        record = draft_from_group(
            self._kb.queue, self._kb.faq.life, staff, given.group.id, given.reply, now_utc()
        )
        return drafted_html(staff, record.entry.id)

    def dismiss(self, staff: Staff, given: Given) -> str:
        """Dismiss the open group with the reason typed."""
        group = given.group
        self._kb.queue.dismiss(staff, group.id, group.version, given.reason, now_utc())
        return note("已搁置；再有群众为此留言时会回到待办。")

    def _answer(self, staff: Staff, given: Given, found: Found) -> str:
        group = given.group
        entry_id = found.entry_id or ""
        self._kb.queue.answer_by_faq(staff, group.id, group.version, entry_id, now_utc())
        return note(f"已用问答 {entry_id} 答复。")

    def _separate(self, staff: Staff, given: Given, number: int) -> str:
        items = self._kb.queue.group(staff, given.group.id, now_utc()).items
        if not 0 <= number < len(items):
            raise ConflictError("这一组刚有变动，没有移出；请看清后再试。")
        item = items[number]
        new_group = self._kb.queue.separate(staff, given.group.id, item.source, item.ref, now_utc())
        return note(f"已移出，成为单独的一组：{new_group.text}")

    def _done(self, staff: Staff, given: Given, step: Step) -> Changes:
        """Run `step` and show the new state of the group and the list.

        On a version conflict: warn, show the current state, and keep the typed text.
        """
        try:
            message = step(staff, given)
        except ConflictError as error:
            warn(error)
            message = ""
        try:
            detail = self._kb.queue.group(staff, given.group.id, now_utc())
        except NotAllowedError:  # it was handed on
            return self._left(staff, given, message)
        return {
            **self._shown(staff, detail, given.held.unsent),
            **self._listed(staff, given, detail.group, given.offset),
            self._on.message_box: message,
            self._on.reason: "",
            **({self._on.handing_note: "", self._on.note: ""} if message else {}),
        }

    def _left(self, staff: Staff, given: Given, message: str) -> Changes:
        """The list without the open group, which concerns `staff` no more."""
        import gradio as gr

        gr.Info(message, duration=_TOLD_S)
        return {
            **self._listed(staff, given, None, given.offset),
            self._on.held: Held(unsent=given.held.unsent),
            self._on.work: gr.Column(visible=False),
            self._on.beside: gr.Column(visible=False),
            self._on.message_box: "",
            self._on.reply: "",
            self._on.handing_note: "",
        }

    def _opened(self, staff: Staff, given: Given, group_id: int) -> Changes:
        detail = self._kb.queue.group(staff, group_id, now_utc())
        unsent = _kept(given)
        query = impersonal(detail.group.text)[:MAX_QUESTION_CHARS]
        return {
            **self._shown(staff, detail, unsent),
            **self._sources(staff, query),
            self._on.reply: _reply_box(detail, unsent.get(group_id, _sent(detail.group))),
            self._on.message_box: "",
            self._on.reason: "",
            self._on.query: query,
        }

    def _listed(self, staff: Staff, given: Given, chosen: Group | None, offset: int) -> Changes:
        """The list and the choices above it."""
        import gradio as gr

        now = now_utc()
        filters = FILTERS[given.view].model_copy(
            update={"departments": departments_of(staff, given.department), "text": given.words}
        )
        groups = self._kb.queue.groups(staff, now, filters, _A_PAGE, offset)
        return {
            self._on.listing: groups_html(groups, chosen.id if chosen else None, now, offset, _A_PAGE),
            self._on.offset: offset,
            self._on.view: gr.Radio(view_choices(self._kb.queue.counts(staff, now))),
            self._on.department: gr.Dropdown(department_choices(staff, self._kb.queue.departments(staff))),
        }

    def _shown(self, staff: Staff, detail: GroupDetail, unsent: Mapping[int, str]) -> Changes:
        """A group, and the buttons that its state allows."""
        import gradio as gr

        group = detail.group
        is_others = group.state is QueueState.CLAIMED and group.claimed_by != staff.name
        is_answered = group.state is QueueState.ANSWERED
        may_send = _is_left(detail) and not is_others
        may_dismiss = group.state in OPEN and not group.waiting and not is_others
        desks = self._kb.queue.handing.desks(staff)
        label = "更正答复" if is_answered else f"答复群众（{group.waiting} 人）"
        return {
            self._on.held: Held(group=group, unsent=unsent),
            self._on.work: gr.Column(visible=True),
            self._on.beside: gr.Column(visible=True),
            self._on.detail: group_html(staff, detail, now_utc()),
            self._on.claim: gr.Button(visible=group.state is QueueState.WAITING),
            self._on.release: gr.Button(visible=may_release(staff, group)),
            self._on.send: gr.Button(label, visible=may_send),
            self._on.draft: gr.Button(visible=group.faq_id is None),
            self._on.aside: gr.Accordion(visible=may_dismiss, open=False),
            self._on.handing: gr.Accordion(visible=group.state in OPEN and not is_others, open=False),
            self._on.to_department: gr.Dropdown(desks.departments, value=None),
            self._on.to_colleague: gr.Dropdown(colleague_choices(desks.colleagues), value=None),
            self._on.send_back: gr.Button(visible=was_handed(detail.notes)),
            self._on.template: gr.Dropdown(template_choices(self._kb.queue.templates.all(staff)), value=None),
        }

    def _sources(self, staff: Staff, query: str) -> Changes:
        results = self._kb.desk.search(staff, query, Filters(), list(ResultKind), china_day(now_utc()))
        return {self._on.sources: found_html(query, results, _acts), self._on.found: results.found}


def _read(*inputs: object) -> Given:
    """Read the page's values, in the order of `Given`; Gradio may send None for an empty field."""
    values = dict(zip(Given.model_fields, inputs, strict=True))
    return Given.model_validate({name: "" if value is None else value for name, value in values.items()})


def _acts(found: Found) -> Sequence[Act]:
    return (_ANSWER, _INSERT) if found.entry_id else (_INSERT,)


def _kept(given: Given) -> Mapping[int, str]:
    """The unsent replies, including that of the open group."""
    group = given.held.group
    if group is None:
        return given.held.unsent
    others = {number: text for number, text in given.held.unsent.items() if number != group.id}
    is_new = given.reply.strip() not in ("", _sent(group).strip())
    return {**others, group.id: given.reply} if is_new else others


def _sent(group: Group) -> str:
    """The reply already sent, offered for correction; empty when there is none."""
    return (group.closed_text or "") if group.state is QueueState.ANSWERED else ""


def _is_left(detail: GroupDetail) -> bool:
    """Whether the group has a left question, whose citizen can see a reply."""
    return any(item.kind is ItemKind.LEFT for item in detail.items)


def _reply_box(detail: GroupDetail, text: str) -> object:
    import gradio as gr

    label = "答复" if _is_left(detail) else "答案（没有人留言；写成问答，以后问的人能看到）"
    return gr.Textbox(text, label=label)
