"""Dates as official documents print them: 2023年9月4日, 二〇二三年九月四日, 2023-09-04, 2023/9/4."""

import re
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from kb.language.numerals import CHINESE, number_value
from kb.models import Span

_N = f"[0-9０-９{CHINESE}]"
DATE_PATTERN = (
    rf"(?:{_N}{{4}}[ \u3000]?年[ \u3000]?{_N}{{1,3}}[ \u3000]?月[ \u3000]?{_N}{{1,3}}[ \u3000]?日"
    r"|(?<!\d)(?:19|20)\d{2}[-/.]\d{1,2}[-/.]\d{1,2}(?!\d))"
)
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
    parts = [part for part in re.split(r"[年月日\-/.\s]+", printed) if part]
    try:
        year, month, day = (number_value(part) for part in parts)
        return date(year, month, day)
    except ValueError:
        return None
