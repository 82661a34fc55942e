"""The groups of questions as HTML cards, and one group in detail; all text is escaped."""

import html
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime

from kb.clock import CHINA_TIME, china_day
from kb.queue.items import OPEN, ItemKind, QueueState
from kb.queue.notes import GroupNote
from kb.queue.view import Group, GroupDetail, QueueItem
from kb.staff.permissions import Staff
from web.console.cards import Act, button_html
from web.console.parts import entry_link, note
from web.console.tables import Tone, badge

_NOTHING = "没有符合条件的提问。"
_MOST_ITEMS = 30  # questions of a group listed one by one
_SEPARATE = Act(action="separate", label="与本组无关，移出")
_TONES = {
    QueueState.WAITING: Tone.WAIT,
    QueueState.CLAIMED: Tone.WORK,
    QueueState.ANSWERED: Tone.GOOD,
    QueueState.DISMISSED: Tone.PLAIN,
}
_SOON = 2  # working days before the promised reply date


def groups_html(groups: Sequence[Group], chosen: int | None, now: datetime, offset: int, size: int) -> str:
    """A page of groups as cards with buttons to turn it; a full page (`size` groups) has a next one."""
    if not groups:
        return note(_NOTHING)
    cards = "".join(_card(group, group.id == chosen, now) for group in groups)
    turns = []
    if offset:
        turns.append(_turn("上一页", max(0, offset - size)))
    if len(groups) == size:
        turns.append(_turn("下一页", offset + size))
    return cards + (f'<div class="acts">{"".join(turns)}</div>' if turns else "")


def group_html(staff: Staff, detail: GroupDetail, now: datetime) -> str:
    """A group: who asked what and when, the service's answer, and citizens' comments on it."""
    group = detail.group
    items = _without_repeats(detail.items)
    may_separate = len(detail.items) > 1
    item_list = "".join(
        _item(number, item, times, may_separate) for number, item, times in items[:_MOST_ITEMS]
    )
    rest = f"<li>另有 {len(items) - _MOST_ITEMS} 条</li>" if len(items) > _MOST_ITEMS else ""
    lines = [_state(group, now), *_closed(staff, group)]
    return (
        f'<h2 data-group="{group.id}">{html.escape(group.text)}</h2>'
        f"{''.join(f'<p>{line}</p>' for line in lines)}"
        f'<ul class="items" tabindex="0" aria-label="这一组里的提问">{item_list}{rest}</ul>'
        f"{_notes(detail.notes)}"
    )


def _notes(notes: Sequence[GroupNote]) -> str:
    """The colleagues' notes, oldest first; empty when there is none."""
    if not notes:
        return ""
    rows = "".join(
        f'<li><span class="kind">{one.kind.label}{f"给{html.escape(one.handed_to)}" if one.handed_to else ""}'
        f"　{html.escape(one.written_title)} {_moment(one.written_at)}</span> {html.escape(one.text)}</li>"
        for one in notes
    )
    return f'<ul class="items notes" tabindex="0" aria-label="内部备注">{rows}</ul>'


def _card(group: Group, is_chosen: bool, now: datetime) -> str:
    current = ' aria-current="true"' if is_chosen else ""
    holder = f"·{group.claimed_title}" if group.claimed_title else ""
    closer = f"·{group.closed_title}" if group.closed_title and group.state not in OPEN else ""
    state = badge(f"{group.state.label}{holder}{closer}", _TONES[group.state]).html
    return (
        f'<article class="hit group" tabindex="0" data-number="{group.id}"{current}>'
        f'<div class="marks">{state}{_deadline(group, now)}</div>'
        f'<button type="button" class="question" data-action="open" data-key="Enter" data-whole>'
        f"{html.escape(group.text)}</button>"
        f'<div class="facts">{html.escape(_facts(group))}</div></article>'
    )


def _turn(label: str, offset: int) -> str:
    return f'<span data-number="{offset}">{button_html(Act(action="turn", label=label))}</span>'


def _facts(group: Group) -> str:
    """The number of askers and of waiting citizens, the group's age, its departments."""
    waiting = f"{group.waiting} 人留言等答复" if group.waiting else None
    unhelpful = f"{group.unhelpful} 次说没帮助" if group.unhelpful else None
    departments = "、".join(group.departments) or "未归口"
    return " · ".join(filter(None, (f"{group.asked} 人问", waiting, unhelpful, _age(group), departments)))


def _age(group: Group) -> str:
    return f"{group.age_days} 天前" if group.age_days else "今天"


def _deadline(group: Group, now: datetime) -> str:
    """The promised reply date, in working days; overdue and nearly overdue ones are highlighted."""
    if group.due is None or group.days_left is None:
        return ""
    days = group.days_left
    if group.is_overdue:
        return f'<span class="overdue">已逾期 {max(1, -days)} 个工作日</span>'
    sentence = "今天到期" if group.due == china_day(now) else f"还有 {days} 个工作日到期"
    return f'<span class="{"soon" if days <= _SOON else "due"}">{sentence}</span>'


def _state(group: Group, now: datetime) -> str:
    holder = ""
    if group.claimed_title and group.claimed_at:
        holder = f"（{group.claimed_title} {_moment(group.claimed_at)} 认领）"
    due = f"，承诺 {_day(group.due)} 前答复" if group.due else ""
    summary = html.escape(f"{group.state.label}{holder} · {_facts(group)}{due}")
    return f"{summary}　{_deadline(group, now)}"


def _closed(staff: Staff, group: Group) -> list[str]:
    """The reply or the reason for dismissal, and the FAQ entry made from the group."""
    lines = []
    if group.closed_text and group.closed_at:
        outcome = "上次处理" if group.state in OPEN else group.state.label
        lines.append(
            html.escape(
                f"{outcome}：{group.closed_title or ''} {_moment(group.closed_at)}　{group.closed_text}"
            )
        )
    if group.faq_id:
        lines.append(f"已写成问答：{entry_link(staff, group.faq_id)}")
    return lines


def _without_repeats(items: Sequence[QueueItem]) -> list[tuple[int, QueueItem, int]]:
    """Items with their index and count; refusals of the same text are merged into the first."""
    times = Counter(item.text for item in items if item.kind is ItemKind.REFUSED)
    texts: set[str] = set()
    rows = []
    for number, item in enumerate(items):
        if item.kind is ItemKind.REFUSED:
            if item.text in texts:
                continue
            texts.add(item.text)
        rows.append((number, item, times[item.text] if item.kind is ItemKind.REFUSED else 1))
    return rows


def _item(number: int, item: QueueItem, times: int, may_separate: bool) -> str:
    repeats = f" ×{times}" if times > 1 else ""
    head = f"{item.kind.label}{repeats}　{_moment(item.asked_at)}"
    reply = f"已答复：{item.reply}" if item.reply else None
    judged = {True: "满意", False: "不满意", None: None}[item.satisfied]
    lines = [
        ("查询码", item.code),
        ("联系方式", item.contact),
        ("报错的是", item.reporter),
        ("群众说" if item.kind is ItemKind.DISLIKED else "哪里有误", _said(item)),
        ("当时的回答", item.answer if item.kind is ItemKind.DISLIKED else None),
        ("先前的答复", item.earlier_reply),
        ("又问", item.further),
        ("状态", reply),
        ("群众评价", judged),
    ]
    details = "".join(f"<div><span>{name}：</span>{html.escape(text)}</div>" for name, text in lines if text)
    link = ""
    if item.url:
        link = f'<a href="{html.escape(item.url)}" target="_blank">看报错的地方</a>'
    separate = button_html(_SEPARATE) if may_separate else ""
    acts = f'<div class="acts">{link}{separate}</div>' if link or separate else ""
    return (
        f'<li data-number="{number}"><span class="kind">{html.escape(head)}</span> '
        f"{html.escape(item.text)}{details}{acts}</li>"
    )


def _said(item: QueueItem) -> str | None:
    return "：".join(filter(None, (item.reason, item.comment))) or None


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(CHINA_TIME):%m-%d %H:%M}"


def _day(day: date) -> str:
    return f"{day:%Y-%m-%d}"
