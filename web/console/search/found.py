"""The two forms above the search results: 写成问答 makes an FAQ draft of a passage, 答案有误 reports it."""

from typing import TYPE_CHECKING

from kb.desk.search import Found
from kb.errors import InputError
from kb.knowledge_base import KnowledgeBase
from kb.queue.replies import owner_of
from kb.staff.permissions import Staff
from web.console.faq.form import LABELS, read_form
from web.console.parts import drafted_html, handler, note
from web.sessions import now_utc

if TYPE_CHECKING:
    from gradio.components import Component

_REPORTED = "已放进“群众提问”，由相关部门处理。"
_NOTHING = "请先在结果里选一条。"


class FoundPart:
    """The forms, added to the tab that is being built; `outputs` are the components `opened` updates.

    FOCUS is a script that moves the focus to the open form.
    """

    FOCUS = """() => {
      const fields = "#found-draft textarea, #found-report textarea:placeholder-shown";
      const put = (tries) => {
        const field = [...document.querySelectorAll(fields)].find((one) => one.getClientRects().length);
        if (!field) return tries && setTimeout(put, 50, tries - 1);
        field.focus();
        field.scrollIntoView({ block: "center" });
      };
      put(200);
    }"""

    def __init__(self, kb: KnowledgeBase) -> None:
        import gradio as gr

        self._kb = kb
        self._chosen = gr.State(None)
        with gr.Group(visible=False, elem_id="found-draft") as self._draft:
            question = gr.Textbox(label="问题", info="按群众的说法写", max_lines=2)
            answer = gr.Textbox(label="答案", lines=3, max_lines=8)
            department = gr.Textbox(label="所属部门", max_lines=1)
            with gr.Row(elem_classes="acts-row"):
                leave_draft = gr.Button("取消")
                save = gr.Button("保存为问答草稿", variant="primary")
        with gr.Group(visible=False, elem_id="found-report") as self._report:
            about = gr.Textbox(label="群众问的是", max_lines=2)
            wrong = gr.Textbox(label="哪里有误", placeholder="例如：标准已调整，应为每月 785 元", lines=2)
            with gr.Row(elem_classes="acts-row"):
                leave_report = gr.Button("取消")
                send = gr.Button("提交", variant="primary")
        self._told = gr.HTML(label="结果", elem_classes="outcome")
        self._fields: list[Component] = [question, answer, department, about, wrong]
        self.outputs: list[Component] = [self._chosen, self._draft, self._report, *self._fields, self._told]
        closing = [self._draft, self._report, self._told]
        for button, work, inputs in (
            (save, self._save, [self._chosen, question, answer, department]),
            (send, self._send, [self._chosen, about, wrong]),
            (leave_draft, self._close, []),
            (leave_report, self._close, []),
        ):
            button.click(handler(work), inputs, closing, api_visibility="private")

    def opened(self, staff: Staff, action: str, query: str, found: Found) -> list[object]:
        """Open and fill the form that `action` names; close the other one."""
        import gradio as gr

        drafts = action == "draft"
        question = query.strip() or found.question or ""
        department = owner_of(staff, found.departments) or ""
        values = [question, found.text, department, found.question or question, ""]
        return [found, gr.Group(visible=drafts), gr.Group(visible=not drafts), *values, ""]

    def _close(self, _staff: Staff, message: str = "") -> list[object]:
        import gradio as gr

        return [gr.Group(visible=False), gr.Group(visible=False), message]

    def _save(
        self, staff: Staff, found: Found | None, question: str, answer: str, department: str
    ) -> list[object]:
        if found is None:
            raise InputError(_NOTHING)
        # The quote is the passage as it stands in the document, even when the answer is reworded.
        values = {
            "question": question,
            "answer": answer,
            "department": department,
            "document_id": found.document_id,
            "quote": found.text,
        }
        draft = read_form([values.get(name, "") for name in LABELS])
        record = self._kb.faq.life.propose(staff, draft, now_utc())
        return self._close(staff, drafted_html(staff, record.entry.id))

    def _send(self, staff: Staff, found: Found | None, about: str, wrong: str) -> list[object]:
        if found is None:
            raise InputError(_NOTHING)
        self._kb.queue.report(staff, about, wrong, found.url, found.departments, now_utc())
        return self._close(staff, note(_REPORTED))
