"""审计: administrators see who did what and when in plain sentences; the entry itself is one click away."""

import html
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from kb.clock import CHINA_TIME
from kb.errors import InputError
from kb.knowledge_base import KnowledgeBase
from kb.staff.audit import AuditEntry, differences
from kb.staff.audit_sentences import Names, changes, read_people, read_things, sentence
from kb.staff.permissions import Action, Staff, require
from kb.storage.database import transaction
from web.console.filling import filled_when_opened
from web.console.parts import ANY, handler, note

_A_PAGE = 50
_HEADINGS = ("时间", "做了什么", "变化", "")
_RAW = "原始记录"
_NOTHING = "没有符合条件的记录。"
_LONGEST = 300  # characters shown of a value; the log has all of it


def tab(kb: KnowledgeBase) -> None:
    """Build the tab inside the console's page."""
    import gradio as gr

    def show(
        staff: Staff, actor: str | None, thing: str, since: str, until: str, before: int | None = None
    ) -> list[object]:
        require(staff, Action.AUDIT)
        first, last = read_day(since), read_day(until)
        entries = kb.staff.audit.entries(
            _A_PAGE,
            before,
            None if actor in (None, "", ANY) else actor,
            thing.strip() or None,
            first,
            last + timedelta(days=1) if last else None,
        )
        with transaction(kb.storage.engine) as connection:
            people = read_people(connection)
            things = read_things(connection, {entry.subject for entry in entries})
        oldest = entries[-1].id if entries else before
        choices = [ANY, *((f"{title}（{name}）", name) for name, title in people.items())]
        is_full = len(entries) == _A_PAGE
        listing = entries_html(entries, people, things)
        return [listing, oldest, gr.Button(interactive=is_full), gr.Dropdown(choices)]

    with gr.Tab("审计", elem_id="tab-audit") as page:
        with gr.Row():
            actor = gr.Dropdown([ANY], value=ANY, label="谁", scale=2)
            thing = gr.Textbox(label="什么事", placeholder="如 提交、问答、文件的名称", max_lines=1, scale=2)
            since = gr.Textbox(label="从哪天", max_lines=1, elem_classes="date")
            until = gr.Textbox(label="到哪天", max_lines=1, elem_classes="date")
        with gr.Row(elem_classes="acts-row"):
            look = gr.Button("查看最新", variant="primary")
        listing = gr.HTML(label="审计记录")
        with gr.Row(elem_classes="acts-row"):
            older = gr.Button("更早的", interactive=False)
        oldest = gr.State(None)
        filters = [actor, thing, since, until]
        outputs = [listing, oldest, older, actor]
        filled_when_opened(page, [(handler(show), filters, outputs)])
        for trigger in (look.click, actor.input, thing.submit, since.submit, until.submit):
            trigger(handler(show), filters, outputs, api_visibility="private")
        older.click(handler(show), [*filters, oldest], outputs, api_visibility="private")


def read_day(text: str) -> datetime | None:
    """The beginning in China of the day typed, None for none.

    Raises:
        InputError: it is no date.
    """
    if not text.strip():
        return None
    try:
        return datetime.combine(date.fromisoformat(text.strip()), time(), CHINA_TIME)
    except ValueError as error:
        raise InputError("日期应如 2024-05-01。") from error


def entries_html(entries: Sequence[AuditEntry], people: Names, things: Names) -> str:
    """Audit entries as an HTML table of sentences, newest first."""
    if not entries:
        return note(_NOTHING)
    head = "".join(f'<th scope="col">{name or _RAW}</th>' for name in _HEADINGS)
    rows = "".join(_row(entry, people, things) for entry in entries)
    return f'<table class="list"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'


def _row(entry: AuditEntry, people: Names, things: Names) -> str:
    cells = (
        f"{entry.at.astimezone(CHINA_TIME):%Y-%m-%d %H:%M}",
        html.escape(sentence(entry, people, things)),
        "<br>".join(map(html.escape, changes(entry))),
        f"<details><summary>查看</summary>{_raw(entry)}</details>",
    )
    labelled = "".join(
        f'<td data-label="{name or _RAW}">{cell}</td>' for name, cell in zip(_HEADINGS, cells, strict=True)
    )
    return f"<tr>{labelled}</tr>"


def _raw(entry: AuditEntry) -> str:
    """The entry as it stands in the log."""
    facts = [f"第 {entry.id} 条", f"{entry.actor} {entry.action} {entry.subject}", f"校验值 {entry.hash}"]
    facts += [_change(*difference) for difference in differences(entry.before, entry.after)]
    return "<br>".join(map(html.escape, facts))


def _change(name: str, before: object, after: object) -> str:
    old = "" if before is None else f"{str(before)[:_LONGEST]} → "
    return f"{name}：{old}{str(after)[:_LONGEST]}"
