"""上传文件: choose files, look at their previews, publish or discard them."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.editing import staging
from ingest.editing.previews import Preview
from ingest.pipeline.storing import Report
from ingest.readers.read import SUPPORTED_SUFFIXES
from kb.errors import InputError, KbError
from kb.knowledge_base import KnowledgeBase
from kb.models import DocumentSummary
from kb.staff.permissions import Staff, require
from web.console.documents.form import preview_html
from web.console.filling import filled_when, filled_when_opened
from web.console.parts import handler, note, slow_handler
from web.errors import sentence_for
from web.sessions import now_utc
from web.uploads import taken

if TYPE_CHECKING:
    import gradio as gr

_SECOND = "上传的文件由别的审核人核对、做过保密审查后上线；不合适的由他丢弃。"
Tell = Callable[[int, int, str], None]


def upload_part(kb: KnowledgeBase, page: "gr.Tab") -> None:
    """Build this part of the tab; `page` is the tab that shows it."""
    import gradio as gr

    gr.Markdown(
        "一次可选几份 Word、PDF、网页、Excel、CSV、Markdown 或文本文件（每份不超过 20 MB）。"
        "先看识别结果，上线后才用于回答。" + (_SECOND if staging.is_reviewed(kb) else "")
    )
    files = gr.File(
        label="选择文件", file_count="multiple", file_types=sorted(SUPPORTED_SUFFIXES), height=110
    )
    with gr.Row(elem_classes="acts-row"):
        look = gr.Button("上传并查看识别结果", variant="primary")
    result = gr.HTML(label="结果", elem_classes="kept")
    chosen = gr.Dropdown([], label="待上线的文件")
    checked = gr.Checkbox(label="已做保密审查", info="上线前必须审查并勾选", visible=False)
    with gr.Row(elem_classes="acts-row"):
        discard = gr.Button("丢弃", variant="stop", elem_classes="confirm")
        publish = gr.Button("上线", variant="primary", visible=False)
    with gr.Accordion("成批上线", open=False, visible=False) as many:
        picked = gr.CheckboxGroup([], label="选中的文件", info="有待核对之处的先在上面逐份看过")
        all_checked = gr.Checkbox(label="选中的每一份都已核对，做过保密审查")
        with gr.Row(elem_classes="acts-row"):
            publish_many = gr.Button("上线选中的", variant="primary")
    preview = gr.HTML(label="识别结果")
    uploads = Uploads(kb)
    outputs = [chosen, preview, checked, publish, many, picked, all_checked]
    filled_when_opened(page, [(handler(uploads.show), [chosen], outputs)])
    filled_when(chosen.input, handler(uploads.show), [chosen], outputs, chosen)
    look.click(
        slow_handler(uploads.stage), [files, chosen], [files, result, *outputs], api_visibility="private"
    )
    publish.click(
        slow_handler(uploads.publish), [chosen, checked], [result, *outputs], api_visibility="private"
    )
    publish_many.click(
        slow_handler(uploads.publish_many),
        [picked, all_checked, chosen],
        [result, *outputs],
        api_visibility="private",
    )
    discard.click(handler(uploads.discard), [chosen], [result, *outputs], api_visibility="private")


def embedding(tell: Tell) -> Report:
    """A Report that tells how many passages are embedded."""
    return lambda done, total: tell(done, total, "正在计算向量（段）")


class Uploads:
    """The handlers of the part's events: values of the sentence, then of the choice and the preview."""

    def __init__(self, kb: KnowledgeBase) -> None:
        self._kb = kb

    def show(self, staff: Staff, staged_id: str | None) -> list[object]:
        """The choice of staged uploads, and the preview of the chosen one, else of the newest."""
        import gradio as gr

        uploads = staging.staged(self._kb, staff)
        chosen = next(
            (upload for upload in uploads if upload.id == staged_id), uploads[0] if uploads else None
        )
        choices = [(_label(upload, staff), upload.id) for upload in uploads]
        html = preview_html(chosen) if chosen else note("没有待上线的文件。")
        ready = [upload for upload in uploads if staging.may_publish(self._kb, upload, staff)]
        may_publish = chosen in ready
        return [
            gr.Dropdown(choices, value=chosen.id if chosen else None),
            html,
            gr.Checkbox(value=False, visible=may_publish and staging.is_reviewed(self._kb)),
            gr.Button(visible=may_publish),
            gr.Accordion(visible=len(ready) > 1, open=False),
            gr.CheckboxGroup([(_marked(upload, staff), upload.id) for upload in ready], value=[]),
            gr.Checkbox(value=False, visible=staging.is_reviewed(self._kb)),
        ]

    def stage(self, staff: Staff, tell: Tell, paths: list[str] | None, staged_id: str | None) -> list[object]:
        """Stage each file; an unreadable file is reported and does not stop the others."""
        if not paths:
            raise InputError("请先选择文件。")
        sentences, last = [], staged_id
        for number, path in enumerate(paths):
            tell(number, len(paths), f"正在识别 {Path(path).name}")
            try:
                with taken(self._kb.settings.home, staff.name, path) as file:
                    preview = staging.stage(self._kb, file.name, file.read_bytes(), staff, now_utc())
            except KbError as error:
                sentences.append(sentence_for(error))
                continue
            last = preview.id
            step = "请核对，由别的审核人上线" if staging.is_reviewed(self._kb) else "请核对后上线"
            sentences.append(f"{preview.name}：已识别，{len(preview.passages)} 段，{step}。")
        return [None, "".join(map(note, sentences)), *self.show(staff, last)]

    def publish(self, staff: Staff, tell: Tell, staged_id: str | None, checked: bool) -> list[object]:
        """Publish the chosen upload."""
        summary = staging.publish(
            self._kb,
            _needed(staged_id),
            staff,
            now_utc(),
            embedding(tell),
            secrecy_checked=checked is True,
        )
        return [note(_live(summary)), *self.show(staff, None)]

    def publish_many(
        self, staff: Staff, tell: Tell, picked: Sequence[str], checked: bool, staged_id: str | None
    ) -> list[object]:
        """Publish each of the uploads picked; one that cannot be is named and does not stop the others."""
        require(staff, staging.publishing(self._kb))
        if not picked:
            raise InputError("请先选中要上线的文件。")
        if staging.is_reviewed(self._kb) and checked is not True:
            raise InputError("请先逐份核对、做保密审查，再勾选。")
        uploads = {upload.id: upload for upload in staging.staged(self._kb, staff)}
        _require_names_apart([uploads[each].uploaded_as for each in picked if each in uploads])
        sentences = []
        for number, each in enumerate(picked):
            tell(number, len(picked), "正在上线（份）")
            try:
                summary = staging.publish(self._kb, each, staff, now_utc(), secrecy_checked=True)
            except Exception as error:  # one that nobody expected must not hide what went live before it
                sentences.append(f"{_named(uploads, each)}{sentence_for(error)}")
                continue
            sentences.append(_live(summary))
        return ["".join(map(note, sentences)), *self.show(staff, staged_id)]

    def discard(self, staff: Staff, staged_id: str | None) -> list[object]:
        """Discard the chosen upload."""
        staging.discard(self._kb, _needed(staged_id), staff)
        return [note("已丢弃。"), *self.show(staff, None)]


def _label(upload: Preview, staff: Staff) -> str:
    """An upload in the choice, with its uploader if that is somebody else."""
    whose = "" if upload.owner == staff.name else f"，{upload.owner_title or upload.owner} 上传"
    return f"{upload.title}（{upload.name}{whose}）"


def _marked(upload: Preview, staff: Staff) -> str:
    """An upload among those to be picked, with how much of it is in doubt."""
    doubts = f"，{len(upload.warnings)} 处待核对" if upload.warnings else ""
    return f"{_label(upload, staff)}{doubts}"


def _require_names_apart(names: Sequence[str]) -> None:
    """Raise InputError when two uploads have one name: the second would replace the first."""
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        named = "、".join(twice)
        raise InputError(f"选中的有几份同名：{named}。后上线的会替换先上线的，请只选一份，或改名后再上传。")


def _named(uploads: Mapping[str, Preview], staged_id: str) -> str:
    return f"{uploads[staged_id].name}：" if staged_id in uploads else ""


def _live(summary: DocumentSummary) -> str:
    return f"《{summary.title}》已上线（{summary.chunks} 段），时效性：{summary.status.value}。"


def _needed(staged_id: str | None) -> str:
    if not staged_id:
        raise InputError("请先选一份待上线的文件。")
    return staged_id
