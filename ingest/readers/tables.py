"""A table -> lines that make sense on their own: "职业：电工；等级：高级；补贴标准：2000元".

Every reader passes its tables here as rows of cells, and every row of the body becomes one line in which each
value follows the head of its column. A merged cell counts for every row it spans; heads of several rows are
joined ("收入-预算"); a row that is one cell over the whole width is the group of the rows below it or, above
the head, the title of the table. A form, with labels left of their values, is read label by label. No cell
is left out, except empty ones.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from ingest.readers.table_remarks import is_remark, says_who_made_it
from kb.models import Model

MAX_COLUMNS = 1_000  # a span wider than this is damage, not a table
_MAX_LABEL = 15  # characters of a label or a column head that is recognised by its wording
_MAX_HEAD = 40
_MAX_GROUP = 40
_PROSE = 150
_LABELS_IN_FORM = 0.3  # least share of the cells left of a value that are worded as labels

# Endings of column heads and of form labels.
_LABEL = re.compile(
    r"(?:序号|编号|代码|名称?|项目?|内容|类别|类型|种类|分类|标准|金额|单位|部门|机构|机关|科室|时间|日期|时限|期限|备注|说明|"
    r"依据|地点|地址|电话|联系人|负责人|方式|姓名|性别|职务|职业|工种|数量?|指标|年度|月份|事项|条件|材料|程序|流程|比例|等级|级别|"
    r"范围|对象|主体|渠道|措施|任务|要求|结果|情况|形式|单价|价格|面积|税率|费用|档次|文号|标题|理由|号码?|率|人|数|额|址)"
    r"(?:[（(][^（）()]{1,12}[）)])?[:：]?$"
)
_NUMBER = re.compile(r"[-+]?[\d.,，%％￥¥\s]+(?:万?元|个|件|人|%)?")
_YEAR = re.compile(r"(?:19|20)\d{2}年?")
# A telephone number or a time of day, perhaps from … to: no head of a column.
_CALL_OR_HOUR = re.compile(
    r"\d{3,4}[-—]\d{7,8}(?:-\d{1,5})?|\d{1,2}[:：]\d\d(?:\s?[-—－–~～至到]{1,2}\s?\d{1,2}[:：]\d\d)?"
)


def is_label(words: str) -> bool:
    """Whether words are worded as the head of a column: 补贴标准（元）, 联系电话."""
    return len(words) <= _MAX_LABEL and _LABEL.search(words) is not None


def is_figure(words: str) -> bool:
    """Whether words are a number, with or without a unit."""
    return _NUMBER.fullmatch(words) is not None


class Cell(Model):
    """A cell as stored in the file: it spans `rows` x `columns`; `header`: the file marks it as a head."""

    text: str
    rows: int = 1
    columns: int = 1
    header: bool = False


class Table(Model):
    """Rows of cells; a merged cell stands only in the row and column where it begins.

    `header_rows`: how many rows the file itself marks as heads; None when it does not say.
    """

    rows: tuple[tuple[Cell, ...], ...]
    header_rows: int | None = None


class WrittenTable(Model):
    """A table as text: `title` from its own first row, "" without one, and `lines`, title included.

    `heads`: the head of each column, "" for a column without one; () for a form. `rows` names the row of the
    table that each line comes from.
    """

    title: str
    lines: tuple[str, ...]
    heads: tuple[str, ...] = ()
    rows: tuple[int, ...] = ()


class _Slot(NamedTuple):
    """A position in the grid: the text of the cell that covers it, and the row and column where it begins."""

    text: str
    row: int
    column: int
    header: bool


_EMPTY = _Slot("", -1, -1, False)
_Row = list[_Slot]


def write_table(table: Table, heads_before: Sequence[str] = ()) -> WrittenTable:
    """Write `table` as lines.

    `heads_before`: the heads of the table directly before it, which this one may continue, as when a page
    ended within it.
    """
    filled = [(number, row) for number, row in enumerate(_grid(table)) if any(slot.text for slot in row)]
    grid, numbers = [row for _, row in filled], [number for number, _ in filled]
    titles: list[str] = []
    while len(grid) > 1 and (title := _whole_width(grid[0])):
        titles.append(title)
        grid = grid[1:]
    stated = None if table.header_rows is None else max(0, table.header_rows - len(titles))
    grid = _with_groups(grid) if not stated else grid
    heads: tuple[str, ...] = ()
    below = len(titles)  # the first row that `places` count from
    if not grid or _is_form(grid, stated):
        written = list(enumerate(_form_lines(grid)))
    else:
        depth = _head_depth(grid, stated)
        heads = tuple(_head([row[column] for row in grid[:depth]]) for column in range(len(grid[0])))
        if not stated and len(heads_before) == len(heads) and not all(map(_is_label, filter(None, heads))):
            depth, heads = 0, tuple(heads_before)
        written = [(depth + place, line) for place, line in _list_lines(grid[depth:], heads)]
        shown = [*titles, *(line for _, line in written)]
        unused = [head for head in heads if head and not any(head in line for line in shown)]
        written.extend([(len(grid) - 1, _joined(unused))] if unused else [])  # columns without any value
    return WrittenTable(
        title=titles[0] if titles else "",
        lines=(*titles, *(line for _, line in written)),
        heads=heads,
        rows=(*numbers[:below], *(numbers[below + place] for place, _ in written)),
    )


def is_layout(table: Table) -> bool:
    """Whether a table only arranges paragraphs on the page: one column, one row, or mostly prose."""
    filled = [[cell for cell in row if cell.text.strip()] for row in table.rows]
    alone = [row[0] for row in filled if len(row) == 1]
    prose = any(len(cell.text) > _PROSE for cell in alone)
    rows = sum(1 for row in filled if row)
    return rows < 2 or len(alone) == rows or (prose and 2 * len(alone) >= rows)


def _grid(table: Table) -> list[_Row]:
    """The table as a full grid: each position with the cell that covers it; all rows equally long."""
    grid: list[_Row] = []
    reaching: dict[int, tuple[_Slot, int]] = {}  # column -> cell from above, rows it still covers
    for index, cells in enumerate(table.rows):
        row: _Row = []
        waiting = iter(cells)
        while True:
            column = len(row)
            if column in reaching:
                slot, left = reaching.pop(column)
                row.append(slot)
                if left > 1:
                    reaching[column] = (slot, left - 1)
                continue
            cell = next(waiting, None) if column < MAX_COLUMNS else None
            if cell is None:
                if not any(place > column for place in reaching):
                    break
                row.append(_EMPTY)
                continue
            slot = _Slot(_one_line(cell.text), index, column, cell.header)
            for place in range(column, column + min(max(cell.columns, 1), MAX_COLUMNS - column)):
                row.append(slot)
                if cell.rows > 1:
                    reaching[place] = (slot, min(cell.rows, len(table.rows)) - 1)
        grid.append(row)
    width = max(map(len, grid), default=0)
    return [row + [_EMPTY] * (width - len(row)) for row in grid]


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _whole_width(row: Sequence[_Slot]) -> str:
    """The text of a row that is one merged cell; else ""."""
    return row[0].text if len(row) > 1 and len({(slot.row, slot.column) for slot in row}) == 1 else ""


def _is_form(grid: Sequence[_Row], stated: int | None) -> bool:
    """Whether labels stand left of their values, in two, four… columns, judged by the wording of both."""
    if stated or not grid or len(grid[0]) % 2 or any(slot.header for slot in grid[0][1::2]):
        return False
    labels = [slot.text for row in grid for slot in row[::2] if slot.text]
    if any(len(label) > _MAX_LABEL or _NUMBER.fullmatch(label) for label in labels):
        return False
    if all(_is_label(slot.text) for slot in grid[0][1::2]):
        return False
    below = [slot.text for row in grid[1:] for slot in row[::2] if slot.text] or labels
    return sum(map(_is_label, below)) >= _LABELS_IN_FORM * len(below)


def _is_label(text: str) -> bool:
    return len(text) <= _MAX_LABEL and _LABEL.search(text) is not None


def _form_lines(grid: Sequence[_Row]) -> Iterator[str]:
    """A line for each row of a form: label and value, side by side."""
    for row in grid:
        parts = []
        for label, value in zip(row[::2], row[1::2], strict=True):
            value_text = value.text if (value.row, value.column) != (label.row, label.column) else ""
            parts.append(_headed(label.text, value_text))
        yield _joined(parts)


def _list_lines(rows: Sequence[_Row], heads: Sequence[str]) -> Iterator[tuple[int, str]]:
    """(place of its row, line) for each row below the head."""
    group, unused = "", None  # the row of a group that no line has used yet
    for place, row in enumerate(rows):
        whole_text = _whole_width(row)
        if whole_text:
            if unused is not None:
                yield unused, group
            is_group = len(whole_text) <= _MAX_GROUP and not is_remark(whole_text)
            group, unused = (whole_text, place) if is_group else ("", None)
            if not is_group:
                yield place, whole_text
            continue
        own = list(_own_slots(row))
        if place == len(rows) - 1 and says_who_made_it([slot.text for _, slot in own]):
            yield place, _joined([slot.text for _, slot in own])
            continue
        values = [_headed(heads[column], slot.text) for column, slot in own]
        yield place, _joined([group, *values])
        unused = None
    if unused is not None:
        yield unused, group


def _own_slots(row: Sequence[_Slot]) -> Iterator[tuple[int, _Slot]]:
    """(column, cell) of a row from left to right; a cell that spans columns comes once."""
    previous: _Slot | None = None
    for column, slot in enumerate(row):
        if slot.text and (previous is None or slot[1:3] != previous[1:3]):
            yield column, slot
        previous = slot


def _head_depth(grid: Sequence[_Row], stated: int | None) -> int:
    """How many rows form the head: as marked by the file or judged by content, plus rows its cells reach."""
    marked = stated or 0
    while marked < len(grid) and all(slot.header or not slot.text for slot in grid[marked]):
        marked += 1
    if not marked and (len(grid) == 1 or any(_is_value(slot.text) for slot in grid[0])):
        return 0
    depth = max(marked, 1)
    heads = {slot[1:3] for row in grid[:depth] for slot in row if slot.text}
    if any(a is b and a.text for a, b in pairwise(grid[0])):
        while depth < len(grid) - 1 and any(slot[1:3] in heads for slot in grid[depth]):
            depth += 1  # a cell of the head reaches down to here: its neighbours are heads too
        if depth == 1 and len(grid) > 2 and not any(_is_value(slot.text) for slot in grid[1]):
            depth = 2  # groups of columns with their own heads, nothing merged downwards
    return min(depth, len(grid))


def _with_groups(grid: list[_Row]) -> list[_Row]:
    """`grid` with the heads of groups of columns over all of them, where their cells are not merged.

    The first row then leaves places empty that the second fills, and below the second stand numbers.
    """
    if len(grid) < 3 or not grid[0][0].text:
        return grid
    first, second, body = grid[0], grid[1], grid[2:]
    bare = [place for place, slot in enumerate(first) if not slot.text]
    below = [place for place, slot in enumerate(second) if slot.text]
    if not bare or not set(bare) <= set(below) or any(_is_value(second[place].text) for place in below):
        return grid
    columns = [[row[place].text for row in body if row[place].text] for place in below]
    if second[0].text or not all(2 * sum(map(_is_value, column)) > len(column) for column in columns):
        return grid
    spread = list(first)
    for place in bare:
        spread[place] = spread[place - 1]
    return [spread, *grid[1:]]


def _is_value(text: str) -> bool:
    """Whether `text` cannot be a head: it is long, a number other than a year, or a time of day."""
    is_number = _NUMBER.fullmatch(text) is not None and not _YEAR.fullmatch(text)
    return bool(text) and (len(text) > _MAX_HEAD or is_number or _CALL_OR_HOUR.fullmatch(text) is not None)


def _head(slots: Sequence[_Slot]) -> str:
    """The head of a column: the texts over it from the top, each once, joined by "-"."""
    return "-".join(dict.fromkeys(slot.text.rstrip(":：") for slot in slots if slot.text))


def _headed(head: str, value: str) -> str:
    head = head.rstrip(":：")
    return f"{head}：{value}" if head and value else value or head


def _joined(parts: Sequence[str]) -> str:
    """The parts that are not empty, joined by ； except after one that ends with a stop itself."""
    line = ""
    for part in filter(None, parts):
        gap = "" if not line or line[-1] in "。；！？;" else "；"
        line += gap + part
    return line
