"""Dates as official documents print them: 2023年9月4日, 二〇二三年九月四日, 2023-09-04, 2023/9/4, 2023．9．4,
二 〇 二 三 年 九 月 四 日, 贰零贰叁年玖月肆日.

A typed 〇 is often another round sign: the letter O of Latin, Greek or Cyrillic, or a circle.
"""

import re
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from kb.language.numerals import CHINESE, number_value
from kb.models import Span

_ROUND = "OoОоΟοＯｏ◯⭕"  # signs typed for 〇: Latin, Cyrillic, Greek, full width, circles
_CAPITALS = "壹贰叁肆伍陆柒捌玖拾"
_N = f"[0-9０-９{CHINESE}{_ROUND}{_CAPITALS}廿卅]"
_GAP = "[ \u3000]?"  # 二 〇 二 四 年, 2024. 5. 1
_DOT = rf"{_GAP}[-/.－／．·‐-―−]{_GAP}"
DATE_PATTERN = (
    rf"(?:{_N}(?:{_GAP}{_N}){{3}}{_GAP}年{_GAP}{_N}(?:{_GAP}{_N}){{0,2}}{_GAP}月{_GAP}{_N}(?:{_GAP}{_N}){{0,2}}{_GAP}[日号]"
    rf"|(?<!\d)(?:19|20|１９|２０)\d{{2}}{_DOT}\d{{1,2}}{_DOT}\d{{1,2}}(?!\d))"
)
_PLAIN = str.maketrans(
    {
        **dict.fromkeys(_ROUND, "〇"),
        **dict(zip(_CAPITALS, "一二三四五六七八九十", strict=True)),
        **dict.fromkeys(" \u3000"),
        "廿": "二十",
        "卅": "三十",
    }
)
_SEPARATORS = re.compile(r"[年月日号\-/.－／．·‐-―−]+")
_DATE = re.compile(DATE_PATTERN)


class FoundDate(NamedTuple):
    """A date and its span in the text."""

    value: date
    span: Span


def find_dates(text: str, start: int = 0, end: int | None = None) -> Iterator[FoundDate]:
    """All dates in `text` from `start` to `end`; impossible ones (13月) are skipped."""
    for match in _DATE.finditer(text, start, len(text) if end is None else end):
        value = read_date(match[0])
        if value is not None:
            yield FoundDate(value, Span(start=match.start(), end=match.end()))


def read_date(printed: str) -> date | None:
    """The date that `printed` spells; None when it is not a date."""
    parts = [part for part in _SEPARATORS.split(printed.translate(_PLAIN)) if part]
    try:
        year, month, day = (number_value(part) for part in parts)
        return date(year, month, day)
    except ValueError:
        return None
