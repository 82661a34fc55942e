"""Plain arithmetic over a column: the highest, the lowest, the sum, the mean."""

import re
from collections.abc import Sequence
from enum import StrEnum

from kb.models import Model
from kb.tables.grid import Cell, Row, Table


class Sum(StrEnum):
    """What a question wants computed from a column."""

    MOST = "最高"
    LEAST = "最低"
    TOTAL = "合计"
    MEAN = "平均"


_ASKS = (
    (Sum.MOST, re.compile(r"最[高多大贵长]")),
    (Sum.LEAST, re.compile(r"最[低少小短]|最便宜")),
    (Sum.TOTAL, re.compile(r"合计|总计|总共|一共|共计|总和|总数|总额|加起来")),
    (Sum.MEAN, re.compile(r"平均")),
)
_LEAST_ROWS = 2


class Figure(Model):
    """What came out: the rows with the highest or lowest value, or a number computed from all `rows`."""

    sum: Sum
    rows: tuple[Row, ...]
    value: str = ""


def asked_sum(question: str, table: Table) -> Sum | None:
    """What `question` wants computed; None where its word stands in a head or a name of the table itself."""
    own = " ".join(
        (*(column.words for column in table.columns), *(table.name_of(row) for row in table.entries))
    )
    for wanted, pattern in _ASKS:
        found = pattern.search(question)
        if found and found[0] not in own:
            return wanted
    return None


def without_sum(question: str) -> str:
    """`question` without the words that ask for arithmetic."""
    for _, pattern in _ASKS:
        question = pattern.sub(" ", question)
    return question


def computed(table: Table, rows: Sequence[Row], column: int, wanted: Sum) -> Figure | None:
    """`wanted` of the figures of `rows` in `column`; None where one of them is no plain number."""
    stated = next((row for row in table.rows if table.is_total(row)), None)
    if wanted is Sum.TOTAL and stated is not None and stated.of([column]) and len(rows) == len(table.entries):
        return Figure(sum=wanted, rows=(stated,))
    cells = [(row, row.of([column])) for row in rows]
    numbers = [_number(found) for _, found in cells]
    known = [number for number in numbers if number is not None]
    if len(known) < max(_LEAST_ROWS, len(rows)):
        return None
    if wanted in (Sum.MOST, Sum.LEAST):
        best = max(known) if wanted is Sum.MOST else min(known)
        return Figure(
            sum=wanted, rows=tuple(row for row, number in zip(rows, numbers, strict=True) if number == best)
        )
    value = sum(known) if wanted is Sum.TOTAL else sum(known) / len(known)
    return Figure(sum=wanted, rows=tuple(rows), value=f"{value:.2f}".rstrip("0").rstrip("."))


def _number(cells: Sequence[Cell]) -> float | None:
    return cells[0].number if cells else None
