"""文件: find a document, correct its metadata, ingest it again, remove it; upload new ones."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from ingest.editing import corrections, listing
from ingest.pipeline.storing import Report
from kb.errors import InputError
from kb.knowledge_base import KnowledgeBase
from kb.models import Model, Status
from kb.staff.permissions import Staff
from web.console.documents.form import (
    LABELS,
    STATUSES,
    cards_html,
    choice_of,
    detail_html,
    form_values,
    read_form,
)
from web.console.documents.upload import Tell, embedding, upload_part
from web.console.filling import filled_when, filled_when_opened
from web.console.parts import Part, handler, note, slow_handler
from web.sessions import now_utc

if TYPE_CHECKING:
    from gradio.components import Component

_ANY = "不限"
_NOBODY = ("（没有）", "")


def tab(kb: KnowledgeBase) -> None:
    """Build the tab inside the console's page."""
    import gradio as gr

    with gr.Tab("文件", elem_id="tab-documents") as page, gr.Tabs(overflow_behavior="wrap"):
        with gr.Tab("文件清单"):
            part = _list_part(kb)
        with gr.Tab("上传文件") as uploads:
            upload_part(kb, uploads)
    filled_when_opened(page, [part])


def _list_part(kb: KnowledgeBase) -> Part:
    """Build the list and the form; return the function that fills the list, with its inputs and outputs."""
    import gradio as gr

    with gr.Row():
        words = gr.Textbox(label="题名、文号或文件名", max_lines=1, scale=3)
        status = gr.Dropdown([_ANY, *STATUSES], value=_ANY, label="时效性", scale=1)
        removed = gr.Checkbox(label="看已移除的", scale=1)
        find = gr.Button("查询", scale=1)
    cards = gr.HTML(label="文件")
    chosen = gr.Dropdown([], label="选一份文件", info="可输入几个字查找")
    result = gr.HTML(label="结果")
    version = gr.State(0)
    fields = _fields()
    sure = gr.Checkbox(label="确认移除")
    with gr.Row():
        buttons = {
            _save: gr.Button("保存修改", variant="primary"),
            _read_again: gr.Button("重新导入原件"),
            _reset: gr.Button("恢复文件原有信息"),
            _restore: gr.Button("恢复已移除的文件"),
            _remove: gr.Button("移除", variant="stop"),
        }
    body = gr.HTML(label="大纲和段落")
    page = _DocumentsPage(kb)
    inputs = [words, status, removed, chosen, version, sure, *fields]
    list_outputs, form = [cards, chosen], [version, *fields, body]
    refresh = handler(page.list)
    for trigger in (find.click, words.submit, status.change, removed.change):
        trigger(refresh, inputs, list_outputs, api_visibility="private")
    filled_when(chosen.input, handler(page.choose), inputs, form)
    for action, button in buttons.items():
        work = slow_handler(page.doing(action))
        button.click(work, inputs, [*list_outputs, result, sure, *form], api_visibility="private")
    return refresh, inputs, list_outputs


def _fields() -> "list[Component]":
    """Build the fields of the form, two to four in a row; return them in the order of LABELS."""
    import gradio as gr

    fields: dict[str, Component] = {}
    for names in (
        ("title", "number", "issuer"),
        ("departments", "url"),
        ("written_date", "published_date", "effective_date", "expiry_date"),
        ("validity", "addressee"),
        ("index_number", "topic"),
    ):
        with gr.Row():
            for name in names:
                hint = "如 2023-09-01" if name.endswith("_date") else None
                fields[name] = gr.Textbox(label=LABELS[name], placeholder=hint, max_lines=1)
    with gr.Row():
        fields["status"] = gr.Dropdown(["", *STATUSES], value="", label=LABELS["status"])
        fields["replaced_by"] = gr.Dropdown([_NOBODY], value="", label=LABELS["replaced_by"])
    return [fields[name] for name in LABELS]


class _Given(Model):
    """The values of the page when an event fires."""

    words: str
    status: Status | None
    removed: bool
    document_id: str
    version: int
    sure: bool
    form: Mapping[str, str]


def _read(inputs: Sequence[object]) -> _Given:
    """Read the page's values, in the order of its inputs."""
    words, status, removed, document_id, version, sure, *fields = inputs
    return _Given.model_validate(
        {
            "words": words or "",
            "status": None if status == _ANY else status,
            "removed": removed,
            "document_id": document_id or "",
            "version": version,
            "sure": sure,
            "form": {name: field or "" for name, field in zip(LABELS, fields, strict=True)},
        }
    )


_Action = Callable[[KnowledgeBase, Staff, _Given, Report], str]


class _DocumentsPage:
    """The handlers of the part's events: values of list and choice, of the sentence, then of the form."""

    def __init__(self, kb: KnowledgeBase) -> None:
        self._kb = kb

    def list(self, staff: Staff, *inputs: object) -> Sequence[object]:
        """The documents that match the query."""
        return self._listed(staff, _read(inputs))

    def choose(self, staff: Staff, *inputs: object) -> Sequence[object]:
        """The form for the chosen document."""
        return self._form(staff, _read(inputs))

    def doing(self, action: _Action) -> Callable[..., object]:
        """The handler of a button: does `action`, returns all values of the page."""

        def work(staff: Staff, tell: Tell, *inputs: object) -> Sequence[object]:
            values = _read(inputs)
            if not values.document_id:
                raise InputError("请先选一份文件。")
            sentence = action(self._kb, staff, values, embedding(tell))
            is_gone = action in (_remove, _restore)
            after = values.model_copy(update={"document_id": ""}) if is_gone else values
            return [*self._listed(staff, after), note(sentence), False, *self._form(staff, after)]

        return work

    def _listed(self, staff: Staff, given: _Given) -> Sequence[object]:
        import gradio as gr

        status = None if given.removed else given.status
        documents = listing.cards(self._kb, staff, given.words, status, given.removed)
        chosen_id = given.document_id if given.document_id in {card.id for card in documents} else None
        return [cards_html(documents), gr.Dropdown([choice_of(card) for card in documents], value=chosen_id)]

    def _form(self, staff: Staff, given: _Given) -> Sequence[object]:
        """The values of the chosen document; an empty form without one, or for a removed one."""
        import gradio as gr

        if not given.document_id or given.removed:
            return [0, *("" for _ in LABELS), ""]
        detail = listing.detail(self._kb, given.document_id, staff)
        values: dict[str, object] = dict(form_values(detail))
        other_documents = [choice_of(card) for card in listing.cards(self._kb, staff) if card.id != detail.id]
        values["replaced_by"] = gr.Dropdown([_NOBODY, *other_documents], value=detail.replaced_by or "")
        return [detail.version, *values.values(), detail_html(detail)]


def _save(kb: KnowledgeBase, staff: Staff, given: _Given, report: Report) -> str:
    correction = read_form(listing.detail(kb, given.document_id, staff), given.form)
    if not correction.model_fields_set:
        return "没有改动。"
    corrections.correct(kb, given.document_id, correction, given.version, staff, now_utc(), report)
    return f"已保存：{'、'.join(LABELS[name] for name in LABELS if name in correction.model_fields_set)}。"


def _read_again(kb: KnowledgeBase, staff: Staff, given: _Given, report: Report) -> str:
    is_changed = corrections.read_again(kb, given.document_id, staff, now_utc(), report)
    return "原件有变化，已重新导入。" if is_changed else "原件没有变化，不用重新导入。"


def _reset(kb: KnowledgeBase, staff: Staff, given: _Given, report: Report) -> str:
    corrections.reset(kb, given.document_id, given.version, staff, now_utc(), report)
    return "人工填写的信息已全部撤销，以文件为准。"


def _restore(kb: KnowledgeBase, staff: Staff, given: _Given, report: Report) -> str:
    corrections.bring_back(kb, given.document_id, staff, now_utc(), report)
    return "已恢复，重新用于回答。"


def _remove(kb: KnowledgeBase, staff: Staff, given: _Given, _report: Report) -> str:
    if not given.sure:
        raise InputError("移除前请先勾选“确认移除”。")
    corrections.take_out(kb, given.document_id, given.version, staff, now_utc())
    return "已移除，以后导入也不会再出现；可勾选“看已移除的”来恢复。"
