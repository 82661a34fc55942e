"""Shared parts of the console's tabs: sentences as HTML, errors as notices."""

import html
from collections.abc import Callable, Sequence
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
_NOTICE_S = 12  # seconds; the next button pressed takes it away sooner (shell.js)
_STRANGE = "请求里有不该有的内容，没有执行；请刷新页面再试。"
_CHANGED = "清单刚有变动，请再选一次。"


def note(sentence: str) -> str:
    """A sentence as an HTML paragraph."""
    return f"<p>{html.escape(sentence)}</p>"


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
