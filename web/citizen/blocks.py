"""Cuts a document into blocks for a page, each split into pieces where marks begin and end.

A line is a block, and so are the rows of a table together (kb.tables.grid): they are shown as a table.
"""

import re
from collections.abc import Iterable, Sequence

from kb.models import Model, PolicyDocument, Span
from kb.tables.grid import Table, table_lines, tables_of
from web.citizen.marks import Highlight, MarkKind

_MARKDOWN_HEADING = re.compile(r"#{1,6}\s+")
_OUTLINE_LEVELS = 2
_HEADING_CHARS = 60


class TextPiece(Model):
    """A run of characters of a block; `kind` when it is marked, `anchor` on the first piece of a mark."""

    text: str
    kind: MarkKind | None = None
    anchor: str | None = None


class ViewerRow(Model):
    """A row of a table, a cell for each column; `whole`: its only cell reaches over all columns."""

    cells: tuple[tuple[TextPiece, ...], ...]
    whole: bool = False


class ViewerTable(Model):
    """A table: the heads of its columns and its rows."""

    caption: str
    heads: tuple[str, ...]
    rows: tuple[ViewerRow, ...]


class ViewerBlock(Model):
    """One line or table: `level` 2 to 6 for <h2> to <h6>, 0 for text; the outline links to `anchor`."""

    pieces: tuple[TextPiece, ...] = ()
    table: ViewerTable | None = None
    level: int = 0
    anchor: str | None = None
    page: int | None = None  # set on the first block of a page
    page_label: str | None = None  # what that page is called, where not by its number


class OutlineEntry(Model):
    """One line of the outline."""

    anchor: str
    label: str
    level: int


def make_outline(document: PolicyDocument) -> list[OutlineEntry]:
    """The outline: all sections of level 1, and sections of level 2 with a heading."""
    return [
        OutlineEntry(anchor=f"s{index}", label=section.label, level=section.level)
        for index, section in enumerate(document.sections)
        if section.level <= _OUTLINE_LEVELS and (section.heading or section.level == 1)
    ]


def make_blocks(document: PolicyDocument, marks: Sequence[Highlight]) -> list[ViewerBlock]:
    """The lines of a document as blocks; blank lines are dropped, positions still count them."""
    anchors = {section.span.start: index for index, section in enumerate(document.sections)}
    pending = _Marks(marks)
    tables = {table.rows[0].span.start: table for table in tables_of(document)}
    blocks: list[ViewerBlock] = []
    offset, page, shown = 0, None, 0
    for line in document.text.splitlines(keepends=True):
        begin, offset = offset, offset + len(line)
        if not line.strip() or begin < shown:
            continue
        hashes = _MARKDOWN_HEADING.match(line)
        span = Span(start=begin + (hashes.end() if hashes else 0), end=begin + len(line.rstrip()))
        index = next((anchors[at] for at in range(begin, span.end) if at in anchors), None)
        on_page = document.page_of(begin)
        table = tables.get(begin)
        shown = table.rows[-1].span.end if table else begin
        blocks.append(
            ViewerBlock(
                pieces=() if table else tuple(pending.cut(document.text, span)),
                table=_table(document.text, table, pending) if table else None,
                level=_level(document, line, index),
                anchor=None if index is None else f"s{index}",
                page=on_page if on_page != page else None,
                page_label=document.page_label(on_page),
            )
        )
        page = on_page
    return _without_gaps(blocks)


def shown_marks(blocks: Iterable[ViewerBlock]) -> int:
    """How many marks the blocks show; those on heads within the rows of a table are not."""
    lines = [block.pieces for block in blocks]
    tables = [block.table for block in blocks if block.table]
    cells = [cell for table in tables for row in table.rows for cell in row.cells]
    return sum(piece.anchor is not None for pieces in (*lines, *cells) for piece in pieces)


def _table(text: str, table: Table, pending: "_Marks") -> ViewerTable:
    """The lines from the first to the last row; a line without heads is a row of one cell."""
    rows = {row.span.start: row for row in table.rows}
    shown = Span(start=table.rows[0].span.start, end=table.rows[-1].span.end)
    viewed = []
    for line in table_lines(text, shown):
        row = rows.get(line.start)
        if row is None:
            viewed.append(ViewerRow(cells=(tuple(pending.cut(text, line)),), whole=True))
            continue
        cells: dict[int, tuple[TextPiece, ...]] = {}
        for cell in row.cells:  # in the order of the text, as marks are
            cells[cell.column] = tuple(pending.cut(text, cell.span))
        viewed.append(ViewerRow(cells=tuple(cells.get(number, ()) for number in range(len(table.columns)))))
    heads = tuple(column.head for column in table.columns)
    return ViewerTable(caption=table.caption, heads=heads, rows=tuple(viewed))


class _Marks:
    """Marks in reading order, consumed as their lines are cut."""

    def __init__(self, marks: Sequence[Highlight]) -> None:
        self._left = list(reversed(marks))
        self._begun = 0  # number of marks shown, at least in part
        self._open = False  # the current mark continues on the next line

    def cut(self, text: str, shown: Span) -> Iterable[TextPiece]:
        """The characters of span `shown` of `text` as pieces, cut where marks begin and end."""
        at = shown.start
        while self._left and self._left[-1].span.start < shown.end:
            mark = self._left[-1]
            start, end = max(mark.span.start, at), min(mark.span.end, shown.end)
            if start < end:
                if at < start:
                    yield TextPiece(text=text[at:start])
                yield TextPiece(text=text[start:end], kind=mark.kind, anchor=self._anchor(mark))
                at, self._open = end, True
            if mark.span.end > shown.end:
                break
            self._left.pop()
            self._open = False
        if at < shown.end:
            yield TextPiece(text=text[at : shown.end])

    def _anchor(self, mark: Highlight) -> str | None:
        """The id of a mark's first piece, None for later pieces; the cited place is always "cited"."""
        if self._open:
            return None
        self._begun += 1
        return "cited" if mark.kind is MarkKind.CITED else f"hit-{self._begun}"


def _without_gaps(blocks: list[ViewerBlock]) -> list[ViewerBlock]:
    """`blocks` with their heading levels renumbered 2, 3, … below the page's <h1> (WCAG 1.3.1)."""
    used = sorted({block.level for block in blocks if block.level})
    tags = {0: 0, **{level: number for number, level in enumerate(used, start=2)}}
    return [block.model_copy(update={"level": tags[block.level]}) for block in blocks]


def _level(document: PolicyDocument, line: str, index: int | None) -> int:
    """Heading level of a line; 0 for running text, as are long lines and lines that end a sentence."""
    if line.startswith("# "):
        return 1
    if index is None or len(line) > _HEADING_CHARS or line.rstrip().endswith(("。", "；", "：", ";", ":")):
        return 0
    section = document.sections[index]
    return min(section.level + 1, 4) if section.heading else 0
