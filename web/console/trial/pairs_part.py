"""评测题: the pairs of the district, listed and deleted, and evaluations over them with their report."""

import html
from collections.abc import Sequence
from typing import TYPE_CHECKING

from kb.clock import CHINA_TIME
from kb.errors import InputError
from kb.knowledge_base import KnowledgeBase
from kb.staff.permissions import Action, Staff, may, require
from kb.trials.judging import FAULT_WORDS, Outcome, Report, Share
from kb.trials.pairs import Pair
from web.console.panels import panel, shown
from web.console.parts import handler, note, numbered, press_handler
from web.console.tables import ROWS_SCRIPT, Tone, badge, table
from web.console.trial.why_html import passage_html
from web.sessions import now_utc

if TYPE_CHECKING:
    from gradio.components import Component

PAIRS_FILE = "/api/staff/pairs.jsonl"
_WHAT = (
    "这里的题来自“问一问”里的“这样回答才对”。改了文件、问答、用语或门槛以后评测一次，看有没有题由对变错。"
    "评测不用语言模型，不算群众提问。"
)
_NO_PAIRS = "还没有评测题。"
_NO_RUN = "还没有评测过。"
_TIME = "%Y-%m-%d %H:%M"
# Asks again while an evaluation is under way.
_AGAIN = """setInterval(() => {
  const isRunning = element.querySelector("[data-running]");
  if (isRunning && !document.hidden) trigger("click", { action: "again", number: 0 });
}, 1500);"""


class PairsPart:
    """The part, built inside a tab; `show` fills `outputs`."""

    def __init__(self, kb: KnowledgeBase) -> None:
        import gradio as gr

        self._pairs, self._running = kb.trials.pairs, kb.trials.running
        gr.HTML(f'<p class="hint-line">{_WHAT}</p>', label="说明")
        with gr.Row(elem_classes="acts-row"):
            self._export = gr.HTML(label="导出", elem_classes="aside")
            self._start = gr.Button("开始评测", variant="primary", visible=False)
        self._report = gr.HTML(label="评测结果", js_on_load=_AGAIN, elem_id="trial-report")
        self._told = gr.HTML(label="评测题的结果", elem_classes="outcome")
        self._listing = gr.HTML(label="评测题清单", js_on_load=ROWS_SCRIPT)
        self._ids, self._chosen = gr.State(()), gr.State("")
        with panel("one-pair", "评测题", narrow=True) as self._panel:
            self._one = gr.HTML(label="这道题")
            with gr.Row(elem_classes="acts-row"):
                self._remove = gr.Button("删除这道题", variant="stop", elem_classes="confirm")
        self.listed: list[Component] = [self._export, self._start, self._listing, self._ids]
        self.outputs: list[Component] = [*self.listed, self._report]
        self._connect()

    def _connect(self) -> None:
        private = {"api_visibility": "private"}
        self._listing.click(
            press_handler(self.pressed), [self._ids], [self._panel, self._chosen, self._one], **private
        )
        self._remove.click(
            handler(self.remove), [self._chosen], [self._panel, self._told, *self.listed], **private
        )
        self._start.click(handler(self.start), None, [self._report], **private)
        self._report.click(press_handler(self.again), None, [self._report], show_progress="hidden", **private)

    def show(self, staff: Staff) -> list[object]:
        """The pairs and the last report."""
        return [*self.listing(staff), self._report_html(staff)]

    def listing(self, staff: Staff) -> list[object]:
        """The pairs, with what the role may do with them."""
        import gradio as gr

        pairs = self._pairs.all(staff)
        may_keep = may(staff, Action.PAIRS)
        link = f'<a href="{PAIRS_FILE}" download>导出（JSONL，供 python -m eval run）</a>'
        return [
            f'<p class="acts">{link}</p>' if may_keep and pairs else "",
            gr.Button(visible=may_keep and bool(pairs)),
            _pairs_html(pairs),
            tuple(str(pair.id) for pair in pairs),
        ]

    def pressed(self, staff: Staff, _action: str, number: int, ids: Sequence[str]) -> list[object]:
        """The panel with the pair in row `number`."""
        require(staff, Action.TRY)
        chosen = numbered(ids, number)
        pair = next((pair for pair in self._pairs.all(staff) if str(pair.id) == chosen), None)
        if pair is None:
            raise InputError("这道题已经不在了，请刷新。")
        return [shown(), chosen, _pair_html(pair)]

    def remove(self, staff: Staff, chosen: str) -> list[object]:
        """Delete the pair that is open."""
        require(staff, Action.PAIRS)
        if not chosen.isdecimal():
            raise InputError("请先在清单里选一道题。")
        self._pairs.remove(staff, int(chosen), now_utc())
        return [shown(False), note("这道题已删除。"), *self.listing(staff)]

    def start(self, staff: Staff) -> str:
        """Begin an evaluation."""
        self._running.start(staff, now_utc())
        return self._report_html(staff)

    def again(self, staff: Staff, _action: str, _number: int) -> str:
        """How far it is, or its report."""
        return self._report_html(staff)

    def _report_html(self, staff: Staff) -> str:
        report = self._running.report(staff)
        progress = self._running.progress
        last = report_html(report) if report else note(_NO_RUN)
        if progress is not None:
            share = progress.done / progress.total
            return (
                f'<p data-running role="status">正在评测：{progress.done} / {progress.total} 题'
                f'<meter min="0" max="1" value="{share:.3f}" aria-label="评测进度"></meter></p>{last}'
            )
        failure = self._running.failure
        return f'<p class="flag">评测没有做完：{html.escape(failure)}</p>{last}' if failure else last


def report_html(report: Report) -> str:
    """What was measured beside the evaluation before, and the questions that failed or changed."""
    run, before = report.run, report.before
    was = f"，上一次 {before.began_at.astimezone(CHINA_TIME):{_TIME}}" if before else ""
    told = f"{run.began_at.astimezone(CHINA_TIME):{_TIME}} {run.begun_title} 评测 {len(run.outcomes)} 题{was}"
    rows = [
        (one.label, str(one.now), str(one.before) if one.before else "—", _change(one.now, one.before))
        for one in report.measures
    ]
    return (
        table(told, ("指标", "这次", "上次", "变化"), rows)
        + _outcomes_html("由对变错", report.turned_wrong)
        + _outcomes_html("由错变对", report.turned_right)
        + _outcomes_html("没有答对的题", run.failed)
    )


def _change(now: Share, before: Share | None) -> object:
    """Whether a measure got better."""
    if before is None or not before.of or not now.of:
        return "—"
    gain = now.count / now.of - before.count / before.of
    if not gain:
        return "不变"
    label = f"{'升' if gain > 0 else '降'} {abs(gain) * 100:.0f} 个百分点"
    return badge(label, Tone.GOOD if gain > 0 else Tone.BAD)


def _outcomes_html(title: str, outcomes: Sequence[Outcome]) -> str:
    """Questions with what is right and what went wrong; nothing for none."""
    if not outcomes:
        return ""
    rows = [(one.question, one.expected, _fault_cell(one), _rank(one)) for one in outcomes]
    return table(f"{title}（{len(rows)}）", ("问题", "对的答案", "结果", "文件排第"), rows)


def _fault_cell(outcome: Outcome) -> object:
    if outcome.fault is None:
        return badge("对", Tone.GOOD)
    return f"{outcome.fault}：{FAULT_WORDS[outcome.fault]}"


def _rank(outcome: Outcome) -> str:
    if not outcome.answerable:
        return "—"
    return str(outcome.rank) if outcome.rank else "没有查到"


def _pairs_html(pairs: Sequence[Pair]) -> str:
    if not pairs:
        return note(_NO_PAIRS)
    rows = [(_asked(pair), pair.expected, pair.made_title, _when(pair)) for pair in pairs]
    return table(f"评测题 {len(rows)} 道", ("问题", "对的答案", "存的人", "时间"), rows, opens=True)


def _pair_html(pair: Pair) -> str:
    passage = passage_html(pair.passage) if pair.passage else ""
    return (
        f"<h3>{html.escape(pair.question)}</h3>"
        f"{''.join(note(f'上一问：{turn}') for turn in pair.history)}"
        f"{note(f'对的答案：{pair.expected}')}{passage}{note(f'{pair.made_title}，{_when(pair)}')}"
    )


def _asked(pair: Pair) -> str:
    return "\n".join((pair.question, *(f"（上一问：{turn}）" for turn in pair.history)))


def _when(pair: Pair) -> str:
    return f"{pair.made_at.astimezone(CHINA_TIME):{_TIME}}"
