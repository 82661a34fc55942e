"""Printed tables that go on over pages get the heads of their columns back.

A head is printed once, or again on every page, or again in the middle of a page where another list of the
same kind begins. Rows that come back word for word are heads: a table is cut before each of them. A table at
the top of a page without a head of its own goes on from the one at the bottom of the page before, and gets
that one's head, fitted to its own columns.
"""

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from ingest.readers.layout.page import PrintedPage, PrintedTable
from ingest.readers.layout.paragraphs import Paragraph, TableOnPage
from ingest.readers.tables import Cell, Table

_AT_EDGE = 0.2  # of a page's height: a table that ends or begins there may go on
_SAME_WIDTH = 6.0  # points
_MAX_HEAD = 20  # characters of a cell of a head that is told by its coming back
_DEEPEST_HEAD = 3  # rows

Row = tuple[Cell, ...]
Piece = Paragraph | TableOnPage


def with_heads(pieces: Sequence[Piece], pages: Sequence[PrintedPage]) -> list[Piece]:
    """The pieces with their tables cut where a head comes back, and headed where they go on."""
    again = _repeated_rows([piece.table.table for piece in pieces if isinstance(piece, TableOnPage)])
    done: list[Piece] = []
    head: PrintedTable | None = None  # the last table that has a head, cut down to it
    for piece in pieces:
        if isinstance(piece, Paragraph):
            done.append(piece)
            continue
        before = done[-1] if done else None
        if not isinstance(before, TableOnPage) or not _goes_on(before, piece, pages):
            head = None
        for part in _parts(piece.table, again):
            if head is not None and not part.table.header_rows and not _begins_alike(part, head):
                part = _headed(part, head)
            head = _head_of(part) or head
            done.append(piece.model_copy(update={"table": part}))
    return done


def _repeated_rows(tables: Sequence[Table]) -> set[tuple[str, ...]]:
    """Rows of short words that stand in these tables more than once."""
    counted = Counter(_words(row) for table in tables for row in table.rows)
    return {words for words, count in counted.items() if count > 1 and _may_be_head(words)}


def _words(row: Row) -> tuple[str, ...]:
    return tuple(cell.text for cell in row)


def _may_be_head(words: tuple[str, ...]) -> bool:
    written = [word for word in words if word]
    return len(written) >= 2 and all(
        len(word) <= _MAX_HEAD and not re.search(r"\d", word) for word in written
    )


def _parts(printed: PrintedTable, again: set[tuple[str, ...]]) -> Iterator[PrintedTable]:
    """The table, cut before each row that is a head; cells that reach over a cut end there."""
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
    """Whether a table at the top of its page goes on from one at the bottom of the page before."""
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
    """The table cut down to its head: its first row, and as many more as a cell of that reaches into."""
    rows = printed.table.rows
    depth = printed.table.header_rows or max((cell.rows for cell in rows[0]), default=1)
    if depth > min(_DEEPEST_HEAD, len(rows) - 1) or not all(cell.text for cell in rows[0]):
        return None
    return printed.model_copy(update={"table": Table(rows=rows[:depth], header_rows=depth)})


def _headed(part: PrintedTable, head: PrintedTable) -> PrintedTable:
    """`part` below `head`, whose cells are stretched over the columns that lie under them."""
    rows = tuple(
        tuple(_stretched(row, head.edges, part.edges)) for row in _full(head.table.rows, len(head.edges) - 1)
    )
    table = Table(rows=(*rows, *part.table.rows), header_rows=len(rows))
    return part.model_copy(update={"table": table})


def _full(rows: Sequence[Row], columns: int) -> Sequence[Row]:
    """Rows that have cells for all columns; of a head with cells that reach down only the first."""
    return rows if all(sum(cell.columns for cell in row) == columns for row in rows) else rows[:1]


def _stretched(row: Row, edges: Sequence[float], under: Sequence[float]) -> Iterator[Cell]:
    """Cells over the columns with the edges `under`."""
    middles = [(a + b) / 2 for a, b in itertools.pairwise(under)]
    column = 0
    for cell in row:
        left, right = edges[column], edges[column + cell.columns]
        column += cell.columns
        count = sum(left <= middle < right for middle in middles)
        yield from [cell.model_copy(update={"columns": 1, "rows": 1})] * count


def _single(row: Row) -> Iterator[Cell]:
    """A head's cells, one for each column that they stand over."""
    for cell in row:
        yield from [cell.model_copy(update={"columns": 1})] * cell.columns
