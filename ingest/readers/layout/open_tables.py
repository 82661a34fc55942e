"""Tables without ruling lines: rows of words that stand below each other in columns.

A table begins with its head: words side by side that are worded as heads (项目, 标准, 电话), or one of them
above a column of numbers. The rows below it follow as long as each of their words stands below one head only.
Words below a later column alone continue the row above. Columns of running text are no table.
"""

from collections.abc import Iterator, Sequence
from statistics import median

from ingest.readers.layout.lines import is_running_text, level_rows, side_by_side
from ingest.readers.layout.page import PrintedLine, PrintedTable
from ingest.readers.tables import Cell, Table, is_figure, is_label
from ingest.structure.numbering import begins_item

_LEAST_ROWS = 2  # below the head
_LONGEST_HEAD = 20  # characters of a cell
_NEAR = 2.6  # of the font size: how far below the line above a row may begin
_STOPS = frozenset("。；，：:;,")
_LEAST_LABELS = 2  # words of a head that are worded as heads

Row = list[PrintedLine]
Placed = list[PrintedLine | None]  # the words of a row, column by column


def parted(
    lines: Sequence[PrintedLine], cells: Sequence[PrintedLine]
) -> Iterator[list[PrintedLine] | PrintedTable]:
    """The lines of a page's only column from top to bottom, and the tables among them.

    `cells` are the same words cut at every gap: where lines make no table, their columns may stand close.
    """
    rows, finer = level_rows(lines), level_rows(cells)
    rest: list[PrintedLine] = []
    place = 0
    while place < len(rows):
        grid = _table_at(rows, place)
        narrow = _table_at(finer, place) if len(finer) == len(rows) and _are_labels(finer[place]) else None
        if narrow and (grid is None or len(narrow[0]) > len(grid[0])):
            grid = narrow
        if grid is None:
            rest += rows[place]
            place += 1
            continue
        if rest:
            yield rest
            rest = []
        yield _printed(grid)
        place += len(grid)
    if rest:
        yield rest


def _are_labels(row: Row) -> bool:
    return all(is_label(cell.text) for cell in row)


def _table_at(rows: Sequence[Row], place: int) -> list[Placed] | None:
    """The cells, row by row, of the table whose head is row `place`; None where there is none."""
    head = rows[place]
    if not _may_be_head(head):
        return None
    grid: list[Placed] = [list(head)]
    spans = [(cell.left, cell.right) for cell in head]
    above = head
    for row in rows[place + 1 :]:
        placed = _placed(row, spans)
        if placed is None or row[0].top - above[0].bottom > _NEAR * row[0].size:
            break
        if sum(cell is not None for cell in placed) < 2 and (placed[0] is not None or len(grid) == 1):
            break
        spans = [
            span if cell is None else (min(span[0], cell.left), max(span[1], cell.right))
            for span, cell in zip(spans, placed, strict=True)
        ]
        grid.append(placed)
        above = row
    return grid if _is_table(grid) else None


def _may_be_head(row: Row) -> bool:
    return len(row) >= 2 and not any(
        len(cell.text) > _LONGEST_HEAD
        or _STOPS & set(cell.text)
        or is_figure(cell.text)
        or begins_item(cell.text)
        for cell in row
    )


def _placed(row: Row, spans: Sequence[tuple[float, float]]) -> Placed | None:
    """The words of a row by the columns that they stand below; None where some stand below two."""
    placed: Placed = [None] * len(spans)
    for cell in row:
        under = [place for place, span in enumerate(spans) if cell.left < span[1] and span[0] < cell.right]
        if not under:
            under = [min(range(len(spans)), key=lambda place: _distance(cell, spans[place]))]
        if len(under) > 1:
            return None
        before = placed[under[0]]
        placed[under[0]] = cell if before is None else side_by_side([before, cell])
    return placed


def _distance(cell: PrintedLine, span: tuple[float, float]) -> float:
    return max(span[0] - cell.right, cell.left - span[1])


def _is_table(grid: Sequence[Placed]) -> bool:
    head, body = grid[0], grid[1:]
    if sum(sum(cell is not None for cell in row) >= 2 for row in body) < _LEAST_ROWS:
        return False
    columns = [[cell for row in body if (cell := row[place])] for place in range(len(head))]
    em = median(cell.size for cell in head if cell)
    if any(is_running_text(column, em) for column in columns):
        return False
    figures = any(2 * sum(is_figure(cell.text) for cell in column) > len(body) for column in columns)
    labels = sum(is_label(cell.text) for cell in head if cell)
    return labels >= _LEAST_LABELS or (labels >= 1 and figures)


def _printed(grid: Sequence[Placed]) -> PrintedTable:
    table: list[list[str]] = []
    for row in grid:
        words = [cell.text if cell else "" for cell in row]
        if row[0] is None and len(table) > 1 and sum(map(bool, words)) < len(words) - 1:
            table[-1] = [above + below for above, below in zip(table[-1], words, strict=True)]
        else:
            table.append(words)
    cells = [cell for row in grid for cell in row if cell]
    lefts = [min(cell.left for row in grid if (cell := row[place])) for place in range(len(grid[0]))]
    return PrintedTable(
        table=Table(rows=tuple(tuple(Cell(text=text) for text in row) for row in table), header_rows=1),
        edges=(*lefts, max(cell.right for cell in cells)),
        top=min(cell.top for cell in cells),
        bottom=max(cell.bottom for cell in cells),
        ruled=False,
    )
