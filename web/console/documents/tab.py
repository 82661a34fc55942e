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
    head_html,
    in_order,
    read_form,
    removed_html,
)
from web.console.documents.many import ManyPart
from web.console.documents.passages import PassagesPart
from web.console.documents.upload import Tell, embedding, upload_part
from web.console.filling import filled_when, filled_when_opened
from web.console.panels import panel, shown
from web.console.parts import Part, handler, note, numbered, press_handler, slow_handler
from web.console.tables import ROWS_SCRIPT
from web.sessions import now_utc

if TYPE_CHECKING:
    from gradio.components import Component

_ANY = "不限"
_NOBODY = ("（没有）", "")
_PARTS = 4  # values that `_parts` gives


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

    with gr.Row(elem_classes="toolbar"):
        words = gr.Textbox(label="题名、文号或文件名", max_lines=1, scale=3)
        status = gr.Dropdown([_ANY, *STATUSES], value=_ANY, label="时效性", scale=1, min_width=110)
        removed = gr.Checkbox(label="看已移除的", scale=1, min_width=170)
        find = gr.Button("查询", min_width=70)
    cards = gr.HTML(label="文件", js_on_load=ROWS_SCRIPT, elem_id="documents-list")
    many = ManyPart(kb)
    ids, chosen, version = gr.State(()), gr.State(""), gr.State(0)
    result = gr.HTML(label="结果", elem_classes="outcome")  # outside: the panel closes when a file is removed
    with panel("document", "文件") as column:
        head = gr.HTML(label="文件的情况")
        with gr.Accordion("修改信息", open=False, visible=False) as editing:
            fields = _fields()
            with gr.Row(elem_classes="acts-row"):
                reset = gr.Button("恢复文件原有信息", elem_classes="confirm")
                save = gr.Button("保存修改", variant="primary")
        body = gr.HTML(label="来源和大纲")
        passages = PassagesPart(kb, chosen, version)
        with gr.Row(elem_classes="acts-row"):
            remove = gr.Button("移除", variant="stop", elem_classes="confirm")
            again = gr.Button("重新导入原件")
            restore = gr.Button("恢复已移除的文件", variant="primary")
    passages.build_panel()
    page = _DocumentsPage(kb, passages, many)
    inputs = [words, status, removed, chosen, version, *fields]
    list_outputs = [cards, ids, many.part, many.picked]
    form = [column, chosen, version, head, editing, remove, again, restore, *fields, body]
    form += [passages.part, passages.list]
    refresh = handler(page.list)
    many.build(refresh, inputs, list_outputs)
    for trigger in (find.click, words.submit, status.change, removed.change):
        trigger(refresh, inputs, list_outputs, api_visibility="private")
    filled_when(cards.click, press_handler(page.pressed), [ids, *inputs], form)
    for action, button in (
        (_save, save),
        (_read_again, again),
        (_reset, reset),
        (_restore, restore),
        (_remove, remove),
    ):
        work = slow_handler(page.doing(action))
        button.click(work, inputs, [*list_outputs, result, *form], api_visibility="private")
    return refresh, inputs, list_outputs


def _fields() -> "list[Component]":
    """Build the fields of the form, two to four in a row; return them in the order of LABELS."""
    import gradio as gr

    fields: dict[str, Component] = {}
    for names in (
        ("title",),
        ("number", "issuer"),
        ("departments", "url"),
        ("written_date", "published_date"),
        ("effective_date", "expiry_date"),
        ("validity", "addressee"),
        ("index_number", "topic"),
    ):
        with gr.Row():
            for name in names:
                kind = "date" if name.endswith("_date") else None
                fields[name] = gr.Textbox(label=LABELS[name], max_lines=1, min_width=130, elem_classes=kind)
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
    form: Mapping[str, str]


def _read(inputs: Sequence[object]) -> _Given:
    """Read the page's values, in the order of its inputs."""
    words, status, removed, document_id, version, *fields = inputs
    return _Given.model_validate(
        {
            "words": words or "",
            "status": None if status == _ANY else status,
            "removed": removed,
            "document_id": document_id or "",
            "version": version,
            "form": {name: field or "" for name, field in zip(LABELS, fields, strict=True)},
        }
    )


_Action = Callable[[KnowledgeBase, Staff, _Given, Report], str]


class _DocumentsPage:
    """The handlers of the part's events: values of list and choice, of the sentence, then of the form."""

    def __init__(self, kb: KnowledgeBase, passages: PassagesPart, many: ManyPart) -> None:
        self._kb = kb
        self._passages = passages
        self._many = many

    def list(self, staff: Staff, *inputs: object) -> Sequence[object]:
        """The documents that match the query."""
        return self._listed(staff, _read(inputs))

    def pressed(
        self, staff: Staff, _action: str, number: int, ids: Sequence[str], *inputs: object
    ) -> Sequence[object]:
        """The panel with the document in row `number`."""
        chosen = {"document_id": numbered(ids, number)}
        return self._form(staff, _read(inputs).model_copy(update=chosen))

    def doing(self, action: _Action) -> Callable[..., object]:
        """The handler of a button: does `action`, returns all values of the page."""

        def work(staff: Staff, tell: Tell, *inputs: object) -> Sequence[object]:
            values = _read(inputs)
            if not values.document_id:
                raise InputError("请先在清单里点开一份文件。")
            sentence = action(self._kb, staff, values, embedding(tell))
            is_gone = action in (_remove, _restore)
            after = values.model_copy(update={"document_id": ""}) if is_gone else values
            return [*self._listed(staff, after), note(sentence), *self._form(staff, after)]

        return work

    def _listed(self, staff: Staff, given: _Given) -> Sequence[object]:
        status = None if given.removed else given.status
        documents = in_order(listing.cards(self._kb, staff, given.words, status, given.removed))
        many = self._many.choices([] if given.removed else documents)
        return [cards_html(documents), tuple(card.id for card in documents), *many]

    def _form(self, staff: Staff, given: _Given) -> Sequence[object]:
        """The values of the panel for the chosen document; it closes without one."""
        import gradio as gr

        empty = ["" for _ in LABELS]
        if not given.document_id:
            return [
                shown(False),
                "",
                0,
                "",
                *(gr.skip() for _ in range(_PARTS)),
                *empty,
                "",
                *self._passages.filled(None),
            ]
        if given.removed:
            cards = listing.cards(self._kb, staff, removed=True)
            titles = [card.title for card in cards if card.id == given.document_id]
            head = "".join(map(removed_html, titles))
            nothing = self._passages.filled(None)
            return [shown(), given.document_id, 0, head, *_parts(False), *empty, "", *nothing]
        detail = listing.detail(self._kb, given.document_id, staff)
        values: dict[str, object] = dict(form_values(detail))
        other_documents = [choice_of(card) for card in listing.cards(self._kb, staff) if card.id != detail.id]
        values["replaced_by"] = gr.Dropdown([_NOBODY, *other_documents], value=detail.replaced_by or "")
        return [
            shown(),
            detail.id,
            detail.version,
            head_html(detail),
            *_parts(True),
            *values.values(),
            detail_html(detail),
            *self._passages.filled(detail),
        ]


def _parts(is_live: bool) -> Sequence[object]:
    """The form and the buttons of a live document, or of a removed one."""
    import gradio as gr

    return [
        gr.Accordion(visible=is_live, open=False),
        gr.Button(visible=is_live),
        gr.Button(visible=is_live),
        gr.Button(visible=not is_live),
    ]


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
    corrections.take_out(kb, given.document_id, given.version, staff, now_utc())
    return "已移除，以后导入也不会再出现；可勾选“看已移除的”来恢复。"
