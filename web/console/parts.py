"""Shared parts of the console's tabs: fonts, styles, sentences and tables as HTML, errors as notices."""

import html
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote

from kb.clock import CHINA_TIME
from kb.controls.store import Saved
from kb.errors import DatasetError, InputError
from kb.staff.permissions import Action, Staff, may
from kb.storage.spreadsheets import MOST_BYTES
from kb.storage.text_files import read_file
from web.errors import sentence_for
from web.staff.identity import staff_in_console

if TYPE_CHECKING:
    from gradio.components import Component

Item = TypeVar("Item")
# The function that fills a part of a tab when it opens, with its inputs and outputs.
Part = tuple[Callable[..., object], "Sequence[Component]", "Sequence[Component]"]

ANY = "不限"  # the choice that applies no filter
FAQ_TAB = "faq"  # id of the tab that links open
ENTRY_PARAMETER = "entry"  # query parameter of the console: the FAQ entry to open
_NOTICE_S = 20  # seconds; the next button pressed takes it away sooner (toasts.js)
_STRANGE = "请求里有不该有的内容，没有执行；请刷新页面再试。"
_CHANGED = "清单刚有变动，请再选一次。"
FONTS = ("system-ui", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "sans-serif")
CSS = """
.keys { color: #566273; font-size: .9em; margin: 0; }
.keys kbd { border: 1px solid #b8c2cf; border-radius: 4px; padding: 0 5px; background: #f5f7fa; }
@media (max-width: 640px) { .keys:has(kbd) { display: none; } } /* no keyboard */
.overdue { color: #b3261e; font-weight: 600; }
.console-head { display: flex; flex-wrap: wrap; align-items: center; gap: 6px 18px; background: #1553a5;
  color: #fff; border-radius: 8px; padding: 8px 16px; }
.console-head h1 { font-size: 1.25rem; font-weight: 600; margin: 0 auto 0 0; }
/* Gradio's HTML stands further in than its fields, and takes room when there is nothing in it. */
.html-container { padding: 2px 0 !important; }
.block:has(> .html-container > .prose:empty) { display: none; }
.or { color: #566273 !important; } /* of an upload, too pale (WCAG AA) */
.console-head form { margin: 0; }
.console-head h1, .console-head strong, .console-head span { color: #fff; }
.console-head a, .console-head button { color: #fff; text-decoration: underline; background: none;
  border: 0; padding: 4px; font: inherit; cursor: pointer; }
/* Gradio heads its notices in English, whatever their title. */
.toast-title { font-size: 0 !important; }
.toast-title::before { font-size: 1rem; content: "提示"; }
.toast-title.warning::before { content: "没有完成"; }
.toast-title.error::before { content: "出错了"; }
/* Buttons are as wide as their words. */
.row > button.lg, .row > button.sm, .column > button.lg, .column > button.sm { flex: 0 0 auto; width: auto;
  align-self: flex-end; }
.column > button.lg, .column > button.sm { align-self: flex-start; }
.list { width: 100%; border-collapse: collapse; font-size: .95em; }
.list caption { text-align: left; padding: 4px 0; color: #566273; }
.list th, .list td { text-align: left; vertical-align: top; padding: 6px 10px; border: 1px solid #dde3ea;
  overflow-wrap: anywhere; }
.list th { background: #eef3f9; white-space: nowrap; }
.scroll { max-height: 22rem; overflow: auto; }
.scroll .list td:last-child { min-width: 6rem; }
.totals { display: flex; flex-wrap: wrap; gap: 8px; margin: 4px 0; }
.totals div { flex: 1 1 8.5rem; border: 1px solid #dde3ea; border-radius: 8px; padding: 8px 12px;
  background: #fff; color: #1c2430; }
.totals dt { color: #566273; font-size: .9em; }
.totals dd { margin: 0; font-size: 1.5rem; font-weight: 600; }
.totals dd span { display: block; font-size: .85rem; font-weight: 400; color: #566273; }
.beside { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 14px;
  margin: 6px 0 14px; }
.beside p { margin: 0 0 8px; line-height: 1.7; overflow-wrap: anywhere; }
.beside img { width: 100%; height: auto; border: 1px solid #b8c2cf; background: #fff; }
.beside mark { background: #fff0b8; color: inherit; }
.place-doubts { color: #8a4b00; font-weight: 600; margin: 0 0 8px; padding-left: 1.2em; }
@media (max-width: 700px) { .beside { grid-template-columns: minmax(0, 1fr); } }
.take { display: inline-block; padding: 6px 14px; border-radius: 6px; background: #1553a5;
  color: #fff !important; text-decoration: none; margin-right: 10px; }
.list button { color: #1553a5; text-decoration: underline; background: none; border: 0; padding: 0;
  font: inherit; cursor: pointer; }
.bars { min-width: 12rem; }
.bars div { display: flex; height: 1rem; }
.history ins, .history del { padding: 0 1px; }
.history ins { background: #d8f3dc; color: #14532d; text-decoration: underline; }
.history del { background: #fde2e1; color: #7f1d1d; }
.history .change { white-space: pre-wrap; margin: 4px 0 8px; }
.flag, .findings .clash { color: #9b1c1c; font-weight: 600; }
.faq-state p, .findings { margin: 2px 0; }
"""


def note(sentence: str) -> str:
    """A sentence as an HTML paragraph."""
    return f"<p>{html.escape(sentence)}</p>"


def table(caption: str, headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Rows as an HTML table, every cell escaped; line breaks in a cell are kept."""
    head = "".join(f'<th scope="col">{html.escape(heading)}</th>' for heading in headings)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return (
        f'<table class="list"><caption>{html.escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def saved_by(saved: Saved) -> str:
    """Who saved a setting last and when, in brackets; empty for a default setting."""
    if saved.at is None:
        return ""
    return f"（{saved.who}，{saved.at.astimezone(CHINA_TIME):%Y-%m-%d %H:%M}）"


def entry_link(staff: Staff, entry_id: str) -> str:
    """The id of an FAQ entry as HTML; a link that opens it for staff who may edit it."""
    label = html.escape(entry_id)
    if not may(staff, Action.FAQ_EDIT):
        return label
    return f'<a href="?{ENTRY_PARAMETER}={quote(entry_id)}" target="_blank">{label}</a>'


def drafted_html(staff: Staff, entry_id: str) -> str:
    """The message that a draft was made, and who edits it next."""
    next_step = "点编号去修改、提交审核" if may(staff, Action.FAQ_EDIT) else "由编辑修改、提交审核"
    return f"<p>已存为问答草稿 {entry_link(staff, entry_id)}，{next_step}。</p>"


def warn(error: Exception) -> None:
    """Show the sentence of `error` as a notice."""
    import gradio as gr

    # Gradio shows it as HTML, and it may hold names and titles typed by people.
    gr.Warning(html.escape(sentence_for(error)), duration=_NOTICE_S)


def chosen_file(file: Path) -> tuple[str, bytes]:
    """Name and content of the uploaded list `file`.

    Raises:
        InputError: it is too large.
    """
    try:
        return file.name, read_file(file, MOST_BYTES)
    except DatasetError as error:
        raise InputError(f"{error}。") from error


def handler(work: Callable[..., object]) -> Callable[..., object]:
    """`work(staff, *inputs)` as the function of a Gradio event.

    `staff` comes from the session. An error is shown as a notice, an unexpected one with the number of its
    log line, and the page stays as it is: anybody signed in can send values that no field of the page has.
    An input that is an object, or holds one, is refused: what a function gives back of it Gradio might take
    for a file.
    """
    import gradio as gr

    def handle(request: gr.Request, *inputs: object) -> object:
        try:
            if any(map(_has_object, inputs)):
                raise InputError(_STRANGE)
            return work(staff_in_console(request), *inputs)
        except Exception as error:
            warn(error)
            return gr.skip()

    return handle


def slow_handler(work: Callable[..., object]) -> Callable[..., object]:
    """`work(staff, tell, *inputs)` as the function of an event; tell(done, total, what) moves the bar."""
    import gradio as gr

    bar = gr.Progress()

    def handle(request: gr.Request, progress: gr.Progress = bar, *inputs: object) -> object:
        def tell(done: int, total: int, what: str) -> None:
            progress((done, total), desc=what)

        return handler(lambda staff, *given: work(staff, tell, *given))(request, *inputs)

    return handle


def press_handler(work: Callable[..., object]) -> Callable[..., object]:
    """`work(staff, action, number, *inputs)` as the function of a click on a button within HTML.

    The page's script sends the button's action ("" when it has none) and its number.
    """
    import gradio as gr

    def handle(request: gr.Request, event: gr.EventData, *inputs: object) -> object:
        def pressed(staff: Staff, *given: object) -> object:
            try:
                action, number = getattr(event, "action", ""), event.number
            except (AttributeError, TypeError):  # TypeError: the event has no data at all
                action, number = "", None
            if not isinstance(action, str) or type(number) is not int:
                raise InputError(_STRANGE)
            return work(staff, action, number, *given)

        return handler(pressed)(request, *inputs)

    return handle


def numbered(items: Sequence[Item], number: int) -> Item:
    """The item that a button belongs to.

    Raises:
        InputError: there is none; the list has changed since the page was shown.
    """
    if not 0 <= number < len(items):
        raise InputError(_CHANGED)
    return items[number]


def when_linked(open_entry: Callable[[Staff, str], object], outputs: Sequence[object]) -> None:
    """Call `open_entry` when the page's address names an FAQ entry (see `entry_link`)."""
    import gradio as gr

    def opened(staff: Staff, entry_id: str | None) -> object:
        return open_entry(staff, entry_id) if entry_id else gr.skip()

    read_parameter = f"() => [new URLSearchParams(location.search).get({ENTRY_PARAMETER!r})]"
    entry_box = gr.Textbox(visible=False, label="编号")
    gr.on(None, handler(opened), [entry_box], outputs, js=read_parameter, api_visibility="private")


def _has_object(value: object) -> bool:
    """Whether a value that the browser sent is a JSON object or holds one."""
    return isinstance(value, dict) or (isinstance(value, list | tuple) and any(map(_has_object, value)))


def _cell(value: object) -> str:
    lines = html.escape("" if value is None else str(value)).split("\n")
    return f"<td>{'<br>'.join(lines)}</td>"
