"""China time (UTC+8), whatever time zone the server has."""

from datetime import UTC, date, datetime, timedelta, timezone

CHINA_TIME = timezone(timedelta(hours=8))


def china_day(moment: datetime) -> date:
    """The date in China at `moment`, which has a time zone."""
    return moment.astimezone(CHINA_TIME).date()


def china_today() -> date:
    """Today's date in China."""
    return china_day(datetime.now(UTC))


def clock_time(moment: datetime) -> str:
    """`moment` in China time, as a sentence shows it.

    >>> from datetime import UTC
    >>> clock_time(datetime(2024, 5, 10, 1, 5, tzinfo=UTC))
    '05月10日 09:05'
    """
    return moment.astimezone(CHINA_TIME).strftime("%m月%d日 %H:%M")
