"""Ranges in the cells of a table, and the amounts in a question that lie in one of them or in none.

    80—89岁        80 to 89, both included            1801 and 2400 under 下限 and 上限: 1801 to 2400
    3000元以上     3000 and more                      不满15年, 15年以下: below 15, without and with 15

以上, 以下 and 以内 include the number itself (民法典 第一千二百五十九条); 不满, 低于, 超过 and 以外 do not.
"""

import math
import re

from kb.language.normalise import canonical
from kb.language.numerals import DECIMAL, NUMERAL, in_digits
from kb.language.quantities import amount
from kb.models import Model
from kb.tables.grid import Cell, Row, Table

_UNIT_NAMES = {
    **dict.fromkeys(("周岁", "岁"), "岁"),
    **dict.fromkeys(("元", "块钱", "块", "元/月", "元/年", "元/人"), "元"),
    **dict.fromkeys(("平方米", "平米", "m2", "平方", "平"), "平方米"),
    **dict.fromkeys(("立方米", "m3", "吨", "方"), "立方米"),
    **dict.fromkeys(("公里", "千米", "km"), "公里"),
    **dict.fromkeys(("公斤", "千克", "kg"), "公斤"),
    **dict.fromkeys(("千瓦时", "度", "kwh"), "度"),
    **dict.fromkeys(("个月", "月"), "月"),
    **dict.fromkeys(("天", "日", "个工作日", "工作日"), "天"),
    **dict.fromkeys(("口人", "口", "名", "人"), "人"),
    **{
        unit: unit
        for unit in ("年", "小时", "分钟", "分", "亩", "%", "米", "层", "户", "张", "件", "个", "次")
    },
}
_UNITS = "|".join(sorted(map(re.escape, _UNIT_NAMES), key=len, reverse=True))
_MEANT_BY_HEAD = (  # unit of a column whose head names none
    (re.compile("年龄|岁"), "岁"),
    (re.compile("收入|工资|金额|价|费用|所得|销售额|产值"), "元"),
    (re.compile("面积"), "平方米"),
    (re.compile("人数|人口|规模"), "人"),
    (re.compile("年限|工龄|党龄|司龄"), "年"),
    (re.compile("距离|里程"), "公里"),
    (re.compile("用水|水量"), "立方米"),
    (re.compile("用电|电量"), "度"),
)
_NUMBER = rf"({DECIMAL})\s{{0,2}}(万|千|亿)?\s{{0,2}}({_UNITS})?"
_CHINESE = re.compile(rf"{NUMERAL}(?=[万亿]?(?:{_UNITS}))")
_CHINESE_FROM = re.compile(rf"{NUMERAL}(?=(?:至|到){NUMERAL}[万亿]?(?:{_UNITS}))")
_AMOUNT = re.compile(
    rf"(?<![\d.])({DECIMAL})\s{{0,2}}(万|千|亿)?\s{{0,2}}(?:多|余|来)?({_UNITS})?(?![\d级类号])"
)
_YEAR_NUMBER = re.compile(r"(?:19|20)\d\d")
_INCLUSIVE = r"(?:\(不?含\)|\(不?含本数\))?"
_BETWEEN = re.compile(rf"{_NUMBER}{_INCLUSIVE}\s{{0,2}}(?:-|—|–|~|至|到|－){{1,2}}\s{{0,2}}{_NUMBER}")
_BOUND_BEHIND = re.compile(rf"{_NUMBER}\s{{0,2}}(?:\(含\)|\(不含\)|及|含)?(以上|以下|以内|以外|之内|内)")
_BOUND_BEFORE = re.compile(
    rf"(不满|未满|不足|低于|小于|少于|<|超过|高于|大于|多于|>|满|达到|不低于|不少于|≥|不超过|不高于|不多于|≤)\s{{0,2}}{_NUMBER}"
)
_BELOW = frozenset(("不满", "未满", "不足", "低于", "小于", "少于", "<"))
_ABOVE = frozenset(("超过", "高于", "大于", "多于", ">"))
_AT_MOST = frozenset(("不超过", "不高于", "不多于", "≤", "以下", "以内", "之内", "内"))
_EXACT = re.compile(rf"\D{{0,2}}{_NUMBER}\D{{0,2}}")
_LOWER, _UPPER = re.compile(r"下限|起|最低|最小|从|自"), re.compile(r"上限|止|最高|最大|到|至")


class Amount(Model):
    """A number in a question; `unit` "" where none is written, `said` the words that say it."""

    value: float
    unit: str
    said: str


class Range(Model):
    """The numbers from `low` to `high`; the `open` ends do not belong to it."""

    low: float = -math.inf
    high: float = math.inf
    open_low: bool = False
    open_high: bool = False
    unit: str = ""

    def holds(self, value: float) -> bool:
        """Whether `value` lies in the range."""
        above = value > self.low if self.open_low else value >= self.low
        return above and (value < self.high if self.open_high else value <= self.high)


def amounts_in(question: str) -> tuple[Amount, ...]:
    """The amounts in a question, without years.

    >>> [(found.value, found.unit) for found in amounts_in("九十岁老人，月收入2000元")]
    [(90.0, '岁'), (2000.0, '元')]
    """
    text = in_digits(_CHINESE, canonical(question))
    return tuple(
        Amount(
            value=amount(found[1], found[2]), unit=_UNIT_NAMES.get(found[3] or "", ""), said=found[0].strip()
        )
        for found in _AMOUNT.finditer(text)
        if not (_YEAR_NUMBER.fullmatch(found[1]) and found[3] in (None, "年"))
    )


def without_amounts(question: str) -> str:
    """A question without its amounts; numerals of kinds (二级) stay."""
    return _AMOUNT.sub(" ", in_digits(_CHINESE, canonical(question)))


def range_of(text: str, unit: str) -> Range | None:
    """The range that a cell states; `unit` is that of its column. None for any other text.

    >>> range_of("高龄津贴（80—89岁）", "").holds(90), range_of("1000元以上3000元以下", "").holds(2000)
    (False, True)
    """
    cell = in_digits(_CHINESE, in_digits(_CHINESE_FROM, canonical(text)))
    if between := _BETWEEN.search(cell):
        own = between[6] or between[3]
        return Range(
            low=amount(between[1], between[2] or between[5]),
            high=amount(between[4], between[5]),
            open_low=cell[: between.start()].endswith(tuple(_ABOVE)) or "(不含)" in between[0],
            unit=_named(own, unit),
        )
    low, high, open_low, open_high, own = -math.inf, math.inf, False, False, ""
    for found in _BOUND_BEHIND.finditer(cell):
        value, own = amount(found[1], found[2]), found[3] or own
        if found[4] in _AT_MOST:
            high, open_high = value, "(不含)" in found[0]
        else:
            low, open_low = value, "(不含)" in found[0] or found[4] == "以外"
    for found in _BOUND_BEFORE.finditer(cell):
        value, own = amount(found[2], found[3]), found[4] or own
        if found[1] in _BELOW | _AT_MOST:
            high, open_high = value, found[1] in _BELOW
        elif low == -math.inf:
            low, open_low = value, found[1] in _ABOVE
    if low == -math.inf and high == math.inf:
        return None
    return Range(low=low, high=high, open_low=open_low, open_high=open_high, unit=_named(own, unit))


def ranges_of(table: Table, row: Row) -> dict[int, Range]:
    """The ranges of a row by column; one that two columns (下限, 上限) give stands at the first of them."""
    found: dict[int, Range] = {}
    cells = {cell.column: cell for cell in row.cells}
    for number, cell in cells.items():
        unit = unit_of(table, number)
        stated = range_of(cell.text, unit)
        pair = _pair(table, number)
        if stated is not None:
            found[number] = stated
        elif pair is not None:
            high = cells.get(pair)
            found[number] = Range(
                low=cell.number if cell.number is not None else -math.inf,
                high=high.number if high is not None and high.number is not None else math.inf,
                unit=unit,
            )
        elif number in table.names and (exact := _exact(cell, unit)) is not None:
            found[number] = exact
    return found


def unit_of(table: Table, column: int) -> str:
    """The unit of a column's amounts: from its head in brackets, else what its head speaks of."""
    own = table.columns[column]
    if own.unit and (named := _named(canonical(own.unit), "")):
        return named
    return next((unit for pattern, unit in _MEANT_BY_HEAD if pattern.search(own.words)), "")


def _pair(table: Table, column: int) -> int | None:
    """The column with the upper ends of the ranges whose lower ends stand in `column`."""
    if column + 1 >= len(table.columns):
        return None
    lower, upper = table.columns[column].words, table.columns[column + 1].words
    return column + 1 if _LOWER.search(lower) and _UPPER.search(upper) and not _UPPER.search(lower) else None


def _exact(cell: Cell, unit: str) -> Range | None:
    found = _EXACT.fullmatch(in_digits(_CHINESE, canonical(cell.text)))
    if found is None or not (found[3] or unit):
        return None
    value = amount(found[1], found[2])
    return Range(low=value, high=value, unit=_named(found[3], unit))


def _named(written: str | None, unit: str) -> str:
    """The one name of a unit; of 元/月 that of 元, of 万元 none, because its numbers are not in 元."""
    return _UNIT_NAMES.get(written, written.split("/")[0]) if written else unit
