"""设置, 首页提问: the topics and starter questions that citizens see first; a trial before saving."""

from kb.citizens.edited_starters import MOST, SUBJECT, EditedStarters, StartersNow, TriedStarters
from kb.citizens.starters import shipped_text
from kb.staff.changes import Changes
from kb.staff.permissions import Staff
from web.console.filling import filled_when
from web.console.parts import Part, handler, note, press_handler, saved_by
from web.console.settings.history import history_html, text_lines
from web.console.tables import ROWS_SCRIPT, Tone, badge, table
from web.sessions import now_utc

_WHAT = (
    "群众还没有提问时看到的主题和问题，首页、问答窗口、边输入边提示都用它；主题也是政策文件目录里的主题。"
    "先一行 `[主题]`，下面一行一个问题。只显示文件里有答案的，保存后一分钟内逐个试过。"
)


def starters_part(starters: EditedStarters, changes: Changes) -> Part:
    """Build the part inside the tab 设置."""
    import gradio as gr

    with gr.Tab("首页提问"):
        gr.Markdown(_WHAT)
        text = gr.Textbox(label="主题和问题", info=f"最多 {MOST} 个问题", lines=12, max_lines=13)
        with gr.Row(elem_classes="acts-row"):
            restore = gr.Button("恢复随软件的", elem_classes="confirm")
            preview = gr.Button("试一试新写的")
            save = gr.Button("保存", variant="primary")
        result = gr.HTML(label="结果", elem_classes="kept")
        tried = gr.HTML(label="新写的问题答不答得上")
        history = gr.HTML(label="以前的版本", js_on_load=ROWS_SCRIPT)
        version = gr.State(0)
    part = StartersPart(starters, changes)
    outputs = [text, version, result, tried, history]
    private = {"api_visibility": "private"}
    preview.click(handler(part.preview), [text], [result, tried], **private)
    save.click(handler(part.save), [text, version], outputs, **private)
    restore.click(handler(part.restore), [version], outputs, **private)
    filled_when(history.click, press_handler(part.put_back), [version], outputs)
    return handler(part.show), [], outputs


class StartersPart:
    """首页提问: text, version, sentence, what was tried, earlier states."""

    def __init__(self, starters: EditedStarters, changes: Changes) -> None:
        self._starters = starters
        self._changes = changes

    def show(self, staff: Staff, sentence: str = "") -> list[object]:
        """The text as it is, and `sentence` before the state."""
        now = self._starters.now(staff)
        state = "随软件的" if now.is_shipped else "本单位改过的"
        told = note(f"{sentence}目前是{state}{saved_by(now.saved)}。")
        return [now.text, now.saved.version, told, "", self._history(staff, now)]

    def preview(self, staff: Staff, text: str) -> list[object]:
        """Ask the questions that are new in `text`."""
        return [note("只是试看，还没有保存。"), tried_html(self._starters.tried(staff, text))]

    def save(self, staff: Staff, text: str, version: int) -> list[object]:
        """Put the text in force."""
        self._starters.save(staff, text, version, now_utc())
        return self.show(staff, "已保存。")

    def restore(self, staff: Staff, version: int) -> list[object]:
        """Put the text as shipped in force again."""
        self._starters.restore(staff, version, now_utc())
        return self.show(staff, "已恢复。")

    def put_back(self, staff: Staff, _action: str, number: int, version: int) -> list[object]:
        """Put back the text of before the change that is entry `number` of the log."""
        before = self._changes.one(staff, number, SUBJECT).before
        if before is None:
            self._starters.restore(staff, version, now_utc())
        else:
            self._starters.save(staff, str(before), version, now_utc())
        return self.show(staff, "已恢复以前的。")

    def _history(self, staff: Staff, now: StartersNow) -> str:
        edited, shipped = None if now.is_shipped else now.text, shipped_text()
        return history_html(
            self._changes.of(staff, SUBJECT),
            lambda change: text_lines(change, shipped),
            lambda change: change.before == edited,
        )


def tried_html(tried: TriedStarters) -> str:
    """The new questions as an HTML table, those without an answer marked."""
    rows = [
        (
            one.question,
            badge("有答案", Tone.GOOD) if one.is_answered else badge("没有答案，不会显示", Tone.BAD),
            one.document or "",
        )
        for one in tried.tried
    ]
    left = f"，另有 {tried.left} 个没有试" if tried.left else ""
    return table(f"试了新写的 {len(rows)} 个问题{left}", ("问题", "答不答得上", "出自"), rows)
