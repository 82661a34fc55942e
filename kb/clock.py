"""The time that people here read from their clocks, wherever the server's clock stands."""

from datetime import UTC, date, datetime, timedelta, timezone

CHINA_TIME = timezone(timedelta(hours=8))


def china_day(moment: datetime) -> date:
    """The day that people here count."""
    return moment.astimezone(CHINA_TIME).date()


def china_today() -> date:
    """The day it is here now."""
    return china_day(datetime.now(UTC))


def clock_time(moment: datetime) -> str:
    """A moment as a sentence names it.

    >>> from datetime import UTC
    >>> clock_time(datetime(2024, 5, 10, 1, 5, tzinfo=UTC))
    '05月10日 09:05'
    """
    return moment.astimezone(CHINA_TIME).strftime("%m月%d日 %H:%M")
