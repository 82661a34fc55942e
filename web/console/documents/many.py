"""成批修改: one change for several documents of the list; a preview names them, all or none are saved."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ingest.anatomy.doubts import FIELD_NAMES
from ingest.editing import many
from ingest.editing.listing import Card
from ingest.editing.many import Affected
from kb.errors import InputError
from kb.knowledge_base import KnowledgeBase
from kb.models import Correction
from kb.staff.permissions import Staff
from web.console.documents.form import STATUSES, choice_of, split_departments
from web.console.documents.upload import Tell, embedding
from web.console.parts import handler, note, slow_handler
from web.console.tables import table
from web.sessions import now_utc

if TYPE_CHECKING:
    from gradio.components import Component

_KEPT = "不改"
_MOST_LISTED = 200  # documents to tick: many more hang browsers
_AT = "@"  # between a document's id and the version of it that was read


class ManyPart:
    """The part below the list: ticked documents, fields, preview; `picked` follows the list."""

    def __init__(self, kb: KnowledgeBase) -> None:
        import gradio as gr

        self._kb = kb
        with gr.Accordion("成批修改", open=False, visible=False) as self.part:
            self.picked = gr.CheckboxGroup(
                [], label="要改的文件", info="清单里的文件；先按题名、时效性查询，可以少列一些"
            )
            with gr.Row():
                topic = gr.Textbox(label=f"{FIELD_NAMES['topic']}改成", info="不填的不改", max_lines=1)
                departments = gr.Textbox(label="单位改成", info="几个单位用顿号隔开", max_lines=1)
            with gr.Row():
                validity = gr.Textbox(label=f"{FIELD_NAMES['validity']}改成", max_lines=1)
                status = gr.Dropdown([_KEPT, *STATUSES], value=_KEPT, label="时效性改成")
            with gr.Row(elem_classes="acts-row"):
                self._look = gr.Button("预览")
                self._save = gr.Button("全部保存", variant="primary", visible=False)
            self._told = gr.HTML(label="成批修改的结果", elem_classes="kept")
        self._fields: list[Component] = [topic, departments, validity, status]

    def build(
        self,
        refresh: Callable[..., object],
        inputs: "Sequence[Component]",
        outputs: "Sequence[Component]",
    ) -> None:
        """Connect the buttons; `refresh` fills the list anew after a save."""
        import gradio as gr

        with self.part:
            looked, words = gr.State(()), gr.State("")  # what the preview showed: documents, and the change
        shown = [self._told, self._save, looked, words]
        given = [self.picked, *self._fields]
        self._look.click(handler(self.preview), given, shown, api_visibility="private")
        for field in given:  # another choice has to be looked at again
            field.input(None, None, [self._save], js=_HIDE, api_visibility="private")
        work = slow_handler(self.save)
        saved = self._save.click(work, [looked, words, *self._fields], shown, api_visibility="private")
        saved.then(refresh, inputs, outputs, api_visibility="private")

    def choices(self, cards: Sequence[Card]) -> list[object]:
        """The values of the part and of the documents to tick, for the documents of the list."""
        import gradio as gr

        listed = [choice_of(card) for card in cards[:_MOST_LISTED]]
        return [gr.Accordion(visible=len(listed) > 1), gr.CheckboxGroup(listed, value=[])]

    def preview(self, staff: Staff, picked: Sequence[str], *fields: str | None) -> list[object]:
        """Name the documents and what changes in each; nothing is saved."""
        import gradio as gr

        correction = _read(*fields)
        affected = many.preview(self._kb, picked, correction, staff)
        changed = [one for one in affected if one.changes]
        looked = tuple(f"{one.id}{_AT}{one.version}" for one in changed)
        return [
            preview_html(affected),
            gr.Button(visible=bool(changed)),
            looked,
            correction.model_dump_json(exclude_unset=True),
        ]

    def save(
        self, staff: Staff, tell: Tell, looked: Sequence[str], words: str, *fields: str | None
    ) -> list[object]:
        """Save the change that the preview showed, in all its documents or in none."""
        import gradio as gr

        versions = {}
        for each in looked:
            document_id, _, version = each.partition(_AT)
            versions[document_id] = int(version) if version.isdecimal() else -1
        correction = _read(*fields)
        affected = many.preview(self._kb, list(versions), correction, staff)
        if correction.model_dump_json(exclude_unset=True) != words:
            raise InputError("预览以后又改过，请再预览一次。")
        many.correct_many(self._kb, versions, correction, staff, now_utc(), embedding(tell))
        return [
            note(f"已保存 {len(versions)} 份：{'、'.join(map(_named, affected))}。"),
            gr.Button(visible=False),
            (),
            "",
        ]


_HIDE = "() => ({ __type__: 'update', visible: false })"


def _read(topic: str | None, departments: str | None, validity: str | None, status: str | None) -> Correction:
    """The change that the fields ask for; an empty field changes nothing."""
    values: dict[str, object] = {
        "topic": (topic or "").strip(),
        "departments": split_departments(departments or ""),
        "validity": (validity or "").strip(),
        "status": None if status == _KEPT else status,
    }
    return Correction.model_validate({name: value for name, value in values.items() if value})


def preview_html(affected: Sequence[Affected]) -> str:
    """The documents with what changes, those that change nothing last."""
    changed = [(_named(one), change) for one in affected for change in one.changes]
    rows = [(title, change.name, change.before or "（空）", change.after) for title, change in changed]
    rows += [(_named(one), "", "已经是这样，不改", "") for one in affected if not one.changes]
    count = len({one.id for one in affected if one.changes})
    caption = f"将改 {count} 份，还没有保存；全部改或全部不改" if count else "没有要改的"
    return table(caption, ("文件", "项目", "现在", "改成"), rows)


def _named(one: Affected) -> str:
    return f"《{one.title}》（{one.dated}）" if one.dated else f"《{one.title}》"
