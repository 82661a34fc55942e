"""Ruling lines and the glyphs between them -> tables of cells.

Lines that meet form a grid; two places of the grid without a line between them belong to one cell. A frame
around text, a single row or a single column of boxes is not a table. A table without a line at its left or
right edge is closed at the ends of its horizontal lines.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from ingest.readers.layout.lines import read_columns
from ingest.readers.layout.page import Glyph, PrintedTable, Ruling
from ingest.readers.tables import Cell, Table

_NEAR = 3.0  # points between lines that are meant to be one, or to meet
_MAX_RULINGS = 3_000  # of a page after merging those in one line; more are a drawing
_MAX_PLACES = 20_000  # of a grid
_FULL = 2.2  # characters: a line that ends so near the edge of its cell was broken by it
_MAX_SPREAD = 12  # characters of a cell whose text is spaced out to fill it: "备 注"
_SPREAD = re.compile(r"(?<=[一-鿿]) (?=[一-鿿])")
_FRAMED = 0.7  # share of all characters in one place, or in high ones: a frame around them, not a cell
_FRAME_ROWS = 4  # rows of a grid from which most characters in places over half its height mean a frame
_MAX_FRAMED = 200  # characters in a grid: with fewer, one cell may well hold most of them
_COVERED = 0.6  # share of the side of a place that a line must cover to divide it from the next


class _Grid(NamedTuple):
    """Lines that meet, and the x and y of the borders in their grid."""

    across: list[Ruling]
    down: list[Ruling]
    xs: list[float]
    ys: list[float]


class _Region(NamedTuple):
    """A rectangle of places in a grid without a line between them: a cell."""

    row: int
    column: int
    rows: int
    columns: int


def find_tables(
    rulings: Sequence[Ruling], glyphs: Sequence[Glyph]
) -> tuple[tuple[PrintedTable, ...], tuple[Glyph, ...]]:
    """The tables of a page from top to bottom, and the glyphs that stand in none of them."""
    tables: list[PrintedTable] = []
    rest = list(glyphs)
    for grid in _grids(rulings):
        left, right, top, bottom = grid.xs[0], grid.xs[-1], grid.ys[0], grid.ys[-1]
        inside = [g for g in rest if left <= (g.left + g.right) / 2 <= right and top <= g.middle <= bottom]
        table = _table(grid, inside)
        if table is not None:
            tables.append(table)
            inside_ids = set(map(id, inside))
            rest = [glyph for glyph in rest if id(glyph) not in inside_ids]
    return tuple(sorted(tables, key=lambda table: (table.top, table.left))), tuple(rest)


def _grids(rulings: Sequence[Ruling]) -> Iterator[_Grid]:
    """Groups of lines that meet, with at least two rows and two columns."""
    across = _merged([r for r in rulings if r.across], lambda r: (r.top, r.left, r.right))
    down = _merged([r for r in rulings if not r.across], lambda r: (r.left, r.top, r.bottom))
    if len(across) + len(down) > _MAX_RULINGS:
        return
    across_lines = [Ruling(start, at, end, at) for at, start, end in across]
    down_lines = [Ruling(at, start, at, end) for at, start, end in down]
    for across_group, down_group in _meeting(across_lines, down_lines):
        ends = [line.left for line in across_group], [line.right for line in across_group]
        xs = _distinct([*(line.left for line in down_group), min(ends[0]), max(ends[1])])
        ys = _distinct([*(line.top for line in across_group), *_down_ends(down_group)])
        if len(xs) >= 3 and len(ys) >= 3 and len(xs) * len(ys) <= _MAX_PLACES:
            yield _Grid(across_group, down_group, xs, ys)


def _down_ends(down: Sequence[Ruling]) -> tuple[float, float]:
    return min(line.top for line in down), max(line.bottom for line in down)


def _merged(
    rulings: Sequence[Ruling], measure: Callable[[Ruling], tuple[float, float, float]]
) -> list[tuple[float, float, float]]:
    """(at, start, end) of the lines by `measure`; lines at the same place that touch are merged."""
    merged: list[tuple[float, float, float]] = []
    lanes: dict[int, list[tuple[float, float, float]]] = defaultdict(list)
    lane, last = 0, float("-inf")
    for at, start, end in sorted(map(measure, rulings)):
        if at - last > _NEAR:
            lane += 1
            last = at
        lanes[lane].append((at, start, end))
    for members in lanes.values():
        at = members[0][0]
        begun, reached = float("inf"), float("-inf")
        for _, start, end in sorted(members, key=lambda member: member[1]):
            if start > reached + _NEAR:
                if reached > begun:
                    merged.append((at, begun, reached))
                begun, reached = start, end
            reached = max(reached, end)
        merged.append((at, begun, reached))
    return merged


def _meeting(across: list[Ruling], down: list[Ruling]) -> Iterator[tuple[list[Ruling], list[Ruling]]]:
    """Groups of horizontal and vertical lines that meet each other, directly or through others."""
    group_of = list(range(len(across) + len(down)))

    def root(index: int) -> int:
        while group_of[index] != index:
            group_of[index] = group_of[group_of[index]]
            index = group_of[index]
        return index

    for i, a in enumerate(across):
        for j, d in enumerate(down):
            meets_x = a.left - _NEAR <= d.left <= a.right + _NEAR
            if meets_x and d.top - _NEAR <= a.top <= d.bottom + _NEAR:
                group_of[root(i)] = root(len(across) + j)
    groups: dict[int, tuple[list[Ruling], list[Ruling]]] = defaultdict(lambda: ([], []))
    for index, line in enumerate([*across, *down]):
        groups[root(index)][0 if index < len(across) else 1].append(line)
    yield from ((a, d) for a, d in groups.values() if len(a) >= 2 and d)


def _distinct(values: Sequence[float]) -> list[float]:
    """The values in order, near-equal ones only once."""
    distinct: list[float] = []
    for value in sorted(values):
        if not distinct or value - distinct[-1] > _NEAR:
            distinct.append(value)
    return distinct


def _table(grid: _Grid, glyphs: Sequence[Glyph]) -> PrintedTable | None:
    """The table in a grid; None when its boxes do not form rows and columns of cells."""
    regions = _regions(grid)
    contents: dict[_Region, list[Glyph]] = defaultdict(list)
    for glyph in glyphs:
        row, column = _index(grid.ys, glyph.middle), _index(grid.xs, (glyph.left + glyph.right) / 2)
        contents[regions[row, column]].append(glyph)
    if len({region.row for region in contents}) < 2 or len({region.column for region in contents}) < 2:
        return None
    if _is_frame(contents, len(grid.ys) - 1):
        return None
    rows: dict[int, list[Cell]] = {row: [] for row in range(len(grid.ys) - 1)}
    for region in sorted(set(regions.values())):
        text = _cell_text(contents.get(region, []), grid.xs[region.column + region.columns])
        rows[region.row].append(Cell(text=text, rows=region.rows, columns=region.columns))
    return PrintedTable(
        table=Table(rows=tuple(tuple(row) for row in rows.values())),
        edges=tuple(grid.xs),
        top=grid.ys[0],
        bottom=grid.ys[-1],
    )


def _is_frame(held: Mapping[_Region, Sequence[Glyph]], rows: int) -> bool:
    """Whether the lines only frame a page or its halves: most characters are in one place or in high ones."""
    total = sum(map(len, held.values()))
    high = sum(len(glyphs) for region, glyphs in held.items() if 2 * region.rows > rows)
    if rows >= _FRAME_ROWS and high > _FRAMED * total:
        return True
    return total > _MAX_FRAMED and max(map(len, held.values())) > _FRAMED * total


def _index(edges: Sequence[float], value: float) -> int:
    return max(0, min(len(edges) - 2, sum(edge <= value for edge in edges) - 1))


def _regions(grid: _Grid) -> dict[tuple[int, int], _Region]:
    """(row, column) of each place -> the cell that it belongs to; cells are rectangles."""
    regions: dict[tuple[int, int], _Region] = {}
    for row in range(len(grid.ys) - 1):
        for column in range(len(grid.xs) - 1):
            if (row, column) in regions:
                continue
            columns = 1
            while (
                column + columns < len(grid.xs) - 1
                and (row, column + columns) not in regions
                and not _divided(
                    grid.down, grid.xs[column + columns], grid.ys[row], grid.ys[row + 1], across=False
                )
            ):
                columns += 1
            rows = 1
            x0, x1 = grid.xs[column], grid.xs[column + columns]
            while row + rows < len(grid.ys) - 1 and not _divided(
                grid.across, grid.ys[row + rows], x0, x1, across=True
            ):
                rows += 1
            region = _Region(row, column, rows, columns)
            for y in range(row, row + rows):
                for x in range(column, column + columns):
                    regions[y, x] = region
    return regions


def _divided(lines: Sequence[Ruling], at: float, start: float, end: float, *, across: bool) -> bool:
    """Whether a line at `at` covers most of the way from `start` to `end`."""
    for line in lines:
        place, begun, ended = (
            (line.top, line.left, line.right) if across else (line.left, line.top, line.bottom)
        )
        if abs(place - at) <= _NEAR and min(ended, end) - max(begun, start) >= _COVERED * (end - start):
            return True
    return False


def _cell_text(glyphs: Sequence[Glyph], right: float) -> str:
    """The text of a cell with its right edge at `right`; a space follows lines that did not fill the cell."""
    lines = [line for column in read_columns(glyphs) for line in column.lines]
    text = "".join(line.text for line in lines[:1])
    for previous, line in pairwise(lines):
        is_full = right - previous.right <= _FULL * previous.size
        is_latin = _is_latin(previous.text[-1]) and _is_latin(line.text[0])
        text += ("" if is_full and not is_latin else " ") + line.text
    return _SPREAD.sub("", text) if len(text) <= _MAX_SPREAD else text


def _is_latin(char: str) -> bool:
    return char.isascii() and char.isalnum()
