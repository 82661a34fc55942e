"""设置, 固定用语: the sentences that citizens see, each with its earlier wordings."""

from collections.abc import Sequence

from kb.controls.store import SENTENCE_SUBJECT, CannedSentence, Controls
from kb.staff.changes import Changes
from kb.staff.permissions import Staff
from web.console.filling import filled_when
from web.console.panels import panel, shown
from web.console.parts import Part, handler, note, numbered, press_handler
from web.console.settings.history import history_html, sentence_lines
from web.console.tables import ROWS_SCRIPT, Tone, badge, table
from web.sessions import now_utc


def sentences_part(column: Controls, changes: Changes) -> Part:
    """Build the part inside the tab 设置."""
    import gradio as gr

    part = SentencesPart(column, changes)
    with gr.Tab("固定用语"):
        listing = gr.HTML(label="全部用语", js_on_load=ROWS_SCRIPT)
        result = gr.HTML(label="结果", elem_classes="outcome")
        # Inside the tab: another component directly in gr.Tabs changes the order of tabs.
        chosen, version = gr.State(""), gr.State(0)
        with panel("sentence", "固定用语", narrow=True) as opened:
            where = gr.HTML(label="用在哪里")
            text = gr.Textbox(label="用语", info="占位符如 {title} 要原样保留；最多 200 个字", lines=4)
            with gr.Row(elem_classes="acts-row"):
                default = gr.Button("恢复默认")
                save = gr.Button("保存", variant="primary")
            history = gr.HTML(label="以前的版本", js_on_load=ROWS_SCRIPT)
    outputs = [listing, opened, chosen, version, where, text, result, history]
    filled_when(listing.click, press_handler(part.pressed), (), outputs)
    save.click(handler(part.save), [chosen, text, version], outputs, api_visibility="private")
    default.click(handler(part.restore), [chosen, version], outputs, api_visibility="private")
    history.click(press_handler(part.put_back), [chosen, version], outputs, api_visibility="private")
    return handler(part.show), [], outputs


class SentencesPart:
    """固定用语: list, panel, name, version, where it is used, text, sentence, earlier wordings."""

    def __init__(self, column: Controls, changes: Changes) -> None:
        self._column = column
        self._changes = changes

    def show(self, staff: Staff, sentence: str = "") -> list[object]:
        """All sentences, the panel closed, and `sentence`."""
        sentences = self._column.overview(staff).sentences
        told = note(sentence) if sentence else ""
        return [sentences_html(sentences), shown(False), "", 0, "", "", told, ""]

    def pressed(self, staff: Staff, _action: str, number: int) -> list[object]:
        """The panel with the sentence in row `number`."""
        sentences = self._column.overview(staff).sentences
        chosen = numbered(sentences, number)
        where = note(f"用在：{chosen.where}。默认的说法：{chosen.default}")
        listing, version = sentences_html(sentences), chosen.saved.version
        history = self._history(staff, chosen)
        return [listing, shown(), chosen.name, version, where, chosen.text, "", history]

    def save(self, staff: Staff, name: str, text: str, version: int) -> list[object]:
        """Save the wording of the chosen sentence."""
        self._column.set_sentence(name, text, version, staff, now_utc())
        return self.show(staff, "已保存，立即生效。")

    def restore(self, staff: Staff, name: str, version: int) -> list[object]:
        """Restore the default wording of the chosen sentence."""
        self._column.set_sentence(name, None, version, staff, now_utc())
        return self.show(staff, "已恢复默认。")

    def put_back(self, staff: Staff, _action: str, number: int, name: str, version: int) -> list[object]:
        """Put back the wording of before the change that is entry `number` of the log."""
        change = self._changes.one(staff, number, f"{SENTENCE_SUBJECT}{name}")
        text = None if change.before is None else str(change.before)
        self._column.set_sentence(name, text, version, staff, now_utc())
        return self.show(staff, "已恢复以前的说法，立即生效。")

    def _history(self, staff: Staff, chosen: CannedSentence) -> str:
        return history_html(
            self._changes.of(staff, f"{SENTENCE_SUBJECT}{chosen.name}"),
            lambda change: sentence_lines(change, chosen.default),
            lambda change: (chosen.default if change.before is None else change.before) == chosen.text,
        )


def sentences_html(sentences: Sequence[CannedSentence]) -> str:
    """All sentences as an HTML table whose rows open."""
    rows = [
        (canned.where, canned.text, "" if canned.text == canned.default else badge("已改", Tone.WORK))
        for canned in sentences
    ]
    return table("群众看到的固定用语", ("用在哪里", "现在的说法", "说明"), rows, opens=True)
