"""Buttons that let the language model write a draft into a form; not shown without a model.

`faq_assist` belongs under the form of an FAQ entry, `reply_assist` under a question with a reply field. A
draft stays in the form until a person saves it.
"""

import html
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from kb.desk.assistant import Assistant, Draft
from kb.knowledge_base import KnowledgeBase
from kb.staff.permissions import Staff
from web.console.parts import handler, note
from web.sessions import now_utc

if TYPE_CHECKING:
    from gradio.components import Component


def faq_assist(kb: KnowledgeBase, form: "Sequence[Component]") -> None:
    """Add buttons to the form of web.console.faq.form: entry from quote, other wordings, plain language."""
    if kb.assistant is None:
        return
    import gradio as gr

    assistant = kb.assistant
    question, variants, answer, quote = form[0], form[1], form[2], form[5]
    with gr.Accordion("请模型起草（草稿，须人工核对）", open=False), gr.Row():
        entry_button = gr.Button("由引文起草一问一答")
        variants_button = gr.Button("写其他问法")
        plain_button = gr.Button("把答案改写得通俗易懂")
    result = gr.HTML(label="起草结果")
    steps: list[tuple[Component, Callable[..., object], list[Component], list[Component]]] = [
        (
            entry_button,
            lambda staff, text: _entry(assistant, staff, text),
            [quote],
            [question, answer, result],
        ),
        (
            variants_button,
            lambda staff, *given: _variants(assistant, staff, *given),
            [question, variants],
            [variants, result],
        ),
        (plain_button, lambda staff, text: _plain(assistant, staff, text), [answer], [answer, result]),
    ]
    for button, work, inputs, outputs in steps:
        button.click(handler(work), inputs, outputs, api_visibility="private")


def reply_assist(kb: KnowledgeBase, question: "Component", reply: "Component") -> None:
    """Add the button that drafts into the field `reply` a reply to the question in `question`."""
    if kb.assistant is None:
        return
    import gradio as gr

    assistant = kb.assistant
    write = gr.Button("请模型起草答复（草稿，须人工核对）")
    result = gr.HTML(label="起草结果")

    def work(staff: Staff, text: object) -> list[object]:
        draft = assistant.reply(staff, str(text or ""), now_utc())
        sources = [f"[{n}] 《{citation.document}》" for n, citation in enumerate(draft.citations, start=1)]
        return [draft.text, _told(draft, sources)]

    write.click(handler(work), [question], [reply, result], api_visibility="private")


def _entry(assistant: Assistant, staff: Staff, quote: object) -> list[object]:
    draft = assistant.faq(staff, str(quote or ""), now_utc())
    return [draft.question, draft.text, _told(draft)]


def _variants(assistant: Assistant, staff: Staff, question: object, before: object) -> list[object]:
    draft = assistant.variants(staff, str(question or ""), now_utc())
    lines = [line for line in str(before or "").splitlines() if line.strip()]
    return ["\n".join(dict.fromkeys((*lines, *draft.variants))), _told(draft)]


def _plain(assistant: Assistant, staff: Staff, answer: object) -> list[object]:
    draft = assistant.plain(staff, str(answer or ""), now_utc())
    return [draft.text, _told(draft)]


def _told(draft: Draft, sources: Sequence[str] = ()) -> str:
    """The draft's mark, the findings to check, and the sources, as HTML."""
    items = "".join(f'<li class="clash">{html.escape(finding)}</li>' for finding in draft.findings)
    findings = f'<p>请核对：</p><ul class="findings">{items}</ul>' if items else ""
    return note(f"{draft.mark}。") + findings + "".join(map(note, sources))
