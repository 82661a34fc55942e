"""Working days: weekdays, the holidays that the State Council announced, and the weekends worked instead."""

from datetime import date

import pytest

from kb.citizens.working_days import (
    is_working_day,
    read_calendar,
    working_days_after,
    working_days_between,
)


@pytest.mark.parametrize(
    ("day", "count", "expected"),
    [
        pytest.param(date(2024, 5, 13), 1, date(2024, 5, 14), id="monday"),
        pytest.param(date(2024, 5, 17), 1, date(2024, 5, 20), id="over_the_weekend"),
        pytest.param(date(2024, 5, 10), 1, date(2024, 5, 11), id="worked_saturday"),
        pytest.param(date(2024, 9, 30), 1, date(2024, 10, 8), id="over_the_national_day"),
        pytest.param(date(2026, 2, 13), 3, date(2026, 2, 25), id="over_the_spring_festival"),
        pytest.param(date(2030, 4, 30), 1, date(2030, 5, 3), id="year_not_announced_yet"),
    ],
)
def test_due_day_counts_working_days(day: date, count: int, expected: date):
    assert working_days_after(day, count) == expected


def test_days_left_count_no_holidays_and_are_negative_when_over():
    assert working_days_between(date(2024, 9, 30), date(2024, 10, 9)) == 2
    assert working_days_between(date(2024, 10, 9), date(2024, 9, 30)) == -2
    assert working_days_between(date(2024, 10, 9), date(2024, 10, 9)) == 0


def test_announced_years_work_on_weekends_only_instead_of_weekdays_off():
    calendar = read_calendar()
    assert {2024, 2025, 2026} <= calendar.years
    assert all(day.weekday() >= 5 and is_working_day(day) for day in calendar.worked)
    for year in calendar.years:  # every weekday off beyond the public holidays is worked for on a weekend
        off = [day for day in calendar.holidays if day.year == year and day.weekday() < 5]
        worked = [day for day in calendar.worked if day.year == year]
        assert 9 <= len(off) - len(worked) <= 13
