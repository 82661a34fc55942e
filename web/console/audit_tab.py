"""审计: administrators see who did what and when, and what changed."""

from collections.abc import Sequence

from kb.clock import CHINA_TIME
from kb.knowledge_base import KnowledgeBase
from kb.staff.audit import AuditEntry, differences
from kb.staff.permissions import Action, Staff, require
from web.console.parts import handler, note, table

_A_PAGE = 50
_HEADINGS = ("序号", "时间", "账号", "做了什么", "对象", "变化")
_NOTHING = "没有符合条件的记录。"
_LONGEST = 300  # characters shown of a value; the log has all of it


def tab(kb: KnowledgeBase) -> None:
    """Build the tab inside the console's page."""
    import gradio as gr

    def show(staff: Staff, actor: str, subject: str, before: int | None = None) -> list[object]:
        require(staff, Action.AUDIT)
        entries = kb.staff.audit.entries(
            _A_PAGE, before, actor.strip().lower() or None, subject.strip() or None
        )
        oldest = entries[-1].id if entries else before
        return [entries_html(entries), oldest, gr.Button(interactive=len(entries) == _A_PAGE)]

    with gr.Tab("审计") as page:
        with gr.Row():
            actor = gr.Textbox(label="账号", placeholder="例如 wangfang", max_lines=1)
            subject = gr.Textbox(label="对象包含", placeholder="例如 问答", max_lines=1)
        with gr.Row():
            look = gr.Button("查看最新", variant="primary")
            older = gr.Button("更早的", interactive=False)
        listing = gr.HTML(label="审计记录")
        oldest = gr.State(None)
        outputs = [listing, oldest, older]
        for trigger in (page.select, look.click, actor.submit, subject.submit):
            trigger(handler(show), [actor, subject], outputs, api_visibility="private")
        older.click(handler(show), [actor, subject, oldest], outputs, api_visibility="private")


def entries_html(entries: Sequence[AuditEntry]) -> str:
    """Audit entries as an HTML table, newest first."""
    if not entries:
        return note(_NOTHING)
    rows = [
        (
            entry.id,
            f"{entry.at.astimezone(CHINA_TIME):%Y-%m-%d %H:%M:%S}",
            entry.actor,
            entry.action,
            entry.subject,
            "\n".join(_change(*difference) for difference in differences(entry.before, entry.after)),
        )
        for entry in entries
    ]
    return table(f"第 {entries[-1].id} 至 {entries[0].id} 条中符合条件的", _HEADINGS, rows)


def _change(name: str, before: object, after: object) -> str:
    if before is None:
        return f"{name}：{_words(after)}"
    return f"{name}：{_words(before)} → {_words(after)}"


def _words(value: object) -> str:
    """A value as text for people."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list):
        return "、".join(map(_words, value)) or "（空）"
    text = "（空）" if value is None or value == "" else str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}……"
