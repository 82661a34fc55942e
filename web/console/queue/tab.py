"""群众提问: unanswered questions in groups: claim a group, reply with the sources beside it, or dismiss it.

Left: the list. Middle: the open group with the reply to write. Right: passages and FAQ entries found for it.
An unsent reply to a group is kept while the page is open.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kb.knowledge_base import KnowledgeBase
from kb.queue.worklist import MAX_NOTE_CHARS
from web.console.assist_part import reply_assist
from web.console.cards import cards_script
from web.console.filling import filled_when_opened
from web.console.parts import ANY, handler, press_handler
from web.console.queue.handing import HandingSteps, handing_part
from web.console.queue.page import QueuePage
from web.console.queue.templates_part import TemplatesPart
from web.console.queue.views import FIRST
from web.console.queue.widgets import Held, Widgets

if TYPE_CHECKING:
    import gradio as gr

_KEYS = (
    '<p class="keys">按键：<kbd>↓</kbd> <kbd>↑</kbd> 选一组　<kbd>Enter</kbd> 打开　<kbd>→</kbd> 写答复，'
    "再按 <kbd>Tab</kbd> 认领　<kbd>Ctrl</kbd>+<kbd>Enter</kbd> 发出答复　<kbd>Esc</kbd> 回到左边</p>"
)
_SCRIPT = (Path(__file__).parent / "queue.js").read_text(encoding="utf-8")
_BACK = (
    "() => Array(2).fill({ __type__: 'update', visible: false })"  # on a phone the open group hides the list
)
_AT_ONCE = 4  # concurrent events of each kind, of all staff together


def tab(kb: KnowledgeBase) -> None:
    """Build the tab inside the console's page."""
    import gradio as gr

    with gr.Tab("群众提问", elem_id="tab-queue") as tab_page:
        with gr.Row():
            view = gr.Radio(
                [(FIRST.label, FIRST.value)],
                value=FIRST.value,
                label="范围",
                elem_classes="segments",
                scale=8,
                min_width=280,
            )
            department = gr.Dropdown([ANY], value=ANY, label="部门", scale=2, min_width=150)
            words = gr.Textbox(
                label="查找",
                placeholder="问题里的字，或查询码",
                max_lines=1,
                scale=2,
                min_width=170,
                elem_id="queue-words",
            )
        gr.HTML(_KEYS, label="按键")
        with gr.Row(equal_height=False):
            with gr.Column(scale=4, min_width=300, elem_id="queue-side"):
                refresh = gr.Button("刷新", size="sm")
                listing = gr.HTML(
                    label="提问清单",
                    elem_id="queue-list",
                    js_on_load=cards_script("#queue-words", "#queue-reply"),
                )
            with gr.Row(equal_height=False, elem_id="queue-open"):
                widgets = _work_part(kb, view, department, words, listing)
        templates = TemplatesPart(kb)
    _bind(QueuePage(kb, widgets), HandingSteps(kb), widgets, (tab_page.select, refresh.click))
    filled_when_opened(tab_page, [(handler(templates.show), (), templates.outputs)])


def _work_part(
    kb: KnowledgeBase, view: "gr.Radio", department: "gr.Dropdown", words: "gr.Textbox", listing: "gr.HTML"
) -> Widgets:
    """Build the open group with its actions, and the sources found for it."""
    import gradio as gr

    with gr.Column(scale=6, min_width=300, visible=False, elem_id="queue-work") as work:
        back = gr.Button("‹ 返回清单", size="sm", elem_id="queue-back")
        detail = gr.HTML(
            label="打开的提问", elem_id="queue-detail", js_on_load=cards_script("#queue-words") + _SCRIPT
        )
        reply = gr.Textbox(
            label="答复",
            placeholder="群众凭查询码看到这段话，落款是您的部门和姓名",
            lines=5,
            max_lines=8,
            elem_id="queue-reply",
        )
        with gr.Row(elem_classes="acts-row"):
            claim = gr.Button("认领", min_width=80)
            release = gr.Button("取消认领", min_width=80)
            draft = gr.Button("写成问答草稿", min_width=100)
            send = gr.Button("答复群众", variant="primary", min_width=100, elem_id="queue-send")
        result = gr.HTML(label="结果", elem_classes="outcome")
        template = gr.Dropdown([], label="答复模板", info="选一个放进答复")
        handing = handing_part()
        with gr.Accordion("不用答复，搁置", open=False) as aside:
            reason = gr.Textbox(
                label="搁置的原因", info="同事看得到，群众看不到", max_lines=2, max_length=MAX_NOTE_CHARS
            )
            dismiss = gr.Button("搁置", variant="stop")
    with gr.Column(scale=5, min_width=280, visible=False, elem_id="queue-beside") as beside:
        query = gr.Textbox(label="找依据", info="换个说法按 Enter", max_lines=1, elem_id="queue-query")
        reply_assist(kb, query, reply)
        sources = gr.HTML(label="依据", elem_id="queue-sources", js_on_load=cards_script("#queue-query"))
    back.click(None, None, [work, beside], js=_BACK, api_visibility="private")
    return Widgets(
        held=gr.State(Held()),
        offset=gr.State(0),
        found=gr.State(()),
        view=view,
        department=department,
        words=words,
        listing=listing,
        work=work,
        beside=beside,
        detail=detail,
        claim=claim,
        release=release,
        reply=reply,
        send=send,
        draft=draft,
        message_box=result,
        aside=aside,
        reason=reason,
        dismiss=dismiss,
        query=query,
        sources=sources,
        template=template,
        **handing,
    )


def _bind(
    page: QueuePage, handing: HandingSteps, widgets: Widgets, looks: Sequence[Callable[..., object]]
) -> None:
    """Connect the events of the tab's parts with the handlers of `page`."""
    import gradio as gr

    common = {
        "inputs": widgets.given(),
        "outputs": widgets.all(),
        "api_visibility": "private",
        "concurrency_limit": _AT_ONCE,
    }
    # All triggers are one event, so that the last request is shown. No progress overlay covers the cards: it
    # would catch a click on a card right after a filter.
    triggers = [*looks, widgets.words.submit, widgets.view.input, widgets.department.input]
    gr.on(triggers, handler(page.look), trigger_mode="always_last", show_progress="hidden", **common)
    for button, step in (
        (widgets.claim, page.claim),
        (widgets.release, page.release),
        (widgets.send, page.send),
        (widgets.draft, page.draft),
        (widgets.dismiss, page.dismiss),
        (widgets.hand_over, handing.hand_over),
        (widgets.assign, handing.assign),
        (widgets.send_back, handing.send_back),
        (widgets.add_note, handing.add_note),
    ):
        button.click(handler(page.doing(step)), show_progress_on=widgets.detail, **common)
    widgets.template.input(handler(page.template), show_progress="hidden", **common)
    widgets.query.submit(handler(page.search), show_progress="hidden", **common)

    for cards in (widgets.listing, widgets.detail, widgets.sources):
        cards.click(press_handler(page.pressed), show_progress="hidden", **common)
