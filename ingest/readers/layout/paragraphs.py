"""Printed pages -> paragraphs: lines that were broken only by the width of the page are joined.

A line was broken by the page if the first word of the next line would not have fitted on it. A new paragraph
is recognised by a short last line, an indented first line, a number, a larger gap or another font size.
Titles are consecutive centred lines of one size. A page or a column may begin within a paragraph.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from statistics import median
from typing import NamedTuple

from ingest.notation.dates import DATE_PATTERN
from ingest.readers.layout.page import PrintedColumn, PrintedLine, PrintedPage, PrintedTable
from ingest.structure.numbering import begins_item
from kb.models import Model

_TOLERANCE = 1.6  # characters between the end of a full line and the edge; justified print ends at it
_HALF_EMPTY = 0.5  # characters that a stop at the line's end leaves empty or is narrowed by
_INDENT = 1.2  # characters by which a paragraph's first line is indented
_HANGING = 4.5  # characters by which the lines below a number may be indented
_SIZES = 1.2  # times larger: another font size
_LEADING = 1.55  # times the usual distance of lines: a gap between paragraphs
_NEAR_END = 300  # characters at the end of a text that are searched for an open bracket
_BODY_SHARE = 0.04  # share of the lines that may stick out over the edge of the text

# A line of an information box ("发文机关：国务院"), the date of a signature, a document number.
_OWN_LINE = re.compile(
    rf"[一-鿿]{{2,6}}[:：]|{DATE_PATTERN}$|[一-鿿]{{2,12}}[〔\[【（(［](?:19|20)\d\d[〕\]】）)］]\s?第?\d{{1,5}}\s?号$"
)
_FIRST_WORD = re.compile(r"[A-Za-z0-9０-９.,%％/\-]+[一-鿿]?[。，；：、！？）)》”]?|.[。，；：、！？）)》”]?")
_STOPS = "。！？：:；;"


class _Edges(NamedTuple):
    """Where the text of a column begins and ends, and the usual distance between its lines."""

    left: float
    right: float
    leading: float


class _Placed(NamedTuple):
    """A line, the edges of its column, and the number of the column."""

    line: PrintedLine
    edges: _Edges
    column: int


class Paragraph(Model):
    """Text without line ends; `pages`: (page from 0, offset in the text) of the pages that begin in it."""

    text: str
    pages: tuple[tuple[int, int], ...]


class TableOnPage(Model):
    """A table and the page (from 0) that it stands on."""

    table: PrintedTable
    page: int


def paragraphs(pages: Sequence[PrintedPage]) -> Iterator[Paragraph | TableOnPage]:
    """The paragraphs and tables of the pages in reading order."""
    joiner = _Joiner(pages)
    text, page_offsets, last_page = "", list[tuple[int, int]](), -1
    previous: _Placed | None = None
    for page, placed in _placed(pages, joiner.edges):
        glue = "\n"
        if previous is not None and not isinstance(placed, PrintedTable):
            glue = joiner.glue(previous, placed)
            if glue == "\n" and _is_open(text) and joiner.may_follow(previous, placed):
                glue = ""
        if glue == "\n" and text:
            yield Paragraph(text=text, pages=tuple(page_offsets))
            text, page_offsets = "", []
        if isinstance(placed, PrintedTable):
            yield TableOnPage(table=placed, page=page)
            previous = None
        else:
            text += glue if text else ""
            if page != last_page:
                page_offsets.append((page, len(text)))
            text += placed.line.text
            previous = placed
        last_page = page
    if text:
        yield Paragraph(text=text, pages=tuple(page_offsets))


def _placed(
    pages: Sequence[PrintedPage], edges: dict[int, _Edges]
) -> Iterator[tuple[int, _Placed | PrintedTable]]:
    column = 0
    for number, page in enumerate(pages):
        for block in page.blocks:
            if isinstance(block, PrintedTable):
                yield number, block
                continue
            column += 1
            for line in block.lines:
                yield number, _Placed(line, _edges_of(block, edges.get(round(page.width))), column)


def _edges_of(column: PrintedColumn, usual: _Edges | None) -> _Edges:
    """The `usual` edges of pages of this width for the only column of a page, else the column's own."""
    if column.whole and usual is not None:
        return usual
    leading = usual.leading if usual is not None else 0.0
    return _Edges(column.left, column.right, leading)


class _Joiner:
    """Decides what stands between consecutive lines of a document: nothing, a space or a line end."""

    def __init__(self, pages: Sequence[PrintedPage]) -> None:
        columns = [
            (page, block) for page in pages for block in page.blocks if isinstance(block, PrintedColumn)
        ]
        lines = [line for _, column in columns for line in column.lines]
        self.body = median(line.size for line in lines) if lines else 0.0
        self.edges = {width: _usual_edges(group, self.body) for width, group in _by_width(columns).items()}
        self._indented = self._indents(columns)
        self._hanging = False

    def _indents(self, columns: Sequence[tuple[PrintedPage, PrintedColumn]]) -> bool:
        """Whether paragraphs of this document are indented, that is, most lines after a short last line."""
        after = inset = 0
        for page, column in columns:
            edges = _edges_of(column, self.edges.get(round(page.width)))
            for previous, line in zip(column.lines, column.lines[1:], strict=False):
                if previous.text[-1] in "。；" and edges.right - previous.right > 3 * self.body:
                    after += 1
                    inset += line.left - edges.left > _INDENT * self.body
        return 2 * inset > after

    def glue(self, previous: _Placed, placed: _Placed) -> str:
        """What to put between two lines: nothing or a space within a paragraph, else a line end."""
        before, line = previous.line, placed.line
        apart = self._are_apart(previous, placed)
        if _is_centred(previous) and _is_centred(placed) and not apart and self._are_title(before, line):
            return ""
        if not self.may_follow(previous, placed) or not _is_full(previous, line):
            self._hanging = False
            return "\n"
        inset = line.left - placed.edges.left > _INDENT * line.size
        if inset and not self._hangs(previous, placed):
            self._hanging = False
            return "\n"
        if before.text[-1] in _STOPS and not self._indented and before.text[-1] not in "；;":
            return "\n"
        return " " if _are_latin(before.text[-1], line.text[0]) else ""

    def may_follow(self, previous: _Placed, placed: _Placed) -> bool:
        """Whether `placed` may continue the paragraph of `previous`: nothing in it marks a new paragraph."""
        text = placed.line.text
        spread = previous.line.spread or placed.line.spread
        begins_anew = spread or _OWN_LINE.match(text) or self._begins_item(previous, placed)
        return not begins_anew and not self._are_apart(previous, placed)

    def _begins_item(self, previous: _Placed, placed: _Placed) -> bool:
        """Whether a line begins with the number of an item, not with an article cited in a sentence."""
        before, line = previous.line, placed.line
        flush = self._indented and line.left - placed.edges.left <= 0.5 * line.size
        broken = flush and before.text[-1] not in _STOPS and _is_full(previous, line)
        return begins_item(line.text) and not broken

    def _are_apart(self, previous: _Placed, placed: _Placed) -> bool:
        """Whether the two lines differ in font size or have a gap between them."""
        before, line = previous.line, placed.line
        if max(before.size, line.size) > _SIZES * min(before.size, line.size):
            return True
        if previous.column != placed.column or not placed.edges.leading:
            return False
        return line.middle - before.middle > max(_LEADING * placed.edges.leading, 1.8 * line.size)

    def _are_title(self, before: PrintedLine, line: PrintedLine) -> bool:
        large = min(before.size, line.size) > 1.1 * self.body
        return large and before.text[-1] not in _STOPS and not begins_item(line.text)

    def _hangs(self, previous: _Placed, placed: _Placed) -> bool:
        """Whether an indented line continues an item whose number is indented less."""
        before, line = previous.line, placed.line
        if self._hanging and abs(line.left - before.left) <= 0.5 * line.size:
            return True
        further = line.left - before.left
        self._hanging = begins_item(before.text) and 0.5 * line.size < further <= _HANGING * line.size
        return self._hanging


def _by_width(
    columns: Sequence[tuple[PrintedPage, PrintedColumn]],
) -> dict[int, list[tuple[PrintedColumn, PrintedPage]]]:
    groups: dict[int, list[tuple[PrintedColumn, PrintedPage]]] = defaultdict(list)
    for page, column in columns:
        if column.whole:
            groups[round(page.width)].append((column, page))
    return groups


def _usual_edges(group: Sequence[tuple[PrintedColumn, PrintedPage]], body: float) -> _Edges:
    """The edges of the text on pages of one width; hardly any line sticks out over them."""
    lines = [line for column, _ in group for line in column.lines]
    lefts, rights = sorted(line.left for line in lines), sorted(line.right for line in lines)
    outlier_count = int(_BODY_SHARE * len(lines))
    steps = [
        line.middle - before.middle
        for column, _ in group
        for before, line in zip(column.lines, column.lines[1:], strict=False)
        if line.middle - before.middle < 4 * body
    ]
    return _Edges(lefts[outlier_count], rights[-1 - outlier_count], median(steps) if steps else 0.0)


def _is_full(previous: _Placed, line: PrintedLine) -> bool:
    """Whether the line `previous` had no room left for the first word of `line`."""
    room = previous.edges.right - previous.line.right
    size = previous.line.size
    first = _FIRST_WORD.match(line.text)
    word = sum(0.55 if char.isascii() else 1.0 for char in first[0]) if first else 1.0
    hanging = _HALF_EMPTY if previous.line.text[-1] in "，、。；：）》”" else 0.0
    return room <= (max(_TOLERANCE, word + 0.6) + hanging) * size


def _is_centred(placed: _Placed) -> bool:
    line, edges = placed.line, placed.edges
    left, right = line.left - edges.left, edges.right - line.right
    even = abs(left - right) <= max(2 * line.size, 0.06 * (edges.right - edges.left))
    return even and min(left, right) >= -line.size


def _is_open(text: str) -> bool:
    """Whether a bracket opened near the end of `text` is not closed, so that the paragraph must continue."""
    near = text[-_NEAR_END:]
    return any(near.count(opening) > near.count(closing) for opening, closing in ("《》", "（）", "〔〕"))


def _are_latin(a: str, b: str) -> bool:
    return a.isascii() and a.isalnum() and b.isascii() and b.isalnum()
