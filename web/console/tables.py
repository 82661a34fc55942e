"""Tables as HTML, every cell escaped: rows that open when pressed, coloured states; cards on a phone."""

import html
from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import Path

from kb.models import Model

ROWS_SCRIPT = (Path(__file__).parent / "rows.js").read_text(encoding="utf-8")


_NONE = "没有内容。"


class Tone(StrEnum):
    """The colour of a state."""

    PLAIN = ""
    GOOD = "good"
    WAIT = "wait"
    WORK = "work"
    BAD = "bad"


class Marked(Model):
    """A cell that is HTML already."""

    html: str


def badge(label: str, tone: Tone = Tone.PLAIN) -> Marked:
    """A state in its colour."""
    return Marked(html=f'<span class="badge {tone}">{html.escape(label)}</span>')


def marked(*cells: object) -> Marked:
    """Several cells as one."""
    return Marked(html=" ".join(map(_content, cells)))


def table(
    caption: str,
    headings: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    opens: bool = False,
    first: int = 0,
) -> str:
    """Rows as an HTML table, every cell escaped; line breaks in a cell are kept. None: a line says so.

    With `opens` each row is a button that sends its number, counted from `first`, to the page (ROWS_SCRIPT).
    """
    head = "".join(f'<th scope="col">{html.escape(heading)}</th>' for heading in headings)
    body = "".join(_row(number, headings, row, opens) for number, row in enumerate(rows, first))
    body = body or f'<tr class="none"><td colspan="{len(headings)}">{_NONE}</td></tr>'
    return (
        f'<table class="list"><caption>{html.escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def turns_html(number: int, pages: int) -> str:
    """The buttons to the pages before and after page `number`; empty for an only page."""
    if pages <= 1:
        return ""
    before = _turn("上一页", number - 1) if number > 1 else ""
    after = _turn("下一页", number + 1) if number < pages else ""
    return f'<div class="turns">{before}<span>第 {number} / {pages} 页</span>{after}</div>'


def _turn(label: str, number: int) -> str:
    return f'<span data-number="{number}"><button type="button" data-action="turn">{label}</button></span>'


def _row(number: int, headings: Sequence[str], row: Sequence[object], opens: bool) -> str:
    key = f' data-number="{number}"' if opens else ""
    cells = "".join(
        _cell(cell, heading, place, opens and place == 0)
        for place, (cell, heading) in enumerate(zip(row, headings, strict=True))
    )
    return f"<tr{key}>{cells}</tr>"


def _cell(value: object, heading: str, place: int, opens: bool) -> str:
    lead = ' class="lead"' if place == 0 else ""
    content = _content(value)
    if opens:
        content = f'<button type="button" data-action="open">{content}</button>'
    return f'<td{lead} data-label="{html.escape(heading)}">{content}</td>'


def _content(value: object) -> str:
    if isinstance(value, Marked):
        return value.html
    return "<br>".join(html.escape("" if value is None else str(value)).split("\n"))
