"""答复模板: reviewers keep the templates of their departments."""

from typing import TYPE_CHECKING

from kb.knowledge_base import KnowledgeBase
from kb.queue.templates import Templates
from kb.staff.permissions import Action, Staff, may
from web.console.filling import filled_when
from web.console.parts import handler, note
from web.console.queue.handing import template_choices
from web.sessions import now_utc

if TYPE_CHECKING:
    from gradio.components import Component

_NEW = "新模板"
_NONE = 0  # the number of no template


class TemplatesPart:
    """The part in the tab that is being built; its functions give the values of `outputs`."""

    def __init__(self, kb: KnowledgeBase) -> None:
        import gradio as gr

        self._templates: Templates = kb.queue.templates
        with gr.Accordion("维护答复模板", open=False, visible=False) as self._part:
            with gr.Row():
                self._chosen = gr.Dropdown([(_NEW, "")], value="", label="要改的模板")
                self._name = gr.Textbox(label="模板名称", max_lines=1)
                self._department = gr.Textbox(
                    label="模板所属部门", info="管理员不填为各部门通用", max_lines=1
                )
            self._text = gr.Textbox(label="模板内容", lines=3, max_lines=8)
            with gr.Row(elem_classes="acts-row"):
                remove = gr.Button("删除模板", variant="stop", min_width=100, elem_classes="confirm")
                save = gr.Button("保存模板", variant="primary", min_width=100)
            self._told = gr.HTML(label="模板的结果", elem_classes="outcome")
        fields = [self._name, self._text, self._department]
        self.outputs: list[Component] = [self._part, self._chosen, *fields, self._told]
        filled_when(self._chosen.input, handler(self.choose), [self._chosen], fields)
        saved = [self._chosen, *fields]
        save.click(handler(self.save), saved, self.outputs, api_visibility="private")
        remove.click(handler(self.remove), [self._chosen], self.outputs, api_visibility="private")

    def show(self, staff: Staff) -> list[object]:
        """The part for those who may change templates, with an empty form."""
        return self._all(staff, "")

    def choose(self, staff: Staff, chosen: str | None) -> list[object]:
        """The form of the chosen template."""
        template = next((one for one in self._templates.all(staff) if str(one.id) == chosen), None)
        if template is None:
            return ["", "", self._own(staff)]
        return [template.name, template.text, template.department or ""]

    def save(self, staff: Staff, chosen: str | None, name: str, text: str, department: str) -> list[object]:
        """Save the chosen template, or a new one."""
        number = int(chosen) if chosen else None
        saved = self._templates.save(staff, number, name, text, department, now_utc())
        return self._all(staff, f"模板“{saved.name}”已保存。")

    def remove(self, staff: Staff, chosen: str | None) -> list[object]:
        """Remove the chosen template."""
        self._templates.remove(staff, int(chosen) if chosen else _NONE, now_utc())
        return self._all(staff, "模板已删除。")

    def _all(self, staff: Staff, told: str) -> list[object]:
        import gradio as gr

        choices = [(_NEW, ""), *template_choices(self._templates.all(staff))]
        shown = gr.Accordion(visible=may(staff, Action.TEMPLATES))
        chosen = gr.Dropdown(choices, value="")
        return [shown, chosen, "", "", self._own(staff), note(told) if told else ""]

    def _own(self, staff: Staff) -> str:
        return next(iter(staff.bound_to), "")
