"""The rows of a sheet -> captions, tables and remarks: empty rows part them, a row of one cell is a line."""

from collections.abc import Iterator, Sequence

from ingest.readers.assembly import Assembly, is_unit_line
from ingest.readers.tables import Cell, Table

Row = tuple[Cell, ...]

_LEAST_TITLE = 6  # characters of a row that is the title of its sheet


def title_row(rows: Sequence[Row]) -> str:
    """The title of what a sheet holds, its first filled row where that is one cell above a table; else ""."""
    block = next(_blocks(rows), [])
    first = _single(block[0]) if len(block) > 1 else ""
    return first if len(first) >= _LEAST_TITLE and not is_unit_line(first) else ""


def add_rows(assembly: Assembly, rows: Sequence[Row]) -> None:
    """Add the rows of a sheet to `assembly`."""
    for block in _blocks(rows):
        first, last = 0, len(block)
        while first < last and _single(block[first]):
            first += 1
        while last > first and _single(block[last - 1]):
            last -= 1
        for row in block[:first]:
            assembly.paragraph(_single(row), caption=first < last)
        if first < last:
            assembly.table(Table(rows=tuple(_narrowed(block[first:last]))))
        for row in block[last:]:
            assembly.paragraph(_single(row))


def _blocks(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Groups of rows between empty rows; a row that a cell from above reaches into is not empty."""
    block: list[Row] = []
    reach = 0  # rows that a merged cell still covers
    for row in rows:
        filled = any(cell.text for cell in row)
        if filled or reach > 0:
            block.append(row)
            reach = max(reach, *(cell.rows for cell in row if cell.text), 0) - 1 if filled else reach - 1
        elif block:
            yield block
            block, reach = [], 0
    if block:
        yield block


def _single(row: Row) -> str:
    """The text of a row whose only filled cell covers no rows below; else ""."""
    filled = [cell for cell in row if cell.text]
    return filled[0].text if len(filled) == 1 and filled[0].rows == 1 else ""


def _narrowed(rows: Sequence[Row]) -> Iterator[Row]:
    """Rows without the empty cells at their right end."""
    for row in rows:
        last = len(row)
        while last and not row[last - 1].text and row[last - 1].rows == 1:
            last -= 1
        yield row[:last]
