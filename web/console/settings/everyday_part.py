"""设置, 日常说法: what people say and what is looked for in its place; a preview before saving."""

from collections.abc import Mapping, Sequence

from kb.controls.everyday_words import MAX_OFFICIAL, MAX_SAID, check_everyday
from kb.controls.store import EVERYDAY_SUBJECT, Controls
from kb.desk.everyday_preview import EverydayPreview, Preview
from kb.staff.changes import Change, Changes
from kb.staff.permissions import Action, Staff, require
from web.console.filling import filled_when
from web.console.panels import panel, shown
from web.console.parts import Part, handler, note, numbered, press_handler, saved_by
from web.console.settings.history import LEFT, history_html, meanings, word_lines
from web.console.tables import ROWS_SCRIPT, table
from web.sessions import now_utc

_WHAT = (
    "群众说“吃低保”，文件写“最低生活保障”：这里写上，就按文件里的说法查。随软件附带一千多条，这里是本单位的增减。"
    "左边只在整个词的地方换；右边要用文件里真有的词，不写就照群众的原话查。"
)
_BEGIN = """() => [{ __type__: "update", visible: true }, "", ""]"""


def everyday_part(controls: Controls, previews: EverydayPreview, changes: Changes) -> Part:
    """Build the part inside the tab 设置."""
    import gradio as gr

    with gr.Tab("日常说法"):
        gr.Markdown(_WHAT)
        with gr.Row(elem_classes="acts-row"):
            begin = gr.Button("加一条说法", variant="primary")
        listing = gr.HTML(label="本单位的增减", js_on_load=ROWS_SCRIPT)
        told = gr.HTML(label="恢复的结果", elem_classes="outcome")
        history = gr.HTML(label="以前的版本", js_on_load=ROWS_SCRIPT)
        words, version = gr.State(()), gr.State(0)
        with panel("everyday", "日常说法", narrow=True) as column:
            said = gr.Textbox(label="日常说法", info=f"2 到 {MAX_SAID} 个字，如“吃低保”")
            official = gr.Textbox(label="文件里的说法", info=f"不填：照原话查；最多 {MAX_OFFICIAL} 个字")
            result = gr.HTML(label="结果", elem_classes="outcome")
            effect = gr.HTML(label="会改变的提问")
            with gr.Row(elem_classes="acts-row"):
                restore = gr.Button("恢复默认")
                preview = gr.Button("看看会改变什么")
                save = gr.Button("保存", variant="primary")
    part = _EverydayPart(controls, previews, changes)
    outputs = [listing, words, version, result, effect, history]
    filled_when(listing.click, press_handler(part.pressed), [words], [column, said, official, result, effect])
    begin.click(None, None, [column, said, official], js=_BEGIN, api_visibility="private")
    preview.click(handler(part.preview), [said, official], outputs, api_visibility="private")
    save.click(handler(part.save), [said, official, version], outputs, api_visibility="private")
    restore.click(handler(part.restore), [said, version], outputs, api_visibility="private")
    put_back = press_handler(part.put_back)
    history.click(put_back, [version], [*outputs, column, told], api_visibility="private")
    return handler(part.show), [], outputs


class _EverydayPart:
    """日常说法: list, its words, version, sentence, effect, earlier states."""

    def __init__(self, column: Controls, previews: EverydayPreview, changes: Changes) -> None:
        self._column = column
        self._previews = previews
        self._changes = changes

    def show(self, staff: Staff, sentence: str = "", effect: str = "") -> list[object]:
        """The changes as they are, and `sentence` and `effect` below the form."""
        now = self._column.overview(staff)
        caption = f"本单位增减 {len(now.everyday)} 条{saved_by(now.everyday_saved)}"
        return [
            everyday_html(caption, now.everyday),
            tuple(sorted(now.everyday.items())),
            now.everyday_saved.version,
            note(sentence) if sentence else "",
            effect,
            self._history(staff, now.everyday),
        ]

    def pressed(
        self, staff: Staff, _action: str, number: int, words: Sequence[tuple[str, str]]
    ) -> list[object]:
        """The panel with the words in row `number`."""
        require(staff, Action.SETTINGS)
        said, official = numbered(words, number)
        return [shown(), said, official, "", ""]

    def preview(self, staff: Staff, said: str, official: str) -> list[object]:
        """Show which known questions would be looked for in other words."""
        require(staff, Action.SETTINGS)
        preview = self._previews.of(*check_everyday(said, official))
        return self.show(staff, "只是试看，还没有保存。", preview_html(preview))

    def save(self, staff: Staff, said: str, official: str, version: int) -> list[object]:
        """Save what is looked for where people say `said`."""
        self._column.set_everyday(said, official, version, staff, now_utc())
        return self.show(staff, "已保存，立即生效。")

    def restore(self, staff: Staff, said: str, version: int) -> list[object]:
        """Let the shipped list decide about `said` again."""
        self._column.set_everyday(said, None, version, staff, now_utc())
        return self.show(staff, "已恢复默认。")

    def put_back(self, staff: Staff, _action: str, number: int, version: int) -> list[object]:
        """Look for what was looked for before the change that is entry `number` of the log."""
        change = self._changes.one(staff, number, EVERYDAY_SUBJECT, begins=True)
        said = _said(change)
        self._column.set_everyday(said, meanings(change.before).get(said), version, staff, now_utc())
        return [*self.show(staff), shown(False), note(f"已恢复“{said}”以前的说法，立即生效。")]

    def _history(self, staff: Staff, now: Mapping[str, str]) -> str:
        return history_html(
            self._changes.of(staff, EVERYDAY_SUBJECT, begins=True),
            word_lines,
            lambda change: meanings(change.before).get(_said(change)) == now.get(_said(change)),
        )


def _said(change: Change) -> str:
    """The everyday word that was changed."""
    return change.subject.removeprefix(EVERYDAY_SUBJECT)


def everyday_html(caption: str, changes: Mapping[str, str]) -> str:
    """The changes as an HTML table."""
    rows = [(said, official or LEFT) for said, official in sorted(changes.items())]
    return f'<div class="scroll">{table(caption, ("日常说法", "文件里的说法"), rows, opens=True)}</div>'


def preview_html(preview: Preview) -> str:
    """The questions that change as an HTML table."""
    caption = f"试了 {preview.tried} 个提问（最近问过的、常用的、常见问答），{preview.changed} 个会改变"
    rows = [(one.question, one.before, one.after) for one in preview.examples]
    return f'<div class="scroll">{table(caption, ("提问", "现在按这个查", "改后按这个查"), rows)}</div>'
