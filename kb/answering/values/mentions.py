"""Finds the values in quoted words, each with the words that limit it: 最长为十二个月, 一百元以上五百元以下

A number alone would say less than the source: 三十日 for 不得少于三十日.
"""

import re
from collections.abc import Iterator

from kb.answering.values.asked_value import COUNTED, ValueKind
from kb.models import Model

_CN = "零〇一二两三四五六七八九十百千"
# subtle: possessive, and never from the middle of a number, so that a search takes linear time.
_NUM = rf"(?<![\d{_CN}])(?:\d[\d,.]{{0,12}}+|[{_CN}]{{1,10}}+)\s{{0,2}}+[百千万亿]{{0,2}}+[余多]?+\s{{0,2}}+"
_TO = r"(?:[-—－~～至到]{1,2}+)"
_TIME_UNIT = "(?:个?工作日|个?自然日|个?小时|分钟|个月|个?星期|个?学期|学年|个?季度|周年|周(?!岁)|年|日|天)"
_YEAR = r"\d{4}\s{0,2}年"
_DAY = rf"(?:\d{{1,2}}|[{_CN}]{{1,3}})"
_MONTH_DAY = rf"{_DAY}\s{{0,2}}月(?:份)?(?:(?:底|初|末|[上中下]旬)|{_DAY}\s{{0,2}}[日号](?:、{_DAY}[日号])?)?"
_DATES = re.compile(rf"(?:{_YEAR}(?:度)?)?\s{{0,2}}{_MONTH_DAY}|{_YEAR}(?:[底初末]|[上下]半年)?")
_UNITS: dict[ValueKind, str] = {
    ValueKind.MONEY: r"(?:美|港|欧|日)?元(?:/[\u4e00-\u9fff]{1,3}){0,2}",
    ValueKind.AGE: r"周?岁",
    ValueKind.DURATION: _TIME_UNIT,
    ValueKind.COUNT: rf"(?:{COUNTED})",
}
_FRACTION = rf"百分之{_NUM}|\d[\d.]{{0,8}}\s{{0,2}}[%％‰]|[{_CN}]{{1,4}}分之{_NUM}|过半数|半数以上"
_BEHIND = (
    r"(?:(?:以[上下内外前后]|之[内前后]|[内前后起]|左右)(?![容部款置续果])|"
    r"[(（](?:不?含|包括)[^()（）]{0,6}[)）])"
)
_PATTERNS: dict[ValueKind, re.Pattern[str]] = {
    kind: re.compile(
        rf"{_NUM}(?:(?:{unit})?(?:以上)?{_TO}{_NUM}{unit}{_BEHIND}?|"
        rf"{unit}(?:以上[、,，至]?(?:不满|不足)?{_NUM}{unit}(?:以下)?|{_BEHIND}?))"
    )
    for kind, unit in _UNITS.items()
} | {
    ValueKind.SHARE: re.compile(
        rf"(?:{_FRACTION})(?:(?:以上)?(?:{_TO})?(?:{_FRACTION})(?:以下)?|{_BEHIND})?"
    ),
    ValueKind.DATE: re.compile(rf"(?:{_DATES.pattern})(?:(?:{_TO})(?:{_DATES.pattern}))?{_BEHIND}?"),
}
_LIMITS = (
    *(
        "最长",
        "最短",
        "最多",
        "最少",
        "最高",
        "最低",
        "最迟",
        "最晚",
        "最早",
        "不超过",
        "不得超过",
        "不能超过",
    ),
    *(
        "不少于",
        "不得少于",
        "不低于",
        "不得低于",
        "不高于",
        "不得高于",
        "不多于",
        "不得多于",
        "不晚于",
        "不迟于",
    ),
    *(
        "不得晚于",
        "不得迟于",
        "不早于",
        "不得早于",
        "不足",
        "不满",
        "未满",
        "年满",
        "已满",
        "累计满",
        "满",
        "至少",
        "至多",
    ),
    *(
        "超过",
        "达到",
        "低于",
        "高于",
        "少于",
        "多于",
        "未达到",
        "不小于",
        "不大于",
        "不得小于",
        "不得大于",
        "提前",
        "约",
        "近",
    ),
)
_LINKS = ("为", "是", "达", "：", ":", "于", "的", " ")
_EACH = re.compile(
    r"(?:每(?:[人月日天年次户名个份张台辆件周小时学期季度半亩平方米吨]{1,3}|千瓦时)|按[日月年]|各|一次性|连续)\Z"
)
_SINCE = re.compile(r"自[^，。；、：\n]{1,28}?[之当]?日起?(?:的)?\Z")
_CLAUSE_END = re.compile(r"[，。；、：:\n（）(),;]")
_REACH = 16  # characters before a value in which a word that limits it may stand
_CONDITION = ("满", "已满", "不足", "不满", "超过", "累计", "连续", "未达到")


class Mention(Model):
    """A value at [start, end) of a text, with the words that limit it; `number` is the bare value."""

    start: int
    end: int
    said: str
    number: str


def mentions(text: str, kind: ValueKind) -> Iterator[Mention]:
    """The values of `kind` in `text`, in order; those whose limiting words are out of reach are bare.

    >>> [one.said for one in mentions("领取失业保险金的期限最长为十二个月", ValueKind.DURATION)]
    ['最长为十二个月']
    """
    masked = text if kind is ValueKind.DATE else _DATES.sub(lambda date: "■" * len(date[0]), text)
    for found in _PATTERNS[kind].finditer(masked):
        if text[: found.start()].endswith(("第", "前")) and kind is ValueKind.COUNT:
            continue  # 第十四条, 前三名
        end = found.start() + len(found[0].rstrip())
        start = _begin(text, found.start())
        yield Mention(start=start, end=end, said=text[start:end], number=found[0].strip())


def is_condition(mention: Mention, text: str) -> bool:
    """Whether the value is a condition for another (累计缴费满一年不足五年的), not what is granted."""
    return mention.said.startswith(_CONDITION) and text[mention.end : mention.end + 1] in (
        "的",
        "不",
        "，",
        "以",
    )


def _begin(text: str, number: int) -> int:
    """Where the words begin that limit the number at `number`: 最长为, 每人每月, 自受理之日起."""
    clause = _clause_start(text, number)
    start = number
    while True:
        before = text[clause:start]
        length = next((len(word) for word in (*_LIMITS_FIRST, *_LINKS) if before.endswith(word)), 0)
        if not length and (found := _EACH.search(before)):
            length = len(found[0])
        if not length and (found := _SINCE.search(before)):
            length = len(found[0])
        if not length:
            break
        start -= length
    while start < number and text[start] in "为是达：:于的 ":
        start += 1
    near = text[max(clause, start - _REACH) : start]
    places = [near.find(word) for word in _LIMITS_FIRST if word in near]
    return start - len(near) + min(places) if places else start


def _clause_start(text: str, place: int) -> int:
    """Where the clause begins that holds `place`."""
    stops = [stop.end() for stop in _CLAUSE_END.finditer(text, max(0, place - 80), place)]
    return stops[-1] if stops else max(0, place - 80)


_LIMITS_FIRST = tuple(sorted(_LIMITS, key=len, reverse=True))
