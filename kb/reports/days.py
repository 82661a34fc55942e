"""Days that are over, counted once: the figures of a year add up 365 rows instead of reading a million.

A day is counted by `roll_up`, which the daily work calls, and again after something of it changed
(kb.citizens.days). The numbers stay when the questions are deleted; they name nobody. Days that are not
counted, today's among them, are read from the journal itself. Of a counted day the times that answers took
are known to five per cent: how many fell between 100 and 105 milliseconds, and so on.
"""

import json
import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

import numpy as np
import numpy.typing as npt
from pydantic_core import from_json
from sqlalchemy import Connection, Engine, func, or_, select, update

from kb.clock import china_day
from kb.errors import StoreError
from kb.reports.tallies import QuestionOutcome, Reader, Tally, Took
from kb.reports.wordings import current, wordings_json
from kb.storage.database import insert_over, reading, transaction
from kb.storage.queue_tables import figures_days
from kb.storage.tables import asked, questions

logger = logging.getLogger(__name__)

_DAY = timedelta(days=1)
_SETTLED = timedelta(minutes=10)  # after midnight: answers of the day before are stored by then
_STEP, _LEAST, _STEPS = 1.05, 0.1, 400  # of the times: 0.1 ms to half a year
_TIMES = _LEAST * _STEP ** np.arange(_STEPS)
_Kind = tuple[QuestionOutcome, bool | None, bool]  # outcome, judged helpful, asked back


class Days:
    """Counts days and keeps the counts. All methods raise StoreError when the database fails."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def roll_up(self, now: datetime) -> int:
        """Count the days that are over and not yet counted, or changed since; how many were counted.

        A day that changes meanwhile is counted again the next time, like one that cannot be counted: it is
        logged, and does not hold up the days after it.
        """
        with reading(self._engine) as connection:
            due = _due(connection, china_day(now - _SETTLED))
        counted = 0
        for day in due:
            try:
                self._count(day)
                counted += 1
            except (StoreError, ValueError) as error:
                logger.error("the figures of %s were not counted: %s", day, error)
        return counted

    def _count(self, day: date) -> None:
        with transaction(self._engine) as connection:
            row = {"day": day, "changes": 0, "is_closed": False}
            connection.execute(insert_over(connection, figures_days).on_conflict_do_nothing(), row)
            is_its = figures_days.c.day == day
            seen = connection.scalar(select(figures_days.c.changes).where(is_its))
        with reading(self._engine) as connection:
            values = {"counts": _counts_json(connection, day), **wordings_json(connection, day)}
        unchanged = is_its & (figures_days.c.changes == seen) & figures_days.c.is_closed.is_(False)
        with transaction(self._engine) as connection:
            connection.execute(update(figures_days).where(unchanged).values(counted=seen, **values))


@dataclass(frozen=True)
class PeriodSums:
    """A period's tallies and times: of each day, and of each list of departments."""

    of_days: list[Tally]
    of_places: list[Tally]
    took_on_days: list[Took]
    took_in_places: list[Took]


def sums(connection: Connection, reader: Reader, since: date, until: date) -> PeriodSums:
    """The sums of a period, over what `reader` may count; both days included."""
    adding = _Adding(reader.is_wanted)
    day = figures_days.c
    rows = connection.execute(
        select(day.day, day.counts).where(day.day >= since, day.day <= until, current())
    ).all()
    for row in rows:
        adding.add_counted(row.day, from_json(row.counts))
    known = {row.day for row in rows}
    for first, last in runs(since, until, lambda each: each not in known):
        adding.add_read(reader.tallies(first, last), reader.took(first, last))
    return adding.sums()


def runs(since: date, until: date, is_wanted: Callable[[date], bool]) -> Iterator[tuple[date, date]]:
    """First and last day of each run of wanted days in a period."""
    days = (since + number * _DAY for number in range((until - since).days + 1))
    for wanted, run in groupby(days, is_wanted):
        if wanted:
            first, *others = run
            yield first, others[-1] if others else first


class _Adding:
    """Adds up the counts of the departments' lists that are wanted."""

    def __init__(self, is_wanted: Callable[[tuple[str, ...]], bool]) -> None:
        self._is_wanted = is_wanted
        self._places: dict[tuple[str, ...], bool] = {}
        self._of_days: Counter[tuple[date, _Kind]] = Counter()
        self._of_places: Counter[tuple[tuple[str, ...], _Kind]] = Counter()
        self._took_on: defaultdict[date, npt.NDArray[np.int64]] = defaultdict(_no_times)
        self._took_in: defaultdict[tuple[str, ...], npt.NDArray[np.int64]] = defaultdict(_no_times)
        self._read: list[Took] = []

    def add_counted(self, day: date, counts: Mapping[str, Sequence[Sequence[int]]]) -> None:
        """Add a counted day, in the form of `_counts_json`."""
        places = [tuple(map(str, listed)) for listed in counts["places"]]
        wanted = [self._wants(place) for place in places]
        for number, outcome, helpful, asked_back, times in counts["tallies"]:
            if wanted[number]:
                kind = (_OUTCOMES[outcome], _HELPFUL[helpful], bool(asked_back))
                self._of_days[day, kind] += times
                self._of_places[places[number], kind] += times
        number_of, steps, times_of = (np.array(column, dtype=np.int64) for column in counts["took"])
        took = np.bincount(number_of * _STEPS + steps, times_of, len(places) * _STEPS).astype(np.int64)
        by_place = took.reshape(len(places), _STEPS)
        self._took_on[day] = by_place[np.array(wanted, dtype=bool)].sum(axis=0)
        for number, place in enumerate(places):
            if wanted[number]:
                self._took_in[place] += by_place[number]

    def add_read(self, tallies: Sequence[Tally], took: Sequence[Took]) -> None:
        """Add what was read from the journal itself."""
        for tally in tallies:
            kind = (tally.outcome, tally.helpful, tally.asked_back)
            self._of_days[tally.day, kind] += tally.times
            self._of_places[tally.departments, kind] += tally.times
        self._read += took

    def sums(self) -> PeriodSums:
        """What was added up."""
        any_day = date.min
        return PeriodSums(
            of_days=[_tally(day, (), kind, times) for (day, kind), times in self._of_days.items()],
            of_places=[
                _tally(any_day, place, kind, times) for (place, kind), times in self._of_places.items()
            ],
            took_on_days=[
                *self._read,
                *(Took(day, (), np.repeat(_TIMES, took)) for day, took in self._took_on.items()),
            ],
            took_in_places=[
                *self._read,
                *(Took(any_day, place, np.repeat(_TIMES, took)) for place, took in self._took_in.items()),
            ],
        )

    def _wants(self, place: tuple[str, ...]) -> bool:
        if place not in self._places:
            self._places[place] = self._is_wanted(place)
        return self._places[place]


_OUTCOMES = tuple(QuestionOutcome)
_HELPFUL = (None, False, True)


def _tally(day: date, departments: tuple[str, ...], kind: _Kind, times: int) -> Tally:
    outcome, helpful, asked_back = kind
    return Tally(day, outcome, departments, helpful, times, asked_back)


def _no_times() -> npt.NDArray[np.int64]:
    return np.zeros(_STEPS, dtype=np.int64)


def _due(connection: Connection, today: date) -> list[date]:
    """The days before `today`, since the first question, that are to be counted."""
    moments = [connection.scalar(select(func.min(table.c.asked_at))) for table in (asked, questions)]
    firsts = [china_day(moment) for moment in moments if moment is not None]
    if not firsts:
        return []
    day = figures_days.c
    done = set(connection.scalars(select(day.day).where(or_(day.counted == day.changes, day.is_closed))))
    days = (min(firsts) + number * _DAY for number in range((today - min(firsts)).days))
    return [each for each in days if each not in done]


def _counts_json(connection: Connection, day: date) -> str:
    """The counts of a day: lists of departments, tallies and times, which name a list by its number."""
    reader = Reader.of_all(connection)
    tallies, took = reader.tallies(day, day), reader.took(day, day)
    listed = {tally.departments for tally in tallies} | {answers.departments for answers in took}
    places = {place: number for number, place in enumerate(listed)}
    steps: Counter[tuple[int, int]] = Counter()
    for answers in took:
        raised = np.log(np.maximum(answers.milliseconds, _LEAST) / _LEAST) / np.log(_STEP)
        for step in np.clip(np.rint(raised), 0, _STEPS - 1).astype(int).tolist():
            steps[places[answers.departments], step] += 1
    return json.dumps(
        {
            "places": list(places),
            "tallies": [
                [
                    places[tally.departments],
                    _OUTCOMES.index(tally.outcome),
                    _HELPFUL.index(tally.helpful),
                    int(tally.asked_back),
                    tally.times,
                ]
                for tally in tallies
            ],
            "took": [
                [place for place, _ in steps],
                [step for _, step in steps],
                list(steps.values()),
            ],
        },
        ensure_ascii=False,
    )
