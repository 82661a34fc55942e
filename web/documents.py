"""GET /doc/{id}: the whole text of a document, a cited place highlighted.

A page is made of blocks, one a line of the document; the highlight cuts a block into pieces. Everything goes
through jinja2 with autoescape: no HTML from a document is ever executed.
"""

import re
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from fastapi.templating import Jinja2Templates

from kb.models import Model, PolicyDocument, Span
from web.state import knowledge_base

router = APIRouter()

_templates = Jinja2Templates(Path(__file__).parent / "templates")
_MARKDOWN_HEADING = re.compile(r"#{1,6}\s+")
_OUTLINE_LEVELS = 2
_HEADING_CHARS = 60
_OFFSET = re.compile(r"[0-9]{1,9}")  # Python refuses to read numbers of thousands of digits


class Piece(Model):
    """A run of characters of a block; `marked` when it is cited, `first` for the first cited one."""

    text: str
    marked: bool = False
    first: bool = False


class Block(Model):
    """One line of a document: `level` > 0 for a heading, `anchor` where the outline points to."""

    pieces: tuple[Piece, ...]
    level: int = 0
    anchor: str | None = None
    page: int | None = None  # set on the first block of a page


@router.get("/doc/{document_id}", response_class=HTMLResponse)
def show(request: Request, document_id: str, start: str = "", end: str = "") -> Response:
    """The document as a page; `start` and `end` that make no sense highlight nothing."""
    document = knowledge_base(request).documents.get(document_id)
    if document is None:
        return _templates.TemplateResponse(request, "not_found.html", {}, status_code=404)
    cited = cited_span(document, start, end)
    blocks = make_blocks(document, cited)
    outline = [
        (f"s{index}", section.label, section.level)
        for index, section in enumerate(document.sections)
        if section.level <= _OUTLINE_LEVELS and (section.heading or section.level == 1)
    ]
    page = {"document": document, "blocks": blocks, "outline": outline, "cited": cited is not None}
    return _templates.TemplateResponse(request, "document.html", page)


def cited_span(document: PolicyDocument, start: str, end: str) -> Span | None:
    """The span named by the query string, or None when it is not inside the document."""
    if not (_OFFSET.fullmatch(start) and _OFFSET.fullmatch(end)):
        return None
    first, last = int(start), int(end)
    if not first < last <= len(document.text):
        return None
    return Span(start=first, end=last)


def make_blocks(document: PolicyDocument, cited: Span | None) -> list[Block]:
    """The document line by line; blank lines are dropped, positions are not."""
    anchors = {section.span.start: index for index, section in enumerate(document.sections)}
    blocks: list[Block] = []
    offset, page = 0, None
    marked = False
    for line in document.text.splitlines(keepends=True):
        begin, offset = offset, offset + len(line)
        if not line.strip():
            continue
        hashes = _MARKDOWN_HEADING.match(line)
        shown = Span(start=begin + (hashes.end() if hashes else 0), end=begin + len(line.rstrip()))
        index = next((anchors[at] for at in range(begin, shown.end) if at in anchors), None)
        pieces = _cut(document.text, shown, cited, marked)
        marked = marked or any(piece.marked for piece in pieces)
        on_page = document.page_of(begin)
        blocks.append(
            Block(
                pieces=pieces,
                level=_level(document, line, index),
                anchor=None if index is None else f"s{index}",
                page=on_page if on_page != page else None,
            )
        )
        page = on_page
    return blocks


def _cut(text: str, shown: Span, cited: Span | None, marked: bool) -> tuple[Piece, ...]:
    """The characters of `shown`, cut where the cited span begins and ends."""
    if cited is None or cited.end <= shown.start or cited.start >= shown.end:
        return (Piece(text=shown.of(text)),)
    start, end = max(cited.start, shown.start), min(cited.end, shown.end)
    pieces = (
        Piece(text=text[shown.start : start]),
        Piece(text=text[start:end], marked=True, first=not marked),
        Piece(text=text[end : shown.end]),
    )
    return tuple(piece for piece in pieces if piece.text)


def _level(document: PolicyDocument, line: str, index: int | None) -> int:
    """Heading level of a line: 0 for running text, which a long line or one that ends a sentence is."""
    if line.startswith("# "):
        return 1
    if index is None or len(line) > _HEADING_CHARS or line.rstrip().endswith(("。", "；", "：", ";", ":")):
        return 0
    section = document.sections[index]
    return min(section.level + 1, 4) if section.heading else 0
