"""Rows of a table that are no data: remarks, totals, and who made the table when."""

import re
from collections.abc import Sequence

_REMARK = re.compile(r"(?:填表|填报|编制)?(?:备注|注|说明|合计|总计|小计)[\d一二三]?(?:[:：]|$)")
# Below a table, in a row of its own: who made it, and when.
_MADE_BY = re.compile(
    r"(?:制表|填表|填报|编制|审核|复核|经办|签发|负责|联系|主管)[^:：\s]{0,6}[:：]|(?:日期|时间|单位)[^:：\s]{0,4}[:：]"
)
_MADE_ON = re.compile(r"(?:19|20)\d\d[年./\-]\d{1,2}(?:[月./\-]\d{0,2}日?)?")


def is_remark(row: str) -> bool:
    """Whether a row that is one cell is said of the whole table, and is no head of the rows below it."""
    return _REMARK.match(row) is not None or "。" in row


def says_who_made_it(cells: Sequence[str]) -> bool:
    """Whether each cell is a label with its value or a date: 制表人：张三 | 审核人：李四 | 2024年3月1日."""
    labelled = [_MADE_BY.match(cell) for cell in cells]
    return any(labelled) and all(
        label or _MADE_ON.fullmatch(cell) for label, cell in zip(labelled, cells, strict=True)
    )
