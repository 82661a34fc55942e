"""Gives printed tables that continue over several pages their column heads.

A head is printed once, or on every page, or again in the middle of a page where another list of the same kind
begins. Rows that are repeated word for word are heads: a table is cut before each of them. A table at the top
of a page without its own head continues the table at the bottom of the page before and gets its head, fitted
to its own columns.
"""

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from ingest.readers.layout.page import PrintedPage, PrintedTable
from ingest.readers.layout.paragraphs import Paragraph, TableOnPage
from ingest.readers.tables import Cell, Table

_AT_EDGE = 0.2  # of a page's height: a table that ends or begins so near its edge may continue
_SAME_WIDTH = 6.0  # points
_MAX_HEAD = 20  # characters of a cell in a head that is recognised by repetition
_DEEPEST_HEAD = 3  # rows

Row = tuple[Cell, ...]
HeadCell = Paragraph | TableOnPage


def with_heads(pieces: Sequence[HeadCell], pages: Sequence[PrintedPage]) -> list[HeadCell]:
    """The pieces with tables cut where a head is repeated, and with heads added where tables continue."""
    repeated_rows = _repeated_rows([piece.table.table for piece in pieces if isinstance(piece, TableOnPage)])
    result: list[HeadCell] = []
    head: PrintedTable | None = None  # the head rows of the last table that has a head
    for piece in pieces:
        if isinstance(piece, Paragraph):
            result.append(piece)
            continue
        previous = result[-1] if result else None
        if not isinstance(previous, TableOnPage) or not _goes_on(previous, piece, pages):
            head = None
        for part in _parts(piece.table, repeated_rows):
            if head is not None and not part.table.header_rows and not _begins_alike(part, head):
                part = _headed(part, head)
            head = _head_of(part) or head
            result.append(piece.model_copy(update={"table": part}))
    return result


def _repeated_rows(tables: Sequence[Table]) -> set[tuple[str, ...]]:
    """The rows of short texts that occur in these tables more than once."""
    counts = Counter(_words(row) for table in tables for row in table.rows)
    return {words for words, count in counts.items() if count > 1 and _may_be_head(words)}


def _words(row: Row) -> tuple[str, ...]:
    return tuple(cell.text for cell in row)


def _may_be_head(words: tuple[str, ...]) -> bool:
    filled = [word for word in words if word]
    return len(filled) >= 2 and all(len(word) <= _MAX_HEAD and not re.search(r"\d", word) for word in filled)


def _parts(printed: PrintedTable, again: set[tuple[str, ...]]) -> Iterator[PrintedTable]:
    """The table cut before each row in `again`, the repeated heads; cells that span a cut end there."""
    rows = printed.table.rows
    cuts = [0, *(index for index, row in enumerate(rows) if index and _words(row) in again), len(rows)]
    for start, end in itertools.pairwise(cuts):
        part = tuple(
            tuple(cell.model_copy(update={"rows": min(cell.rows, end - start - index)}) for cell in row)
            for index, row in enumerate(rows[start:end])
        )
        stated = None
        if _words(part[0]) in again:
            part, stated = (tuple(_single(part[0])), *part[1:]), 1
        yield printed.model_copy(update={"table": Table(rows=part, header_rows=stated)})


def _goes_on(before: TableOnPage, piece: TableOnPage, pages: Sequence[PrintedPage]) -> bool:
    """Whether a table at the top of its page continues one at the bottom of the page before."""
    first, second = before.table, piece.table
    return (
        piece.page == before.page + 1
        and first.bottom >= (1 - _AT_EDGE) * pages[before.page].height
        and second.top <= _AT_EDGE * pages[piece.page].height
        and abs(first.left - second.left) <= _SAME_WIDTH
        and abs(first.right - second.right) <= _SAME_WIDTH
    )


def _begins_alike(part: PrintedTable, head: PrintedTable) -> bool:
    return _words(part.table.rows[0]) == _words(head.table.rows[0])


def _head_of(printed: PrintedTable) -> PrintedTable | None:
    """The table cut down to its head: the first row and the rows that its cells reach into; None without."""
    rows = printed.table.rows
    depth = printed.table.header_rows or max((cell.rows for cell in rows[0]), default=1)
    if depth > min(_DEEPEST_HEAD, len(rows) - 1) or not all(cell.text for cell in rows[0]):
        return None
    return printed.model_copy(update={"table": Table(rows=rows[:depth], header_rows=depth)})


def _headed(part: PrintedTable, head: PrintedTable) -> PrintedTable:
    """`part` below the rows of `head`, whose cells are repeated for each column under them."""
    rows = tuple(
        tuple(_stretched(row, head.edges, part.edges)) for row in _full(head.table.rows, len(head.edges) - 1)
    )
    table = Table(rows=(*rows, *part.table.rows), header_rows=len(rows))
    return part.model_copy(update={"table": table})


def _full(rows: Sequence[Row], columns: int) -> Sequence[Row]:
    """`rows` if each has cells for all columns; only the first row if cells are merged downwards."""
    return rows if all(sum(cell.columns for cell in row) == columns for row in rows) else rows[:1]


def _stretched(row: Row, edges: Sequence[float], under: Sequence[float]) -> Iterator[Cell]:
    """The cells of `row` between `edges`, repeated for each of the columns with the edges `under`."""
    middles = [(a + b) / 2 for a, b in itertools.pairwise(under)]
    column = 0
    for cell in row:
        left, right = edges[column], edges[column + cell.columns]
        column += cell.columns
        count = sum(left <= middle < right for middle in middles)
        yield from [cell.model_copy(update={"columns": 1, "rows": 1})] * count


def _single(row: Row) -> Iterator[Cell]:
    """The cells of a head row, repeated for each column that they span."""
    for cell in row:
        yield from [cell.model_copy(update={"columns": 1})] * cell.columns
