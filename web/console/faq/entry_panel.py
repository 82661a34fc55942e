"""The panel with one FAQ entry: its state, its fields, and the buttons that its state and the role allow."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from kb.clock import china_today
from kb.faq.models import FaqRecord, FaqState
from kb.knowledge_base import KnowledgeBase
from kb.models import PolicyDocument
from kb.staff.permissions import Action, Staff, may
from web.console.assist_part import faq_assist
from web.console.faq import steps
from web.console.faq.form import LABELS, fields, state_html
from web.console.faq.shown import shown_part
from web.console.panels import panel, shown

if TYPE_CHECKING:
    from gradio.components import Component

SHOWN = 8 + len(LABELS) + 4  # values: those before the fields (`open_entry`), the fields, those after them


class EntryPanel:
    """The panel, added to the page that is being built.

    `shown`: what an open entry sets; `inputs`: what a button reads; `choices`: the fields for department and
    document; `buttons`: each with its step.
    """

    def __init__(self, kb: KnowledgeBase) -> None:
        import gradio as gr

        entry_id, version = gr.State(""), gr.State(0)
        with panel("faq", "问答") as column:
            status = gr.HTML(state_html(None, None), label="状态")
            form = fields()
            faq_assist(kb, form)
            shown_part(kb, form[2])
            with gr.Group(visible=False) as review:
                checked = gr.Checkbox(label="已做保密审查", info="通过前必须审查并勾选")
                reason = gr.Textbox(label="退回意见", info="退回时必填，编辑看得到", max_lines=2)
            outcome = gr.HTML(label="结果", elem_classes="outcome")
            history = gr.HTML(label="历史")
            with gr.Row(elem_classes="acts-row"):
                withdraw = gr.Button("撤下", variant="stop", visible=False, elem_classes="confirm")
                reject = gr.Button("退回", visible=False)
                save, submit = gr.Button("保存草稿"), gr.Button("提交审核", variant="primary")
                approve = gr.Button("通过", variant="primary", visible=False)
        frame = [column, entry_id, version, review, approve, reject, withdraw, status]
        self.shown: list[Component] = [*frame, *form, checked, reason, outcome, history]
        self.inputs: Sequence[Component] = [entry_id, version, checked, reason, *form]
        self.choices: Sequence[Component] = [form[3], form[4]]
        self.buttons: Sequence[tuple[gr.Button, Callable[..., tuple[FaqRecord, str]]]] = (
            (save, steps.save),
            (submit, steps.submit),
            (approve, steps.approve),
            (reject, steps.reject),
            (withdraw, steps.withdraw),
        )


def open_entry(staff: Staff, record: FaqRecord, document: PolicyDocument | None) -> list[object]:
    """The values of the panel before the fields, for an entry."""
    import gradio as gr

    may_review = record.awaits_review and may(staff, Action.FAQ_APPROVE)
    is_live = record.state(china_today()) in (FaqState.APPROVED, FaqState.EXPIRED)
    return [
        shown(),
        record.entry.id,
        record.version,
        gr.Group(visible=may_review),
        gr.Button(visible=may_review),
        gr.Button(visible=may_review),
        gr.Button(visible=is_live and may(staff, Action.FAQ_APPROVE)),
        state_html(record, document),
    ]


def new_entry() -> list[object]:
    """The values of the panel before the fields, for an entry that is not saved yet."""
    import gradio as gr

    hidden = [gr.Button(visible=False) for _ in range(3)]
    return [shown(), "", 0, gr.Group(visible=False), *hidden, state_html(None, None)]
