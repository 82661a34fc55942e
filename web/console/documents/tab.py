"""文件: find a document, correct what is known about it, read it again, remove it; upload new ones."""

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
from web.console.parts import handler, note, slow_handler
from web.sessions import now_utc

if TYPE_CHECKING:
    from gradio.components import Component

_ANY = "不限"
_NOBODY = ("（没有）", "")


def tab(kb: KnowledgeBase) -> None:
    """The tab, inside the console's page."""
    import gradio as gr

    with gr.Tab("文件") as page, gr.Tabs():
        with gr.Tab("文件清单"):
            refresh, inputs, outputs = _list_part(kb)
        with gr.Tab("上传文件") as uploads:
            upload_part(kb, uploads)
    page.select(refresh, inputs, outputs, api_visibility="private")


def _list_part(
    kb: KnowledgeBase,
) -> tuple[Callable[..., object], "Sequence[Component]", "Sequence[Component]"]:
    """The list and the form; how the list is filled: function, inputs, outputs."""
    import gradio as gr

    with gr.Row():
        words = gr.Textbox(label="题名、文号或文件名", max_lines=1, scale=3)
        status = gr.Dropdown([_ANY, *STATUSES], value=_ANY, label="时效性", scale=1)
        removed = gr.Checkbox(label="看已移除的", scale=1)
        find = gr.Button("查询", scale=1)
    cards = gr.HTML(label="文件")
    chosen = gr.Dropdown([], label="选一份文件", info="可输入几个字查找")
    told = gr.HTML(label="结果")
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
    given = [words, status, removed, chosen, version, sure, *fields]
    listed, form = [cards, chosen], [version, *fields, body]
    refresh = handler(page.list)
    for trigger in (find.click, words.submit, status.change, removed.change):
        trigger(refresh, given, listed, api_visibility="private")
    chosen.input(handler(page.choose), given, form, api_visibility="private")
    for action, button in buttons.items():
        work = slow_handler(page.doing(action))
        button.click(work, given, [*listed, told, sure, *form], api_visibility="private")
    return refresh, given, listed


def _fields() -> "list[Component]":
    """The fields of the form in the order of LABELS, two to four in a row."""
    import gradio as gr

    made: dict[str, Component] = {}
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
                made[name] = gr.Textbox(label=LABELS[name], placeholder=hint, max_lines=1)
    with gr.Row():
        made["status"] = gr.Dropdown(["", *STATUSES], value="", label=LABELS["status"])
        made["replaced_by"] = gr.Dropdown([_NOBODY], value="", label=LABELS["replaced_by"])
    return [made[name] for name in LABELS]


class _Given(Model):
    """What the page holds when something is done."""

    words: str
    status: Status | None
    removed: bool
    document_id: str
    version: int
    sure: bool
    form: Mapping[str, str]


def _read(inputs: Sequence[object]) -> _Given:
    """The page's values in the order of its inputs."""
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
    """What the part's events do: the list and the choice, the sentence, then the form."""

    def __init__(self, kb: KnowledgeBase) -> None:
        self._kb = kb

    def list(self, staff: Staff, *inputs: object) -> Sequence[object]:
        """The documents that fit the query."""
        return self._listed(staff, _read(inputs))

    def choose(self, staff: Staff, *inputs: object) -> Sequence[object]:
        """The form for the chosen document."""
        return self._form(staff, _read(inputs))

    def doing(self, action: _Action) -> Callable[..., object]:
        """The function of a button: everything on the page afterwards."""

        def work(staff: Staff, tell: Tell, *inputs: object) -> Sequence[object]:
            given = _read(inputs)
            if not given.document_id:
                raise InputError("请先选一份文件。")
            sentence = action(self._kb, staff, given, embedding(tell))
            is_gone = action in (_remove, _restore)
            after = given.model_copy(update={"document_id": ""}) if is_gone else given
            return [*self._listed(staff, after), note(sentence), False, *self._form(staff, after)]

        return work

    def _listed(self, staff: Staff, given: _Given) -> Sequence[object]:
        import gradio as gr

        status = None if given.removed else given.status
        found = listing.cards(self._kb, staff, given.words, status, given.removed)
        kept = given.document_id if given.document_id in {card.id for card in found} else None
        return [cards_html(found), gr.Dropdown([choice_of(card) for card in found], value=kept)]

    def _form(self, staff: Staff, given: _Given) -> Sequence[object]:
        """The chosen document's values; an empty form for none, or for one that has been removed."""
        import gradio as gr

        if not given.document_id or given.removed:
            return [0, *("" for _ in LABELS), ""]
        detail = listing.detail(self._kb, given.document_id, staff)
        values: dict[str, object] = dict(form_values(detail))
        others = [choice_of(card) for card in listing.cards(self._kb, staff) if card.id != detail.id]
        values["replaced_by"] = gr.Dropdown([_NOBODY, *others], value=detail.replaced_by or "")
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
