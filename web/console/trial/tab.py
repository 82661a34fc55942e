"""试问: staff ask a question as a citizen would, see the answer and why it is so. Nothing counts."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kb.clock import china_day
from kb.errors import InputError
from kb.knowledge_base import KnowledgeBase
from kb.models import MAX_QUESTION_CHARS, Question, Status
from kb.staff.permissions import Action, Staff, may, require
from kb.trials.explanation import Explanation
from web.console.cards import cards_script
from web.console.filling import filled_when_opened
from web.console.parts import ANY, handler, numbered, press_handler
from web.console.search.tab import make_filters
from web.console.trial.answer_html import answer_html
from web.console.trial.pair_panel import NO_ANSWER, PICK, PairPanel
from web.console.trial.pairs_part import PairsPart
from web.console.trial.why_html import candidates_html, why_html
from web.sessions import now_utc

if TYPE_CHECKING:
    from gradio.components import Component

_WHAT = "按群众的问法问一句，左边是群众看到的答复，右边写明为什么。不算群众提问：不进统计，不进“群众提问”。"
_RIGHT = "答得不对？选出对的那一段存为评测题，以后每次评测都问它。"
_FIRST_YEAR = 2000
_AT_ONCE = 2  # concurrent trials of all staff together


def tab(kb: KnowledgeBase) -> None:
    """Build the tab inside the console's page."""
    import gradio as gr

    with gr.Tab("试问", elem_id="tab-trial") as page, gr.Tabs(overflow_behavior="wrap"):
        with gr.Tab("问一问"):
            choices, panel = _asking_part(kb)
        with gr.Tab("评测题"):
            pairs = PairsPart(kb)
    trying = _Trying(kb, panel)
    filled_when_opened(
        page, [(handler(trying.choices), (), choices), (handler(pairs.show), (), pairs.outputs)]
    )
    panel.when_saved(handler(pairs.listing), pairs.listed)


def _asking_part(kb: KnowledgeBase) -> "tuple[list[Component], PairPanel]":
    """Build the part in which a question is asked; the fields whose choices are filled, and the panel."""
    import gradio as gr

    gr.HTML(f'<p class="hint-line">{_WHAT}</p>', label="说明")
    with gr.Row(elem_classes="toolbar"):
        question = gr.Textbox(
            label="问题", max_lines=1, max_length=MAX_QUESTION_CHARS, scale=6, elem_id="trial-question"
        )
        ask = gr.Button("问一问", variant="primary", min_width=90)
    with gr.Accordion("上一问和筛选", open=False):
        before = gr.Textbox(
            label="上一问",
            info="要试追问时填，如上一问“低保怎么申请”，问题“要什么材料”",
            max_lines=1,
            max_length=MAX_QUESTION_CHARS,
        )
        with gr.Row():
            department = gr.Dropdown([ANY], value=ANY, label="单位（牵头、责任或发文）", scale=2)
            status = gr.Dropdown([ANY, *Status], value=ANY, label="时效性")
            year_from = gr.Dropdown([ANY], value=ANY, label="年份从")
            year_to = gr.Dropdown([ANY], value=ANY, label="年份到")
    with gr.Row(elem_classes="trial-row"):
        answer = gr.HTML(label="群众看到的答复", elem_id="trial-answer")
        why = gr.HTML(label="为什么这样答", elem_id="trial-why")
    with gr.Row(visible=False, elem_classes="acts-row") as acts:
        gr.HTML(f'<p class="hint-line">{_RIGHT}</p>', label="这样回答才对", elem_classes="aside")
        none = gr.Button("文件里没有答案", min_width=120)
        other = gr.Button("另找一段", min_width=90)
    passages = gr.HTML(
        label="查到的段落", js_on_load=cards_script("#trial-question"), elem_id="trial-passages"
    )
    ids = gr.State(())
    panel = PairPanel(kb)
    trying = _Trying(kb, panel)
    private = {"api_visibility": "private"}
    gr.on(
        [ask.click, question.submit, before.submit],
        handler(trying.ask),
        [question, before, department, status, year_from, year_to],
        [answer, why, passages, ids, acts],
        concurrency_limit=_AT_ONCE,
        concurrency_id="trial",
        **private,
    )
    asked = [question, before]
    passages.click(press_handler(trying.picked), [ids, *asked], panel.outputs, **private)
    none.click(handler(trying.none_answers), asked, panel.outputs, **private)
    other.click(handler(trying.another), asked, panel.outputs, **private)
    return [department, year_from, year_to], panel


class _Trying:
    """The handlers of the part's events."""

    def __init__(self, kb: KnowledgeBase, panel: PairPanel) -> None:
        self._kb = kb
        self._panel = panel

    def choices(self, staff: Staff) -> list[object]:
        """The units and years to choose from; the current choice stays."""
        import gradio as gr

        require(staff, Action.TRY)
        years = [str(year) for year in range(china_day(now_utc()).year, _FIRST_YEAR - 1, -1)]
        units = self._kb.storage.documents.units()
        return [gr.Dropdown([ANY, *units]), *(gr.Dropdown([ANY, *years]) for _ in range(2))]

    def ask(
        self,
        staff: Staff,
        question: str,
        before: str | None,
        department: str,
        status: str,
        year_from: str,
        year_to: str,
    ) -> list[object]:
        """The answer, why it is so, and the passages."""
        if not question.strip():
            raise InputError("请先写下要试的问题。")
        earlier = (before or "").strip()
        history = (earlier,) if earlier else ()
        filters = make_filters(department, status, year_from, year_to)
        asked = Question(text=question, history=history, filters=filters)
        return self._shown(staff, self._kb.trials.explaining.explain(staff, asked))

    def picked(
        self, staff: Staff, _action: str, number: int, ids: Sequence[str], question: str, before: str | None
    ) -> list[object]:
        """The panel for the passage of a card."""
        return self._panel.opened(staff, question, before, numbered(ids, number))

    def none_answers(self, staff: Staff, question: str, before: str | None) -> list[object]:
        """The panel for a question that no document answers."""
        return self._panel.opened(staff, question, before, NO_ANSWER)

    def another(self, staff: Staff, question: str, before: str | None) -> list[object]:
        """The panel in which a passage is yet to be found."""
        return self._panel.opened(staff, question, before, "")

    def _shown(self, staff: Staff, explanation: Explanation) -> list[object]:
        import gradio as gr

        may_pick = may(staff, Action.PAIRS)
        suggestions = self._kb.citizens.suggestions.after(explanation.answer)
        answer = explanation.answer.model_copy(update={"suggestions": suggestions})
        return [
            f"<h2>群众看到的答复</h2>{answer_html(answer, self._kb.settings.hotline)}",
            f"<h2>为什么这样答</h2>{why_html(explanation)}",
            candidates_html(explanation.candidates, PICK if may_pick else None),
            tuple(one.hit.chunk.id_ for one in explanation.candidates),
            gr.Row(visible=may_pick),
        ]
