"""Periods of figures and ledgers: days in China, both included."""

from datetime import UTC, date, datetime, time, timedelta

from kb.clock import CHINA_TIME
from kb.errors import InputError

MAX_DAYS = 366
_FIRST_YEAR, _LAST_YEAR = 2000, 2999  # near the years 1 and 9999 a time in China has none in UTC
_DAY = timedelta(days=1)


def check_period(since: date, until: date) -> None:
    """Raise InputError unless figures can be made for the period.

    Raises:
        InputError: the period ends before it begins, is longer than MAX_DAYS, or lies outside of all records.
    """
    if until < since:
        raise InputError(f"结束日期 {until} 早于开始日期 {since}，请重选。")
    if (until - since).days >= MAX_DAYS:
        raise InputError(f"一次最多 {MAX_DAYS} 天，请缩短日期范围。")
    if not _FIRST_YEAR <= since.year <= until.year <= _LAST_YEAR:
        raise InputError(f"日期应在 {_FIRST_YEAR} 年到 {_LAST_YEAR} 年之间，请重选。")


def moments(since: date, until: date) -> tuple[datetime, datetime]:
    """The first moment of `since` and the first one after `until` by the clock in China, in UTC."""
    midnight = time(tzinfo=CHINA_TIME)
    begin, end = datetime.combine(since, midnight), datetime.combine(until + _DAY, midnight)
    return begin.astimezone(UTC), end.astimezone(UTC)
