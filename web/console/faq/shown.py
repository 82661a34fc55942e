"""How an answer will look to citizens, and the pictures and attachments that are put into it."""

import html
from typing import TYPE_CHECKING

from kb.errors import InputError
from kb.faq.marked.markdown import html_of
from kb.knowledge_base import KnowledgeBase
from kb.staff.permissions import Action, Staff, require
from web.console.parts import chosen_file, handler, note
from web.sessions import now_utc
from web.uploads import taken

if TYPE_CHECKING:
    from gradio.components import Component

_HOW = (
    "答案里可以写：**加粗**；行首“- ”或“1. ”是列表；[文字](https://网址) 是链接，"
    "文字以“在线办理”或“视频”开头的显示成按钮。图片、附件在下面选好，放进答案；"
    "名称以“图解”开头的图片是图解：整幅显示，出处文件的页面上也有。"
)


def shown_part(kb: KnowledgeBase, answer: "Component") -> None:
    """Build the preview of the field `answer`, and the upload that adds a file to it."""
    import gradio as gr

    with gr.Accordion("预览，放图片和附件", open=False):
        gr.HTML(note(_HOW), label="写法")
        preview = gr.HTML(label="群众看到的样子")
        file = gr.File(label="图片或附件（10 MB 以内）", height=110)
        add = gr.Button("放进答案")

    def show(_staff: Staff, text: str | None) -> str:
        return preview_html(text or "")

    def put(staff: Staff, path: str | None, text: str | None) -> list[object]:
        require(staff, Action.FAQ_EDIT)
        if not path:
            raise InputError("请先选择图片或附件。")
        with taken(kb.settings.home, staff.name, path) as uploaded:
            name, content = chosen_file(uploaded)
        added = kb.faq.attachments.add(staff, name, content, now_utc())
        words = f"{(text or '').rstrip()}\n\n{added.markdown}".strip()
        return [None, words, preview_html(words)]

    answer.change(handler(show), [answer], [preview], api_visibility="private")
    add.click(handler(put), [file, answer], [file, answer, preview], api_visibility="private")


def preview_html(answer: str) -> str:
    """The answer as the widget and the page show it."""
    if not answer.strip():
        return note("还没有写答案。")
    marked = html_of(answer)
    words = marked or f'<p style="white-space: pre-wrap">{html.escape(answer)}</p>'
    return f'<div class="answer-html">{words}</div>'
