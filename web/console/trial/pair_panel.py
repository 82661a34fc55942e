"""这样回答才对: staff pick the passage that answers a question, or say that none does; it becomes a pair."""

import html
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from kb.errors import InputError
from kb.hits import Chunk
from kb.knowledge_base import KnowledgeBase
from kb.models import MAX_QUESTION_CHARS, Filters, Question, viewer_url
from kb.staff.permissions import Action, Staff, require
from web.console.cards import Act, button_html, cards_script
from web.console.panels import panel, shown
from web.console.parts import handler, note, numbered, press_handler
from web.console.trial.why_html import passage_html
from web.sessions import now_utc

if TYPE_CHECKING:
    from gradio.components import Component

PICK = Act(action="pick", label="这段才是答案", key="p")
NO_ANSWER = "none"  # in place of a passage's id: no document answers
_CHOOSE = "还没有选。在下面查找，选出能回答的那一段；文件里确实没有的，关上后按“文件里没有答案”。"
_FIRST = "请先选出能回答的那一段。"
_FOUND = 8  # passages found by a search


class PairPanel:
    """The panel, added to the tab that is being built; `outputs` are the components `opened` updates."""

    def __init__(self, kb: KnowledgeBase) -> None:
        import gradio as gr

        self._kb = kb
        self._chosen, self._ids = gr.State(""), gr.State(())
        with panel("pair", "这样回答才对") as self._panel:
            self.question = gr.Textbox(label="群众问的", max_lines=3, max_length=MAX_QUESTION_CHARS)
            self.before = gr.Textbox(label="它的上一问", max_lines=2, max_length=MAX_QUESTION_CHARS)
            self._shown = gr.HTML(label="对的答案")
            with gr.Row(elem_classes="toolbar"):
                words = gr.Textbox(label="另找一段", placeholder="文件名、条款或其中的字词", max_lines=1)
                find = gr.Button("查找", min_width=70)
            self._found = gr.HTML(label="找到的段落", js_on_load=cards_script("#panel-pair"))
            with gr.Row(elem_classes="acts-row"):
                save = gr.Button("存为评测题", variant="primary")
        self._told = gr.HTML(label="存题的结果", elem_classes="outcome")
        choice: list[Component] = [self._chosen, self._shown]
        self.outputs: list[Component] = [
            *(self._panel, self.question, self.before),
            *(*choice, self._found, self._ids, self._told),
        ]
        for trigger in (find.click, words.submit):
            trigger(handler(self.find), [words], [self._found, self._ids], api_visibility="private")
        self._found.click(press_handler(self.pick), [self._ids], choice, api_visibility="private")
        self._save = save.click(
            handler(self.save),
            [self.question, self.before, self._chosen],
            [self._panel, self._told],
            api_visibility="private",
        )

    def when_saved(self, work: Callable[..., object], outputs: "Sequence[Component]") -> None:
        """Call `work` when a pair was saved."""
        self._save.success(work, None, outputs, api_visibility="private")

    def opened(self, staff: Staff, question: str, before: str | None, chosen: str) -> list[object]:
        """The panel for a question, with the passage `chosen`, NO_ANSWER, or nothing chosen yet ("")."""
        require(staff, Action.PAIRS)
        if not question.strip():
            raise InputError("请先写下要试的问题。")
        return [shown(), question, before or "", chosen, self._choice_html(chosen), "", (), ""]

    def find(self, staff: Staff, words: str) -> list[object]:
        """Passages for `words`, as cards, and their ids."""
        require(staff, Action.PAIRS)
        if not words.strip():
            raise InputError("请写下要找的字词。")
        hits = self._kb.retrieval.retriever.retrieve(words[:MAX_QUESTION_CHARS], Filters(), _FOUND).kept
        cards = "".join(_card(number, hit.chunk, pick=True) for number, hit in enumerate(hits))
        return [cards or note("没有找到。"), tuple(hit.chunk.id_ for hit in hits)]

    def pick(self, staff: Staff, _action: str, number: int, ids: Sequence[str]) -> list[object]:
        """Choose the passage of a card."""
        require(staff, Action.PAIRS)
        chosen = numbered(ids, number)
        return [chosen, self._choice_html(chosen)]

    def save(self, staff: Staff, question: str, before: str | None, chosen: str) -> list[object]:
        """Save the pair."""
        require(staff, Action.PAIRS)
        if not chosen:
            raise InputError(_FIRST)
        history = (before,) if before and before.strip() else ()
        asked = Question(text=question, history=history)
        chunk_id = None if chosen == NO_ANSWER else chosen
        pair = self._kb.trials.pairs.save(staff, asked, chunk_id, now_utc())
        return [shown(False), note(f"已存为评测题：{pair.expected}。")]

    def _choice_html(self, chosen: str) -> str:
        """What is chosen as the right answer."""
        if chosen == NO_ANSWER:
            return f"{_head('文件里没有答案')}{note('对的做法是不回答。')}"
        if not chosen:
            return f"{_head('对的答案')}{note(_CHOOSE)}"
        chunk = self._kb.storage.documents.chunks([chosen]).get(chosen)
        if chunk is None:
            raise InputError("这一段已经不在了（文件刚有变动），请再问一次后选。")
        return f"{_head('对的答案')}{_card(0, chunk, pick=False)}"


def _head(text: str) -> str:
    return f"<h3>{html.escape(text)}</h3>"


def _card(number: int, chunk: Chunk, *, pick: bool) -> str:
    place = html.escape(" > ".join((chunk.document_title, *chunk.heading_path)))
    url = html.escape(viewer_url(chunk.document_id, chunk.span))
    button = button_html(PICK) if pick else ""
    return (
        f'<article class="hit" tabindex="0" data-number="{number}"><div class="place">{place}</div>'
        f'{passage_html(chunk.text)}<div class="acts">{button}'
        f'<a data-key="o" href="{url}" target="_blank">打开原文</a></div></article>'
    )
