"""转办、指派、退回、内部备注: the part of an open group that hands it on, and its steps."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kb.knowledge_base import KnowledgeBase
from kb.queue.handing import MAX_NOTE_CHARS
from kb.queue.notes import GroupNote, NoteKind
from kb.queue.templates import ReplyTemplate
from kb.staff.permissions import Staff
from web.console.parts import note
from web.console.queue.widgets import Given
from web.sessions import now_utc

if TYPE_CHECKING:
    from gradio.components import Component


def handing_part() -> "dict[str, Component]":
    """Build the part; its fields and buttons by their names in Widgets."""
    import gradio as gr

    with gr.Accordion("转办、指派", open=False, visible=False) as handing:
        with gr.Row():
            to_department = gr.Dropdown([], label="转给部门", min_width=160)
            to_colleague = gr.Dropdown([], label="指派给", info="可以是别的部门的同事", min_width=160)
        handing_note = gr.Textbox(
            label="转办说明", info="接手的同事看得到，群众看不到", max_lines=2, max_length=MAX_NOTE_CHARS
        )
        with gr.Row(elem_classes="acts-row"):
            hand_over = gr.Button("转办", min_width=80)
            assign = gr.Button("指派", min_width=80)
            send_back = gr.Button("退回", min_width=80, visible=False)
    with gr.Accordion("内部备注", open=False):
        written = gr.Textbox(
            label="写备注", info="同事看得到，群众看不到", max_lines=3, max_length=MAX_NOTE_CHARS
        )
        add_note = gr.Button("记下备注", min_width=80)
    return {
        "handing": handing,
        "to_department": to_department,
        "to_colleague": to_colleague,
        "handing_note": handing_note,
        "hand_over": hand_over,
        "assign": assign,
        "send_back": send_back,
        "note": written,
        "add_note": add_note,
    }


class HandingSteps:
    """What the part's buttons do with the open group."""

    def __init__(self, kb: KnowledgeBase) -> None:
        self._queue = kb.queue

    def hand_over(self, staff: Staff, given: Given) -> str:
        """Hand the group on to the chosen department."""
        group, to = given.group, given.to_department
        self._queue.handing.hand_over(staff, group.id, group.version, to, given.handing_note, now_utc())
        return note(f"已转给{to}。")

    def assign(self, staff: Staff, given: Given) -> str:
        """Give the group to the chosen colleague."""
        group = given.group
        given_to = self._queue.handing.assign(
            staff, group.id, group.version, given.to_colleague, given.handing_note, now_utc()
        )
        return note(f"已指派给{given_to.claimed_title}。")

    def send_back(self, staff: Staff, given: Given) -> str:
        """Give the group back to whom it came from."""
        group = given.group
        back = self._queue.handing.send_back(staff, group.id, group.version, given.handing_note, now_utc())
        return note(f"已退回{'、'.join(back.departments) or '未归口'}。")

    def add_note(self, staff: Staff, given: Given) -> str:
        """Write an internal note."""
        self._queue.handing.add_note(staff, given.group.id, given.note, now_utc())
        return note("已记下，只有同事看得到。")


def colleague_choices(colleagues: Sequence[Staff]) -> list[tuple[str, str]]:
    """The colleagues with their departments, to choose from."""
    return [
        (f"{one.title}（{'、'.join(one.departments) or one.role.label}）", one.name) for one in colleagues
    ]


def template_choices(templates: Sequence[ReplyTemplate]) -> list[tuple[str, str]]:
    """The templates to choose from."""
    return [(one.name, str(one.id)) for one in templates]


def was_handed(notes: Sequence[GroupNote]) -> bool:
    """Whether a group was handed on, and not sent back since."""
    moves = [one.kind for one in notes if one.kind in (NoteKind.HANDED, NoteKind.SENT_BACK)]
    return bool(moves) and moves[-1] is NoteKind.HANDED
