"""设置, 首页提问: the topics and starter questions that citizens see first; a trial before saving."""

from kb.citizens.edited_starters import MOST, EditedStarters, TriedStarters
from kb.staff.permissions import Staff
from web.console.parts import Part, handler, note, saved_by
from web.console.tables import Tone, badge, table
from web.sessions import now_utc

_WHAT = (
    "群众还没有提问时看到的主题和问题，首页、问答窗口、边输入边提示都用它；主题也是政策文件目录里的主题。"
    "先一行 `[主题]`，下面一行一个问题。只显示文件里有答案的，保存后一分钟内逐个试过。"
)


def starters_part(starters: EditedStarters) -> Part:
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
        version = gr.State(0)
    part = StartersPart(starters)
    outputs = [text, version, result, tried]
    private = {"api_visibility": "private"}
    preview.click(handler(part.preview), [text], [result, tried], **private)
    save.click(handler(part.save), [text, version], outputs, **private)
    restore.click(handler(part.restore), [version], outputs, **private)
    return handler(part.show), [], outputs


class StartersPart:
    """首页提问: text, version, sentence, what was tried."""

    def __init__(self, starters: EditedStarters) -> None:
        self._starters = starters

    def show(self, staff: Staff, sentence: str = "") -> list[object]:
        """The text as it is, and `sentence` before the state."""
        now = self._starters.now(staff)
        state = "随软件的" if now.is_shipped else "本单位改过的"
        return [now.text, now.saved.version, note(f"{sentence}目前是{state}{saved_by(now.saved)}。"), ""]

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
