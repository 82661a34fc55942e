"""Numbers of a text with what they count: sums, times, days, shares, telephone numbers; and contradictions.

    3000元 三千元 0.3万元      元: 3000          二十个工作日     工作日: 20
    2024年3月1日 2024-3-1     日期: 2024-03-01   8:30 8时30分     时刻: 8:30
    百分之五 5%                %: 5              0792-8551234     电话: 07928551234

Numbers of articles and documents (第三条, 〔2023〕5号) count nothing and are passed over.
"""

import re
from collections.abc import Callable, Mapping

from kb.language.normalise import canonical
from kb.language.numerals import NUMERAL, in_digits
from kb.models import Model

_UNITS = (
    "工作日|小时|分钟|平方米|公里|学年|年|月|周|日|天|元|块|岁|名|人|户|次|份|件|倍|级|本|张|套|项|家|层|米"
)
_PASSED = re.compile(r"第[\d零〇一二三四五六七八九十百]+[条款项章节号]|[\[〔(]\d{4}[\]〕)]\s*第?\d+号")
_CHINESE = re.compile(
    rf"(?<=百分之){NUMERAL}|(?<!\d){NUMERAL}(?:[万亿]{NUMERAL})*(?=[万亿]*[余多]?个?(?:{_UNITS}))"
)
_TIMES = {"": 1, "千": 1_000, "万": 10_000, "百万": 1_000_000, "亿": 100_000_000}
_SAME_UNIT = {"天": "日", "块": "元", "人": "名"}
_YEAR_FROM = 1_900


class Clash(Model):
    """What two texts count differently: the unit, and the values of each."""

    unit: str
    first: tuple[str, ...]
    second: tuple[str, ...]


def quantities(text: str) -> Mapping[str, frozenset[str]]:
    """Unit -> the values it has in `text`.

    >>> {unit: sorted(values) for unit, values in quantities("每月补贴三千元，20个工作日内办结").items()}
    {'元': ['3000'], '工作日': ['20']}
    """
    rest = in_digits(_CHINESE, _PASSED.sub(" ", canonical(text)))
    found: dict[str, set[str]] = {}
    for pattern, read in _KINDS:
        for match in pattern.finditer(rest):
            unit, value = read(match)
            found.setdefault(unit, set()).add(value)
        rest = pattern.sub(" ", rest)
    return {unit: frozenset(values) for unit, values in found.items()}


def clashes(first: str, second: str) -> list[Clash]:
    """The units for which both texts have values and neither has all of the other's."""
    ours, theirs = quantities(first), quantities(second)
    return [
        Clash(unit=unit, first=tuple(sorted(values)), second=tuple(sorted(theirs[unit])))
        for unit, values in ours.items()
        if unit in theirs and not values <= theirs[unit] and not theirs[unit] <= values
    ]


def _counted(match: re.Match[str]) -> tuple[str, str]:
    unit, value = _SAME_UNIT.get(match[3], match[3]), float(match[1]) * _TIMES[match[2] or ""]
    if unit == "年" and value >= _YEAR_FROM:
        unit = "年份"
    return unit, str(int(value)) if value.is_integer() else str(round(value, 4))


# What is read by one kind is not seen by those after it.
_KINDS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], tuple[str, str]]], ...] = (
    (
        re.compile(r"(\d{4})[年\-./](\d{1,2})[月\-./](\d{1,2})(?:日|(?!\d))"),
        lambda match: ("日期", f"{match[1]}-{int(match[2]):02}-{int(match[3]):02}"),
    ),
    (
        re.compile(r"(?<!\d)(?:0\d{2,3}[- ]?\d{7,8}|1\d{10}|[48]00[- ]?\d{3}[- ]?\d{4})(?!\d)"),
        lambda match: ("电话", re.sub(r"\D", "", match[0])),
    ),
    (re.compile(r"百分之(\d+(?:\.\d+)?)|(\d+(?:\.\d+)?)%"), lambda match: ("%", match[1] or match[2])),
    (re.compile(rf"(\d+(?:\.\d+)?)(百万|千|万|亿)?[余多]?个?({_UNITS})"), _counted),
    (
        re.compile(r"(?<!\d)(\d{1,2})[:点时](?:(\d{2})分?)?"),
        lambda match: ("时刻", f"{int(match[1])}:{match[2] or '00'}"),
    ),
)
