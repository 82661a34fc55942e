"""检索: an answerer on the phone finds the paragraph or the approved answer.

The search runs while typing. Results are cards with their own buttons: `web/console/cards.js` copies and
moves with the keys in the browser, other buttons send a click event to this page.
"""

from datetime import date

from kb.clock import china_day
from kb.desk.search import Desk, Found, ResultKind, Searched
from kb.knowledge_base import KnowledgeBase
from kb.models import MAX_QUESTION_CHARS, Filters, Status
from kb.staff.permissions import Staff
from web.console.cards import Act, cards_script, found_html
from web.console.parts import ANY, handler, note, numbered, press_handler
from web.console.search.found import FoundPart
from web.sessions import now_utc

_HINT = "输入来电人问的事，边打字边出结果；日常说法、错别字和全拼（dibao）也认得。"
_KEYS = (
    '<p class="keys">按键：<kbd>↓</kbd> <kbd>↑</kbd> 在结果间移动　'
    "选中结果后 <kbd>C</kbd> 复制答案和出处　<kbd>O</kbd> 打开原文　<kbd>N</kbd> 写成问答　"
    "<kbd>W</kbd> 答案有误　<kbd>Esc</kbd> 回到输入框</p>"
)
_DRAFT, _REPORT = (
    Act(action="draft", label="写成问答", key="n"),
    Act(action="report", label="答案有误", key="w"),
)
_PAUSE = 150  # milliseconds without typing before a search
# Waits until typing pauses, then searches for the text the box holds by then.
_WHEN_PAUSED = f"""async (query, ...rest) => {{
  await new Promise((done) => setTimeout(done, {_PAUSE}));
  const box = document.querySelector("#desk-query textarea, #desk-query input");
  return [box ? box.value : query, ...rest];
}}"""
_AT_ONCE = 4  # concurrent searches of all staff together
_FIRST_YEAR = 2000


def tab(kb: KnowledgeBase) -> None:
    """Build the tab inside the console's page."""
    import gradio as gr

    with gr.Tab("检索", elem_id="tab-search") as page:
        with gr.Row():
            query = gr.Textbox(
                label="检索",
                placeholder=_HINT,
                autofocus=True,
                max_lines=1,
                max_length=MAX_QUESTION_CHARS,
                scale=6,
                elem_id="desk-query",
            )
            kind = gr.Radio([ANY, *ResultKind], value=ANY, label="类别", scale=2, min_width=230)
        with gr.Row():
            department = gr.Dropdown([ANY], value=ANY, label="单位（牵头、责任或发文）", scale=2)
            status = gr.Dropdown([ANY, *Status], value=ANY, label="时效性")
            year_from = gr.Dropdown([ANY], value=ANY, label="年份从")
            year_to = gr.Dropdown([ANY], value=ANY, label="年份到")
        gr.HTML(_KEYS, label="按键")
        part = FoundPart(kb)
        found = gr.State(())
        results = gr.HTML(
            note(_HINT), label="结果", js_on_load=cards_script("#desk-query"), elem_id="desk-results"
        )
    desk = _Desk(kb)
    choices = {"outputs": [department, year_from, year_to], "api_visibility": "private"}
    gr.on(None, handler(desk.choices), **choices)  # when the page is opened
    page.select(handler(desk.choices), **choices)
    inputs = [query, kind, department, status, year_from, year_to]
    common = {"concurrency_limit": _AT_ONCE, "concurrency_id": "search", "api_visibility": "private"}
    # Gradio's "input" event comes with key presses only, not from an input method or pasting. All triggers
    # are one event, so that the results of the last request are shown.
    filter_events = [kind.change, department.input, status.input, year_from.input, year_to.input]
    gr.on(
        [query.change, query.submit, *filter_events],
        handler(desk.search),
        inputs,
        [results, found],
        js=_WHEN_PAUSED,
        trigger_mode="always_last",
        show_progress="hidden",
        **common,
    )

    def opened(staff: Staff, action: str, number: int, query: str, found: tuple[Found, ...]) -> list[object]:
        return part.opened(staff, action, query, numbered(found, number))

    results.click(press_handler(opened), [query, found], part.outputs, api_visibility="private").then(
        None, None, None, js=part.FOCUS, api_visibility="private"
    )


class _Desk:
    """The handlers of the page's search events."""

    def __init__(self, kb: KnowledgeBase) -> None:
        self._kb = kb
        self._desk: Desk = kb.desk

    def choices(self, _staff: Staff) -> list[object]:
        """The units and years to choose from; the current choice stays."""
        import gradio as gr

        units = sorted({*self._kb.storage.documents.units(), *self._kb.faq.life.records.departments()})
        years = [str(year) for year in range(china_day(now_utc()).year, _FIRST_YEAR - 1, -1)]
        return [gr.Dropdown([ANY, *units]), *(gr.Dropdown([ANY, *years]) for _ in range(2))]

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
        """The results as cards, and as `Found` records."""
        if not query.strip():
            return note(_HINT), ()
        filters = make_filters(department, status, year_from, year_to)
        kinds = list(ResultKind) if kind == ANY else [ResultKind(kind)]
        searched: Searched = self._desk.search(staff, query, filters, kinds, china_day(now_utc()))
        return found_html(query, searched, _acts), searched.found


def make_filters(department: str, status: str, year_from: str, year_to: str) -> Filters:
    """The search filters from the values of the form."""
    return Filters(
        department=None if department == ANY else department,
        status=None if status == ANY else Status(status),
        date_from=None if year_from == ANY else date(int(year_from), 1, 1),
        date_to=None if year_to == ANY else date(int(year_to), 12, 31),
    )


def _acts(found: Found) -> tuple[Act, ...]:
    """The buttons of a result; an approved entry needs no button for a draft."""
    return (_REPORT,) if found.entry_id else (_DRAFT, _REPORT)
