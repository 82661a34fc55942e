"""What the journal tells about a period: how much was asked, how it ended, what to write next.

Staff with departments see what concerns their departments and what concerns none; the figures can be limited
to one department. What is counted: kb.reports.tallies. What fewer than SEVERAL people asked is not
listed among the most asked questions and the growing words.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import date, datetime, timedelta
from heapq import nlargest
from typing import TypeVar

import numpy as np
from sqlalchemy import Engine

from kb.citizens.journal import SEVERAL
from kb.models import Model
from kb.queue.items import QueueState
from kb.queue.worklist import Queue
from kb.reports.days import sums
from kb.reports.growth import Growing, grown
from kb.reports.periods import check_period
from kb.reports.tallies import QuestionOutcome, Reader, Tally, Times, Took
from kb.reports.wordings import LONG, long_wordings
from kb.staff.permissions import Action, Staff, may, require
from kb.storage.database import transaction

NO_DEPARTMENT = "（未归口）"
_Row = TypeVar("_Row", Tally, Took)
_Place = TypeVar("_Place", bound=Hashable)
_MOST_ASKED, _WRITE_NEXT = 20, 30
_LOOKED_AT = 1_000  # groups searched for those of one department
_DAY, _MONTH = timedelta(days=1), timedelta(days=30)  # growth is measured over two months


class Counts(Model):
    """Questions by outcome, citizens' judgements of the answers, and how long answers took (milliseconds).

    `asked_back` are those beside whose answer a question was asked back.

    `helpful_share` is the share of helpful ones among the judged answers, 0 to 1. None: nothing is known.
    """

    asked: int
    answered: int
    refused: int
    handed_over: int
    closed: int
    asked_back: int
    helpful: int
    unhelpful: int
    helpful_share: float | None
    p50_ms: float | None
    p95_ms: float | None


class DayFigures(Model):
    """The figures of one day."""

    day: date
    counts: Counts


class DepartmentFigures(Model):
    """The figures of one department; a question of several departments counts for each."""

    department: str
    counts: Counts


class TimesAsked(Model):
    """A question in one typing, and how often it was asked in any typing."""

    text: str
    times: int


class WriteNext(Model):
    """A group of questions without an FAQ entry, and how many people asked."""

    group_id: int
    text: str
    asked: int
    departments: tuple[str, ...]
    state: QueueState


class Figures(Model):
    """The figures from `since` to `until`, both days included."""

    since: date
    until: date
    total: Counts
    days: tuple[DayFigures, ...]
    departments: tuple[DepartmentFigures, ...]
    most_asked: tuple[TimesAsked, ...]
    growing: tuple[Growing, ...]
    write_next: tuple[WriteNext, ...]


class FigureReader:
    """Counts what SQL holds. All methods raise StoreError when the database fails."""

    def __init__(self, engine: Engine, queue: Queue) -> None:
        self._engine = engine
        self._queue = queue

    def figures(
        self, staff: Staff, since: date, until: date, now: datetime, department: str | None = None
    ) -> Figures:
        """The figures of a period, limited to `department` when it is given.

        Growing words are those of the period's last 30 days; the groups are those of now.

        Raises:
            NotAllowedError: `staff` may not see figures, or not those of the department.
            InputError: the period ends before it begins, or is too long.
        """
        require(staff, Action.FIGURES, department)
        check_period(since, until)
        month = until - _MONTH + _DAY
        with transaction(self._engine) as connection:
            reader = Reader(connection, staff, department)
            added = sums(connection, reader, since, until)
            total = count(added.of_days, added.took_on_days)
            if total.asked > LONG:
                times, growing = long_wordings(connection, reader, since, until, month, month - _MONTH)
            else:
                times = reader.times(since, until, month, month - _MONTH)
                growing = grown(times)
        return Figures(
            since=since,
            until=until,
            total=total,
            days=_by_day(added.of_days, added.took_on_days, since, until),
            departments=_by_department(added.of_places, added.took_in_places, staff),
            most_asked=_most_asked(times),
            growing=growing,
            write_next=self._write_next(staff, now, department),
        )

    def _write_next(self, staff: Staff, now: datetime, department: str | None) -> tuple[WriteNext, ...]:
        groups = self._queue.unwritten(staff, now, _LOOKED_AT if department else _WRITE_NEXT)
        if department:
            groups = [group for group in groups if department in group.departments][:_WRITE_NEXT]
        known = WriteNext.model_fields.keys() - {"group_id"}
        return tuple(WriteNext(group_id=group.id, **group.model_dump(include=known)) for group in groups)


def count(tallies: Iterable[Tally], took: Iterable[Took]) -> Counts:
    """The counts of `tallies`, with percentiles of the times in `took`."""
    outcomes: Counter[QuestionOutcome] = Counter()
    judged: Counter[bool] = Counter()
    asked_back = 0
    for tally in tallies:
        asked_back += tally.times if tally.asked_back else 0
        outcomes[tally.outcome] += tally.times
        if tally.helpful is not None:
            judged[tally.helpful] += tally.times
    answers = [each.milliseconds for each in took]
    times = np.concatenate(answers) if answers else ()
    p50, p95 = np.percentile(times, [50, 95]).round(1).tolist() if len(times) else (None, None)
    return Counts(
        asked=outcomes.total(),
        answered=outcomes[QuestionOutcome.ANSWERED],
        refused=outcomes[QuestionOutcome.REFUSED],
        handed_over=outcomes[QuestionOutcome.HANDED_OVER],
        closed=outcomes[QuestionOutcome.CLOSED],
        asked_back=asked_back,
        helpful=judged[True],
        unhelpful=judged[False],
        helpful_share=round(judged[True] / judged.total(), 4) if judged else None,
        p50_ms=p50,
        p95_ms=p95,
    )


def _by_day(
    tallies: Sequence[Tally], took: Sequence[Took], since: date, until: date
) -> tuple[DayFigures, ...]:
    """Every day of the period, also those on which nobody asked."""
    asked, answered = _gathered(tallies, lambda each: (each.day,)), _gathered(took, lambda each: (each.day,))
    days = (since + number * _DAY for number in range((until - since).days + 1))
    return tuple(DayFigures(day=day, counts=count(asked[day], answered[day])) for day in days)


def _by_department(
    tallies: Sequence[Tally], took: Sequence[Took], staff: Staff
) -> tuple[DepartmentFigures, ...]:
    """The departments that `staff` works for, the one asked most first."""

    def own(each: Tally | Took) -> Sequence[str]:
        named = each.departments or (NO_DEPARTMENT,)
        return [name for name in named if name == NO_DEPARTMENT or may(staff, Action.FIGURES, name)]

    asked, answered = _gathered(tallies, own), _gathered(took, own)
    made = [
        DepartmentFigures(department=name, counts=count(rows, answered[name])) for name, rows in asked.items()
    ]
    return tuple(sorted(made, key=lambda each: (-each.counts.asked, each.department)))


def _gathered(
    rows: Iterable[_Row], places: Callable[[_Row], Iterable[_Place]]
) -> defaultdict[_Place, list[_Row]]:
    """`rows` by each of the places that `places` gives for them."""
    by_place: defaultdict[_Place, list[_Row]] = defaultdict(list)
    for row in rows:
        for place in places(row):
            by_place[place].append(row)
    return by_place


def _most_asked(times: Iterable[Times]) -> tuple[TimesAsked, ...]:
    shown = (each for each in times if each.people >= SEVERAL)
    most = nlargest(_MOST_ASKED, shown, key=lambda each: each.in_period)
    return tuple(TimesAsked(text=times.text, times=times.in_period) for times in most if times.in_period)
