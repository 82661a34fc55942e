"""The passages of a document: a list that opens one, where it is joined with the next or parted."""

import html
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from ingest.editing import passages
from ingest.editing.listing import Detail, detail
from ingest.editing.passages import PassagePlace
from ingest.editing.previews import PreviewPassage
from kb.knowledge_base import KnowledgeBase
from kb.staff.permissions import Staff
from web.console.panels import panel, shown
from web.console.parts import handler, note, press_handler
from web.console.tables import ROWS_SCRIPT, table, turns_html
from web.sessions import now_utc

if TYPE_CHECKING:
    import gradio as gr

_PAGE = 100  # passages on a page of the list: many more hang browsers
_SHOWN = 120  # characters of a passage in the list
_JOIN, _PART, _GO, _TURN = "join", "part", "go", "turn"


class PassagesPart:
    """The list, built in the document's panel, and the panel of one passage."""

    def __init__(self, kb: KnowledgeBase, document: "gr.State", version: "gr.State") -> None:
        import gradio as gr

        self._kb = kb
        self._document, self._version = document, version
        with gr.Accordion("段落", open=False, visible=False, elem_id="passages") as self.part:
            self.list = gr.HTML(label="段落清单", js_on_load=ROWS_SCRIPT)

    def build_panel(self) -> None:
        """Build the panel of one passage, over that of the document."""
        import gradio as gr

        # What the panel shows: the passage's id and number.
        with panel("passage", "调整分段") as column:
            told = gr.HTML(label="调整的结果", elem_classes="outcome")
            one = gr.HTML(label="这一段", js_on_load=ROWS_SCRIPT)
            with gr.Row(elem_classes="acts-row"):
                as_cut = gr.Button("恢复自动分段", elem_classes="confirm", visible=False)
        passage, number = gr.State(""), gr.State(0)
        outputs = [column, told, one, passage, number, as_cut, self.part, self.list, self._version]
        private = {"api_visibility": "private"}
        self.list.click(press_handler(self.pressed), [self._document], outputs, **private)
        held = [self._document, passage, number, self._version]
        one.click(press_handler(self.changed), held, outputs, **private)
        as_cut.click(handler(self.as_cut), held, outputs, **private)

    def filled(self, document: Detail | None) -> list[object]:
        """The values of part and list for a document that is opened."""
        import gradio as gr

        if document is None:
            return [gr.Accordion(visible=False), ""]
        label = f"段落（{len(document.passages)} 段，点开一段可以合并、拆开）"
        return [gr.Accordion(label=label, visible=True), list_html(document.passages)]

    def pressed(self, staff: Staff, action: str, number: int, document_id: str) -> list[object]:
        """The panel with the passage that was pressed, or another page of the list."""
        import gradio as gr

        if action != _TURN:
            return self._shown(staff, document_id, number)
        read = detail(self._kb, document_id, staff)
        return [*(gr.skip() for _ in range(7)), list_html(read.passages, number), gr.skip()]

    def changed(
        self,
        staff: Staff,
        action: str,
        place: int,
        document_id: str,
        passage_id: str,
        number: int,
        version: int,
    ) -> list[object]:
        """The panel after a press within it: another passage, the two joined, or the parts."""
        now = now_utc()
        if action == _JOIN:
            passages.join(self._kb, document_id, passage_id, version, staff, now)
            return self._shown(staff, document_id, number, "已与下一段合并，检索按合并后的段落查。")
        if action == _PART:
            passages.part(self._kb, document_id, passage_id, place, version, staff, now)
            return self._shown(staff, document_id, number, "已拆成两段，这是前一段。")
        return self._shown(staff, document_id, place)

    def as_cut(
        self, staff: Staff, document_id: str, _passage_id: str, number: int, version: int
    ) -> list[object]:
        """The panel after all changes of the document's boundaries were dropped."""
        passages.as_cut(self._kb, document_id, version, staff, now_utc())
        return self._shown(staff, document_id, number, "已恢复自动分段。")

    def _shown(self, staff: Staff, document_id: str, number: int, sentence: str = "") -> list[object]:
        import gradio as gr

        one = passages.passage(self._kb, document_id, number, staff)
        read = detail(self._kb, document_id, staff)
        return [
            shown(),
            note(sentence) if sentence else "",
            passage_html(one),
            one.id,
            one.number,
            gr.Button(visible=read.rebounded > 0),
            *(self.filled(read) if sentence else [gr.skip(), gr.skip()]),
            one.version,
        ]


def list_html(all_passages: Sequence[PreviewPassage], page: int = 1) -> str:
    """A page of the passages as a table whose rows open."""
    pages = max(1, -(-len(all_passages) // _PAGE))
    page = max(1, min(page, pages))
    first = (page - 1) * _PAGE
    rows = [
        (
            f"第 {number} 段",
            "\n".join(filter(None, (passage.place, "、".join(passage.units)))),
            passage.page,
            _short(passage.text),
        )
        for number, passage in enumerate(all_passages[first : first + _PAGE], first + 1)
    ]
    caption = f"第 {first + 1} 至 {first + len(rows)} 段" if pages > 1 else f"共 {len(rows)} 段"
    listed = table(caption, ("段落", "位置与单位", "页", "原文"), rows, opens=True, first=first)
    return listed + turns_html(page, pages)


def passage_html(one: PassagePlace) -> str:
    """A passage with a button at each place where it can be parted, and one to join it with the next."""
    where = [f"第 {one.number + 1} 段，共 {one.count} 段", one.place, f"第 {one.page} 页" if one.page else ""]
    pieces = [one.text[start:end] for start, end in pairwise((*one.starts, len(one.text)))]
    parts = [_piece(pieces[0])]
    for start, piece in zip(one.starts[1:], pieces[1:], strict=True):
        parts += [_button(_PART, start, "从这里拆开"), _piece(piece)]
    return (
        f'<p class="told">{html.escape("　".join(filter(None, where)))}</p>'
        f'<div class="passage">{"".join(parts)}</div>{_behind_html(one)}{_turns(one)}'
    )


def _behind_html(one: PassagePlace) -> str:
    if one.behind is None:
        return '<p class="told">这是最后一段。</p>'
    reason = f'<p class="told">不能与下一段合并：{html.escape(one.fault)}。</p>' if one.fault else ""
    button = "" if one.fault else _button(_JOIN, one.number, "与下一段合并")
    return f'{button}{reason}<div class="passage behind">{_piece(one.behind)}</div>'


def _turns(one: PassagePlace) -> str:
    before = _turn(one.number - 1, "上一段") if one.number else ""
    after = _turn(one.number + 1, "下一段") if one.behind is not None else ""
    return f'<div class="turns">{before}{after}</div>'


def _turn(number: int, label: str) -> str:
    return f'<span data-number="{number}"><button type="button" data-action="{_GO}">{label}</button></span>'


def _button(action: str, number: int, label: str) -> str:
    return (
        f'<div class="seam" data-number="{number}"><button type="button" data-action="{action}">'
        f"{label}</button></div>"
    )


def _piece(text: str) -> str:
    lines = (html.escape(line) for line in text.splitlines() if line.strip())
    return f"<p>{'<br>'.join(lines)}</p>"


def _short(text: str) -> str:
    lines = "\n".join(filter(str.strip, text.splitlines()))
    return lines if len(lines) <= _SHOWN else f"{lines[:_SHOWN]}……"
