"""The quantities of a text (sums, times, dates, shares, telephones), and contradictions between two texts.

    3000元 三千元 0.3万元      元: 3000          二十个工作日     工作日: 20
    2024年3月1日 2024-3-1     日期: 2024-03-01   8:30 8时30分     时刻: 8:30
    百分之五 5%                %: 5              0792-8551234     电话: 07928551234

Numbers of articles and documents (第三条, 〔2023〕5号) are skipped.
"""

import re
from collections.abc import Callable, Mapping
from enum import Flag, auto

from kb.language.normalise import canonical
from kb.language.numerals import DECIMAL, NUMERAL, in_digits
from kb.models import Model


class NumberReader(Flag):
    """The modules that look for numbers; each knows the units that its rules were tried with."""

    CLAIMS = auto()  # kb.llm.claims
    QUANTITIES = auto()  # this module
    PARAPHRASE = auto()  # kb.language.paraphrase
    FACETS = auto()  # kb.language.facets
    QUOTING = auto()  # kb.answering.quoting


_CLAIMS, _OWN, _PARAPHRASE, _FACETS, _QUOTING = NumberReader
_UNITS: tuple[tuple[str, NumberReader], ...] = (
    ("年 月 日 天 元 名 倍", ~NumberReader(0)),
    ("周 项", _CLAIMS | _OWN | _PARAPHRASE | _FACETS),
    ("人 次 小时", _CLAIMS | _OWN | _FACETS),
    ("岁 级 套", _CLAIMS | _OWN | _PARAPHRASE),
    ("工作日 分钟 学年 平方米 公里 米 块 户 家 层 份 件 本 张", _CLAIMS | _OWN),
    ("个", _CLAIMS | _FACETS | _QUOTING),
    ("%", _CLAIMS | _QUOTING),
    ("号 条 款 章 期 批 届 楼 折", _CLAIMS | _PARAPHRASE),
    ("万 孩 胎", _PARAPHRASE),
    ("自然日 学期 季度 周岁 周年 秒 时 点 分 万元 亿元 角 人次 位 种 节 遍 例 宗 类 成 册 页", _CLAIMS),
    ("台 辆 部 所 处 座 栋 幢 间 平方公里 千米 厘米 毫米 亩 公顷 公斤 千克 克 吨 斤 升 度", _CLAIMS),
    ("千瓦时 兆 ‰ 百分点 方面 门 场 篇 字 省 市 区 县 乡 镇 村 街道 社区 线 轮 道 环 步", _CLAIMS),
    ("支 组 对 片 段 站", _CLAIMS),
)
SAME_UNIT = {"天": "日", "块": "元"}
_MULTIPLIERS = {
    "百": 100,
    "千": 1_000,
    "万": 10_000,
    "百万": 1_000_000,
    "千万": 10_000_000,
    "亿": 100_000_000,
}


def unit_pattern(reader: NumberReader) -> str:
    """The units that `reader` knows as alternatives of a regular expression, without brackets around them."""
    units = [unit for row, readers in _UNITS if reader in readers for unit in row.split()]
    return "|".join(sorted(units, key=len, reverse=True))  # the longest first: 周岁 is not 周


def amount(number: str, multiplier: str | None) -> float:
    """The value of a number in digits before 百, 千, 万, 百万, 千万, 亿 or nothing.

    >>> amount("0.3", "万"), amount("20", None)
    (3000.0, 20.0)
    """
    return float(number) * (_MULTIPLIERS[multiplier] if multiplier else 1)


_OWN_UNITS = unit_pattern(NumberReader.QUANTITIES)
_PASSED = re.compile(
    r"第[\d零〇一二三四五六七八九十百]{1,12}[条款项章节号]|[\[〔(]\d{4}[\]〕)]\s{0,4}第?\d{1,8}号"
)
_CHINESE = re.compile(
    rf"(?<=百分之){NUMERAL}|(?<!\d){NUMERAL}(?:[万亿]{NUMERAL}){{0,3}}(?=[万亿]{{0,3}}[余多]?个?(?:{_OWN_UNITS}))"
)
_SAME_UNIT = {**SAME_UNIT, "人": "名"}
_YEAR_FROM = 1_900


class Clash(Model):
    """A unit for which two texts give different values, and the values of each."""

    unit: str
    first: tuple[str, ...]
    second: tuple[str, ...]


def quantities(text: str) -> Mapping[str, frozenset[str]]:
    """Unit -> the values with that unit in `text`.

    >>> {unit: sorted(values) for unit, values in quantities("每月补贴三千元，20个工作日内办结").items()}
    {'元': ['3000'], '工作日': ['20']}
    """
    rest = in_digits(_CHINESE, _PASSED.sub(" ", canonical(text)))
    values_by_unit: dict[str, set[str]] = {}
    for pattern, read in _KINDS:
        for match in pattern.finditer(rest):
            unit, value = read(match)
            values_by_unit.setdefault(unit, set()).add(value)
        rest = pattern.sub(" ", rest)
    return {unit: frozenset(values) for unit, values in values_by_unit.items()}


def clashes(first: str, second: str) -> list[Clash]:
    """The units for which both texts have values, and neither text has all values of the other."""
    first_values, second_values = quantities(first), quantities(second)
    return [
        Clash(unit=unit, first=tuple(sorted(values)), second=tuple(sorted(second_values[unit])))
        for unit, values in first_values.items()
        if unit in second_values and not values <= second_values[unit] and not second_values[unit] <= values
    ]


def _counted(match: re.Match[str]) -> tuple[str, str]:
    """Unit and value of a number, its multiplier and its unit."""
    unit, value = _SAME_UNIT.get(match[3], match[3]), amount(match[1], match[2])
    if unit == "年" and value >= _YEAR_FROM:
        unit = "年份"
    return unit, str(int(value)) if value.is_integer() else str(round(value, 4))


# subtle: order matters, as words read by one pattern are hidden from those after it.
_KINDS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], tuple[str, str]]], ...] = (
    (
        re.compile(r"(\d{4})[年\-./](\d{1,2})[月\-./](\d{1,2})(?:日|(?!\d))"),
        lambda match: ("日期", f"{match[1]}-{int(match[2]):02}-{int(match[3]):02}"),
    ),
    (
        re.compile(r"(?<!\d)(?:0\d{2,3}[- ]?\d{7,8}|1\d{10}|[48]00[- ]?\d{3}[- ]?\d{4})(?!\d)"),
        lambda match: ("电话", re.sub(r"\D", "", match[0])),
    ),
    (re.compile(rf"百分之({DECIMAL})|({DECIMAL})%"), lambda match: ("%", match[1] or match[2])),
    (re.compile(rf"({DECIMAL})(百万|千|万|亿)?[余多]?个?({_OWN_UNITS})"), _counted),
    (
        re.compile(r"(?<!\d)(\d{1,2})[:点时](?:(\d{2})分?)?"),
        lambda match: ("时刻", f"{int(match[1])}:{match[2] or '00'}"),
    ),
)
