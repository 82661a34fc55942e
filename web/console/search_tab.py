"""检索: an answerer with a caller on the line finds the paragraph, or the approved answer.

It searches while one types. What was found is a list of cards, each with its own buttons; what they do in the
browser (copying, moving with the keys) is in `web/console/desk.js`, the rest comes back here as a click.
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from kb.clock import china_day, china_today
from kb.desk import Desk, Found, Kind
from kb.knowledge_base import KnowledgeBase
from kb.models import Filters, Status
from kb.staff import Staff
from web.console.found_html import found_html
from web.console.found_part import FoundPart
from web.console.parts import handler, note
from web.sessions import now_utc

if TYPE_CHECKING:
    pass

_ANY = "不限"
_HINT = "输入来电人问的事，边打字边出结果。"
_KEYS = (
    '<p class="keys">按键：<kbd>Enter</kbd> 立即检索　<kbd>↓</kbd> <kbd>↑</kbd> 在结果间移动　'
    "选中结果后 <kbd>C</kbd> 复制答案　<kbd>O</kbd> 打开原文　<kbd>Esc</kbd> 回到输入框</p>"
)
_SCRIPT = (Path(__file__).parent / "desk.js").read_text(encoding="utf-8")
_PAUSE = 200  # milliseconds without a key before a search
# Waits until typing pauses, then searches for what the box holds by then.
_WHEN_PAUSED = f"""async (query, ...rest) => {{
  await new Promise((done) => setTimeout(done, {_PAUSE}));
  const box = document.querySelector("#desk-query textarea, #desk-query input");
  return [box ? box.value : query, ...rest];
}}"""
_AT_ONCE = 4  # searches of all staff together


def tab(kb: KnowledgeBase) -> None:
    """The tab, inside the console's page."""
    import gradio as gr

    years = [_ANY, *(str(year) for year in range(china_today().year, 1999, -1))]
    with gr.Tab("检索"):
        with gr.Row():
            query = gr.Textbox(
                label="检索", placeholder=_HINT, autofocus=True, max_lines=1, scale=5, elem_id="desk-query"
            )
            kind = gr.Radio([_ANY, *Kind], value=_ANY, label="类别", scale=2, min_width=240)
            button = gr.Button("检索", variant="primary", scale=1, min_width=90)
        with gr.Row():
            department = gr.Textbox(label="单位", placeholder="牵头、责任或发文，例如 区司法局", max_lines=1)
            status = gr.Dropdown([_ANY, *Status], value=_ANY, label="时效性")
            year_from = gr.Dropdown(years, value=_ANY, label="年份从")
            year_to = gr.Dropdown(years, value=_ANY, label="到")
        gr.HTML(_KEYS, label="按键")
        part = FoundPart(kb)
        found = gr.State(())
        results = gr.HTML(note(_HINT), label="结果", js_on_load=_SCRIPT, elem_id="desk-results")
    inputs = [query, kind, department, status, year_from, year_to]
    common = {"concurrency_limit": _AT_ONCE, "concurrency_id": "search", "api_visibility": "private"}
    search = handler(_Desk(kb.desk).search)
    chosen = (kind.change, status.change, year_from.change, year_to.change)
    for trigger in (query.submit, department.submit, button.click, *chosen):
        trigger(search, inputs, [results, found], show_progress="hidden", **common)
    query.input(
        search,
        inputs,
        [results, found],
        js=_WHEN_PAUSED,
        trigger_mode="always_last",
        show_progress="hidden",
        **common,
    )

    def pressed(request: gr.Request, event: gr.EventData, query: str, found: Sequence[Found]) -> object:
        def opened(_staff: Staff) -> list[object]:
            return part.opened(event.action, query, found[event.number])

        return handler(opened)(request)

    results.click(pressed, [query, found], part.outputs, api_visibility="private")


class _Desk:
    """The search as the events of the page ask for it."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def search(
        self,
        staff: Staff,
        query: str,
        kind: str,
        department: str,
        status: str,
        year_from: str,
        year_to: str,
    ) -> tuple[str, tuple[Found, ...]]:
        """The cards of what was found, and what they show."""
        if not query.strip():
            return note(_HINT), ()
        filters = make_filters(department, status, year_from, year_to)
        kinds = list(Kind) if kind == _ANY else [Kind(kind)]
        found = self._desk.search(staff, query, filters, kinds, china_day(now_utc()))
        return found_html(query, found), found


def make_filters(department: str, status: str, year_from: str, year_to: str) -> Filters:
    """Filters from what the form holds."""
    return Filters(
        department=department.strip() or None,
        status=None if status == _ANY else Status(status),
        date_from=None if year_from == _ANY else date(int(year_from), 1, 1),
        date_to=None if year_to == _ANY else date(int(year_to), 12, 31),
    )
