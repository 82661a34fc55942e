"""统计: the questions of a period and their outcomes, which entry to write next, and the ledger to export."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from kb.clock import china_day
from kb.desk.faq_drafts import draft_from_group
from kb.errors import InputError
from kb.knowledge_base import KnowledgeBase
from kb.queue.items import QueueState
from kb.reports.figures import WriteNext
from kb.staff.permissions import Action, Staff, may
from web.console.figures import view
from web.console.filling import filled_when_opened
from web.console.parts import handler, note, numbered, press_handler
from web.sessions import now_utc

if TYPE_CHECKING:
    from gradio.components import Component

_PERIODS = {"近7天": 7, "近30天": 30, "近90天": 90, "近一年": 365}
_FIRST = "近30天"
_ANY = "全部"
_DAYS = "%m-%d"
_DRAFTED = "已存为草稿（编号 {entry_id}），可在“常见问答”里修改、提交审核。"
_CLICKS = """element.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-number]");
  if (button) trigger("click", { number: Number(button.dataset.number) });
});"""


def tab(kb: KnowledgeBase) -> None:
    """Build the tab inside the console's page."""
    import gradio as gr

    with gr.Tab("统计", elem_id="tab-figures") as page:
        with gr.Row():
            period = gr.Radio(
                list(_PERIODS), value=_FIRST, label="时段", scale=4, min_width=300, elem_classes="segments"
            )
            since = gr.Textbox(label="开始日期", max_lines=1, scale=1, min_width=150, elem_classes="date")
            until = gr.Textbox(label="结束日期", max_lines=1, scale=1, min_width=150, elem_classes="date")
            department = gr.Dropdown([_ANY], value=_ANY, label="部门", scale=2, min_width=160)
            look = gr.Button("查看", variant="primary", scale=0, min_width=80)
        totals = gr.HTML(label="合计")
        ledger = gr.HTML(label="台账", visible=False)
        with gr.Row():
            plots = [*_day_plots()]
        with gr.Row():
            plots += [*_more_plots()]
        departments = gr.HTML(label="各部门")
        with gr.Row():
            most, growing = gr.HTML(label="问得最多"), gr.HTML(label="升温话题")
        gr.Markdown("## 建议优先编写")
        draft = _DraftPart(kb)
        waiting = gr.HTML(label="等着写的问答", js_on_load=_CLICKS)
    figures = _FiguresPage(kb)
    outputs = [totals, ledger, *plots, departments, most, growing, waiting, draft.groups]
    inputs = [since, until, department]
    filled_when_opened(page, [(handler(figures.begin), [period, *inputs], [*inputs, *outputs])])
    period.input(
        handler(figures.by_period), [period, department], [since, until, *outputs], api_visibility="private"
    )
    for trigger in (look.click, since.submit, until.submit, department.input):
        trigger(handler(figures.show), inputs, outputs, api_visibility="private")

    def pressed(staff: Staff, _action: str, number: int, groups: Sequence[WriteNext]) -> object:
        return draft.pressed(staff, numbered(groups, number))

    waiting.click(press_handler(pressed), [draft.groups], draft.outputs, api_visibility="private")
    draft.save.click(
        handler(draft.saved), [draft.group_id, draft.answer], draft.outputs, api_visibility="private"
    ).success(handler(figures.show), inputs, outputs, api_visibility="private")


def _day_plots() -> "Sequence[Component]":
    """Plots of questions per day by outcome, and of answer times."""
    import gradio as gr

    common = {
        "x_axis_format": _DAYS,
        "y_lim": [0, None],
        "x": view.DAY,
        "x_title": view.DAY,
    }
    return [
        gr.LinePlot(
            y=view.TIMES,
            color=view.OUTCOME,
            color_map=view.COLORS,
            color_title="",
            y_title="提问（次）",
            label="每天的提问",
            show_label=True,
            **common,
        ),
        gr.LinePlot(
            y=view.SECONDS,
            color=view.MEASURE,
            color_map=view.SPEED_COLORS,
            color_title="",
            y_title=view.SECONDS,
            label="答复用时",
            show_label=True,
            **common,
        ),
    ]


def _more_plots() -> "Sequence[Component]":
    """Plots of the helpful share per day, and of questions by department."""
    import gradio as gr

    return [
        gr.LinePlot(
            x=view.DAY,
            y=view.PERCENT,
            x_title=view.DAY,
            y_title=view.PERCENT,
            x_axis_format=_DAYS,
            y_lim=[0, 100],
            label="每天的有用率",
            show_label=True,
        ),
        gr.BarPlot(
            x=view.DEPARTMENT,
            y=view.TIMES,
            color=view.OUTCOME,
            color_map=view.COLORS,
            color_title="",
            x_title=view.DEPARTMENT,
            y_title="提问（次）",
            sort="-y",
            label="各部门的提问",
            show_label=True,
        ),
    ]


class _FiguresPage:
    """The handlers of the tab's events: they return the values of all parts shown."""

    def __init__(self, kb: KnowledgeBase) -> None:
        self._kb = kb

    def begin(self, staff: Staff, period: str, since: str, until: str, department: str) -> list[object]:
        """The choices and the figures, when the tab opens."""
        import gradio as gr

        first, last = (since, until) if since and until else _days(period)
        choices = [_ANY, *self._departments(staff)]
        return [
            first,
            last,
            gr.Dropdown(choices, value=department if department in choices else _ANY),
            *self.show(staff, first, last, department),
        ]

    def by_period(self, staff: Staff, period: str, department: str) -> list[object]:
        """The dates of the chosen period, and its figures."""
        first, last = _days(period)
        return [first, last, *self.show(staff, first, last, department)]

    def show(self, staff: Staff, since: str, until: str, department: str) -> list[object]:
        """The figures of the period and department."""
        import gradio as gr

        only_department = None if department == _ANY else department
        first, last = _date("开始日期", since), _date("结束日期", until)
        figures = self._kb.reports.figures.figures(staff, first, last, now_utc(), only_department)
        may_take = may(staff, Action.LEDGER)
        return [
            view.totals_html(figures),
            gr.HTML(view.ledger_html(figures, only_department) if may_take else "", visible=may_take),
            view.days_frame(figures.days),
            view.latency_frame(figures.days),
            view.helpful_frame(figures.days),
            view.departments_frame(figures),
            view.departments_html(figures),
            view.most_asked_html(figures.most_asked),
            view.growing_html(figures.growing),
            view.write_next_html(figures.write_next),
            figures.write_next,
        ]

    def _departments(self, staff: Staff) -> Sequence[str]:
        kb = self._kb
        return staff.bound_to or sorted({*kb.faq.life.records.departments(), *kb.storage.documents.units()})


class _DraftPart:
    """The form that makes an FAQ entry from a group, added to the tab that is being built."""

    def __init__(self, kb: KnowledgeBase) -> None:
        import gradio as gr

        self._kb = kb
        self.groups, self.group_id = gr.State(()), gr.State(None)
        with gr.Group(visible=False) as self._form:
            self._question = gr.HTML(label="问题", padding=True)
            self.answer = gr.Textbox(label="答案", lines=3, max_lines=8)
            with gr.Row(elem_classes="acts-row"):
                self.save = gr.Button("存为问答草稿", variant="primary")
        self._told = gr.HTML(label="结果", elem_classes="outcome")
        self.outputs: list[Component] = [self._form, self.group_id, self._question, self.answer, self._told]

    def pressed(self, staff: Staff, group: WriteNext) -> list[object]:
        """Make a draft from the reply that citizens got; without a reply, open the form."""
        import gradio as gr

        if group.state is QueueState.ANSWERED:
            return self.saved(staff, group.group_id, "")
        question = note(f"问题：{group.text}（{group.asked} 人问）")
        return [gr.Group(visible=True), group.group_id, question, "", ""]

    def saved(self, staff: Staff, group_id: int | None, answer: str) -> list[object]:
        """Make the draft, close the form and say where the draft is."""
        import gradio as gr

        if group_id is None:
            raise InputError("请先在下面的清单里选一条。")
        kb = self._kb
        record = draft_from_group(kb.queue, kb.faq.life, staff, group_id, answer, now_utc())
        message = note(_DRAFTED.format(entry_id=record.entry.id))
        return [gr.Group(visible=False), None, "", "", message]


def _days(period: str) -> tuple[str, str]:
    """The first and last day of a period that ends today, as ISO dates."""
    today = china_day(now_utc())
    return str(today - timedelta(days=_PERIODS[period] - 1)), str(today)


def _date(name: str, text: str) -> date:
    """The date typed in the field `name`.

    Raises:
        InputError: `text` is not an ISO date.
    """
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise InputError(f"{name}应为日期，如 2024-05-01。") from error
