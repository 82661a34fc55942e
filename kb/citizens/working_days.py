"""Working days in China: weekdays without the public holidays, and the weekends worked instead.

The State Council announces both for one year at a time (国务院办公厅关于……年部分节假日安排的通知), and
kb/lexicon/working_days.txt holds the announced years. Of other years only the holidays of a fixed date are
known.
"""

from datetime import date, timedelta
from functools import cache

from kb.errors import DatasetError
from kb.language.word_lists import word_list
from kb.models import Model

_SATURDAY = 5
_FIXED = ((1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3))  # 元旦, 劳动节, 国庆节: month and day
_TO, _OFF, _ON = "至", "放假", "上班"


class Calendar(Model):
    """The holidays and the weekends worked in the announced years."""

    years: frozenset[int]
    holidays: frozenset[date]
    worked: frozenset[date]


def is_working_day(day: date) -> bool:
    """Whether offices work on `day`.

    >>> is_working_day(date(2024, 10, 7)), is_working_day(date(2024, 10, 12))
    (False, True)
    """
    calendar = read_calendar()
    if day in calendar.worked:
        return True
    if day.year not in calendar.years and (day.month, day.day) in _FIXED:
        return False
    return day.weekday() < _SATURDAY and day not in calendar.holidays


def working_days_after(day: date, count: int) -> date:
    """The `count`-th working day after `day`.

    >>> working_days_after(date(2024, 9, 27), 7).isoformat()  # 国庆节, with two weekends worked
    '2024-10-12'
    """
    while count:
        day += timedelta(days=1)
        count -= is_working_day(day)
    return day


def working_days_between(day: date, other: date) -> int:
    """How many working days come after `day` up to `other`; negative when `other` is past.

    >>> working_days_between(date(2024, 9, 30), date(2024, 10, 8))
    1
    >>> working_days_between(date(2024, 10, 8), date(2024, 9, 30))
    -1
    """
    if other < day:
        return -working_days_between(other, day)
    return sum(is_working_day(day + timedelta(days=step)) for step in range(1, (other - day).days + 1))


@cache
def read_calendar() -> Calendar:
    """The announced years.

    Raises:
        DatasetError: a line of the file cannot be read.
    """
    years: set[int] = set()
    days: dict[str, set[date]] = {_OFF: set(), _ON: set()}
    for line in word_list("working_days.txt"):
        try:
            year, kind, *spans = line.split()
            days[kind].update(*(_days(int(year), span) for span in spans))
        except (KeyError, ValueError) as error:
            raise DatasetError(f"kb/lexicon/working_days.txt 里这一行看不懂：{line}") from error
        years.add(int(year))
    return Calendar(years=frozenset(years), holidays=frozenset(days[_OFF]), worked=frozenset(days[_ON]))


def _days(year: int, span: str) -> list[date]:
    """The days of 10-1 or 10-1至10-7."""
    ends = [date(year, *map(int, end.split("-"))) for end in span.split(_TO)]
    return [ends[0] + timedelta(days=step) for step in range((ends[-1] - ends[0]).days + 1)]
