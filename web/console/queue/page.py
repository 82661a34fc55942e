"""What the events of 群众提问 do: each gives new values for the parts of the page that change."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from kb.clock import china_day
from kb.desk.faq_drafts import draft_from_group
from kb.desk.search import Found, Kind
from kb.errors import ConflictError, InputError
from kb.knowledge_base import KnowledgeBase
from kb.language.masking import impersonal
from kb.models import MAX_QUESTION_CHARS, Filters, Model
from kb.queue.items import OPEN, ItemKind, QueueState
from kb.queue.view import Group, GroupDetail, may_release
from kb.staff.permissions import Staff
from web.console.cards import Act, found_html
from web.console.parts import drafted_html, note, warn
from web.console.queue.html import group_html, groups_html
from web.console.queue.views import FILTERS, View, department_choices, departments_of, view_choices
from web.sessions import now_utc

_A_PAGE = 50
_INSERT = Act(action="insert", label="放进答复", key="i")
_ANSWER = Act(action="answer", label="就用这条答复", key="u")
Changes = dict[Any, object]  # a part of the page -> its new value


class Held(Model):
    """The open group as it was read, and replies not sent. Whatever sets it shows that group as well: a reply
    goes to the group that is seen, also when an older event ends after a newer one.
    """

    group: Group | None = None
    unsent: Mapping[int, str] = {}


@dataclass(frozen=True)
class Widgets:
    """The parts of the page, Gradio's components."""

    held: Any
    offset: Any
    found: Any
    view: Any
    department: Any
    words: Any
    listing: Any
    work: Any
    beside: Any
    detail: Any
    claim: Any
    release: Any
    reply: Any
    send: Any
    draft: Any
    told: Any
    aside: Any
    reason: Any
    dismiss: Any
    query: Any
    sources: Any

    def all(self) -> list[Any]:
        """Every part."""
        return [getattr(self, field.name) for field in fields(self)]

    def given(self) -> list[Any]:
        """The parts that every event reads, as `Given` names them."""
        return [getattr(self, name) for name in Given.model_fields]


class Given(Model):
    """What the page holds when something is done."""

    held: Held
    offset: int  # groups before the first in the list
    found: tuple[Found, ...]
    view: View
    department: str
    words: str
    reply: str
    reason: str
    query: str

    @property
    def group(self) -> Group:
        """The group that is open.

        Raises:
            InputError: none is.
        """
        if self.held.group is None:
            raise InputError("请先在左边打开一组提问。")
        return self.held.group


_Step = Callable[[Staff, Given], str]


class QueuePage:
    """The functions of the page's events."""

    def __init__(self, kb: KnowledgeBase, widgets: Widgets) -> None:
        self._kb = kb
        self._on = widgets

    def look(self, staff: Staff, *inputs: object) -> Changes:
        """The list from its beginning."""
        given = _read(*inputs)
        return self._listed(staff, given, given.held.group, 0)

    def search(self, staff: Staff, *inputs: object) -> Changes:
        """What documents and entries say to the query."""
        return self._sources(staff, _read(*inputs).query)

    def pressed(self, staff: Staff, action: str, number: int, *inputs: object) -> Changes:
        """A button in one of the cards."""
        given = _read(*inputs)
        if action == "open":
            return self._opened(staff, given, number)
        if action == "turn":
            return self._listed(staff, given, given.held.group, number)
        if action == "separate":
            return self._done(staff, given, lambda staff, given: self._separate(staff, given, number))
        found = given.found[number]
        if action == "answer":
            return self._done(staff, given, lambda staff, given: self._answer(staff, given, found))
        return {self._on.reply: "\n".join(filter(None, (given.reply.rstrip(), found.to_copy)))}

    def doing(self, step: _Step) -> Callable[..., Changes]:
        """The function of a button that does `step`."""
        return lambda staff, *inputs: self._done(staff, _read(*inputs), step)

    def claim(self, staff: Staff, given: Given) -> str:
        """Take the group on."""
        self._kb.queue.claim(staff, given.group.id, now_utc())
        return note("已认领，请在承诺的日期前答复。")

    def release(self, staff: Staff, given: Given) -> str:
        """Give the group back."""
        self._kb.queue.release(staff, given.group.id, now_utc())
        return note("已退回，别人可以认领了。")

    def send(self, staff: Staff, given: Given) -> str:
        """Reply to the citizens."""
        group = given.group
        self._kb.queue.reply(staff, group.id, group.version, given.reply, now_utc())
        return note("已答复，群众凭查询码就能看到。")

    def draft(self, staff: Staff, given: Given) -> str:
        """Make the draft of an FAQ entry from the reply."""
        made = draft_from_group(
            self._kb.queue, self._kb.faq_life, staff, given.group.id, given.reply, now_utc()
        )
        return drafted_html(staff, made.entry.id)

    def dismiss(self, staff: Staff, given: Given) -> str:
        """Put the group aside."""
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
        if number >= len(items):
            raise ConflictError("这一组刚有变动，没有移出；请看清后再试。")
        item = items[number]
        own = self._kb.queue.separate(staff, given.group.id, item.source, item.ref, now_utc())
        return note(f"已移出，成为单独的一组：{own.text}")

    def _done(self, staff: Staff, given: Given, step: _Step) -> Changes:
        """Do `step` and show where everything stands then.

        Whoever comes second is told, sees what stands there now, and keeps what was typed.
        """
        try:
            told = step(staff, given)
        except ConflictError as error:
            warn(error)
            told = ""
        detail = self._kb.queue.group(staff, given.group.id, now_utc())
        return {
            **self._shown(staff, detail, given.held.unsent),
            **self._listed(staff, given, detail.group, given.offset),
            self._on.told: told,
            self._on.reason: "",
        }

    def _opened(self, staff: Staff, given: Given, group_id: int) -> Changes:
        detail = self._kb.queue.group(staff, group_id, now_utc())
        unsent = _kept(given)
        query = impersonal(detail.group.text)[:MAX_QUESTION_CHARS]
        return {
            **self._shown(staff, detail, unsent),
            **self._sources(staff, query),
            self._on.reply: _reply_box(detail, unsent.get(group_id, _sent(detail.group))),
            self._on.told: "",
            self._on.reason: "",
            self._on.query: query,
        }

    def _listed(self, staff: Staff, given: Given, chosen: Group | None, offset: int) -> Changes:
        """The list, and what can be chosen above it."""
        import gradio as gr

        now = now_utc()
        wanted = FILTERS[given.view].model_copy(
            update={"departments": departments_of(staff, given.department), "text": given.words}
        )
        groups = self._kb.queue.groups(staff, now, wanted, _A_PAGE, offset)
        return {
            self._on.listing: groups_html(groups, chosen.id if chosen else None, now, offset, _A_PAGE),
            self._on.offset: offset,
            self._on.view: gr.Radio(view_choices(self._kb.queue.counts(staff, now))),
            self._on.department: gr.Dropdown(department_choices(staff, self._kb.queue.departments(staff))),
        }

    def _shown(self, staff: Staff, detail: GroupDetail, unsent: Mapping[int, str]) -> Changes:
        """A group, and the buttons that fit where it stands."""
        import gradio as gr

        group = detail.group
        is_others = group.state is QueueState.CLAIMED and group.claimed_by != staff.name
        is_answered = group.state is QueueState.ANSWERED
        sends = _is_left(detail) and not is_others
        aside = group.state in OPEN and not group.waiting and not is_others
        label = "更正答复" if is_answered else f"答复群众（{group.waiting} 人）"
        return {
            self._on.held: Held(group=group, unsent=unsent),
            self._on.work: gr.Column(visible=True),
            self._on.beside: gr.Column(visible=True),
            self._on.detail: group_html(staff, detail, now_utc()),
            self._on.claim: gr.Button(visible=group.state is QueueState.WAITING),
            self._on.release: gr.Button(visible=may_release(staff, group)),
            self._on.send: gr.Button(label, visible=sends),
            self._on.draft: gr.Button(visible=group.faq_id is None),
            self._on.aside: gr.Accordion(visible=aside, open=False),
        }

    def _sources(self, staff: Staff, query: str) -> Changes:
        searched = self._kb.desk.search(staff, query, Filters(), list(Kind), china_day(now_utc()))
        return {self._on.sources: found_html(query, searched, _acts), self._on.found: searched.found}


def _read(*inputs: object) -> Given:
    """The page's values in the order of `Given`; an empty field may come as None."""
    values = dict(zip(Given.model_fields, inputs, strict=True))
    return Given.model_validate({name: "" if value is None else value for name, value in values.items()})


def _acts(found: Found) -> Sequence[Act]:
    return (_ANSWER, _INSERT) if found.entry_id else (_INSERT,)


def _kept(given: Given) -> Mapping[int, str]:
    """The replies that are not sent, with that of the group that was open."""
    group = given.held.group
    if group is None:
        return given.held.unsent
    others = {number: text for number, text in given.held.unsent.items() if number != group.id}
    is_new = given.reply.strip() not in ("", _sent(group).strip())
    return {**others, group.id: given.reply} if is_new else others


def _sent(group: Group) -> str:
    """The reply that citizens have, to be corrected."""
    return (group.closed_text or "") if group.state is QueueState.ANSWERED else ""


def _is_left(detail: GroupDetail) -> bool:
    """Whether somebody left a question and can see a reply."""
    return any(item.kind is ItemKind.LEFT for item in detail.items)


def _reply_box(detail: GroupDetail, text: str) -> object:
    import gradio as gr

    label = "答复" if _is_left(detail) else "答案（没有人留言；写成问答，以后问的人能看到）"
    return gr.Textbox(text, label=label)
