"""The questions of a period as they are counted (kb.reports.figures).

Each question ends in one way: handed over when the citizen left it for a person; closed when answers were
switched off; else refused, or answered. Days are days in China. SQL does the counting: a hundred thousand
rows of Python objects took two seconds.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import (
    ColumnElement,
    Connection,
    Date,
    DateTime,
    Select,
    Table,
    Text,
    and_,
    case,
    cast,
    exists,
    false,
    func,
    literal_column,
    select,
    type_coerce,
)

from kb.answers import AnswerKind, Ending
from kb.clock import CHINA_TIME, china_day
from kb.language.normalise import question_key
from kb.reports.periods import moments
from kb.staff.permissions import OPERATOR, Action, Staff, concerns
from kb.storage.tables import asked, feedback, questions

_DAY = timedelta(days=1)


class QuestionOutcome(StrEnum):
    """How a question ended."""

    ANSWERED = "answered"
    REFUSED = "refused"
    HANDED_OVER = "handed_over"
    CLOSED = "closed"

    @property
    def label(self) -> str:
        """The outcome's Chinese name."""
        return _LABELS[self]


_LABELS = {
    QuestionOutcome.ANSWERED: "已回答",
    QuestionOutcome.REFUSED: "没答上来",
    QuestionOutcome.HANDED_OVER: "转人工",
    QuestionOutcome.CLOSED: "停答期间",
}


@dataclass(frozen=True, slots=True)
class Tally:
    """How many questions of a day have all of these in common."""

    day: date
    outcome: QuestionOutcome
    departments: tuple[str, ...]
    helpful: bool | None
    times: int
    asked_back: bool = False


@dataclass(frozen=True, slots=True)
class Times:
    """How often a question, in any typing, was asked: in the period, in its last month, the month before.

    `people`: by how many different people, as far as they can be told apart (kb.citizens.journal).
    """

    text: str
    in_period: int
    later: int
    earlier: int
    people: int


@dataclass(frozen=True, slots=True)
class Took:
    """How many milliseconds the answers of a day took, of the answers for the same departments."""

    day: date
    departments: tuple[str, ...]
    milliseconds: npt.NDArray[np.float64]


class Reader:
    """Counts the questions that concern `staff`, or only those of one `department`, over one connection."""

    def __init__(self, connection: Connection, staff: Staff, department: str | None = None) -> None:
        self._connection = connection
        self._staff = staff
        self._department = department

    @classmethod
    def of_all(cls, connection: Connection) -> "Reader":
        """A reader that counts every question."""
        return cls(connection, OPERATOR)

    def tallies(self, since: date, until: date) -> list[Tally]:
        """The questions of a period, in no order."""
        ask = asked.c
        columns = [
            self._day(ask.asked_at).label("day"),
            _outcome().label("outcome"),
            listed_in(ask.departments).label("listed"),
            feedback.c.helpful,
            func.coalesce(ask.asked_back, false()).label("asked_back"),
        ]
        rows: Select[Any] = (
            select(*columns, func.count())
            .outerjoin(feedback, feedback.c.answer_id == ask.id)
            .where(*self._conditions(asked, since, until))
            .group_by(*columns)
        )
        counted = [
            Tally(
                day=_read_day(day),
                outcome=QuestionOutcome(outcome),
                departments=departments_in(listed),
                helpful=helpful,
                times=times,
                asked_back=asked_back,
            )
            for day, outcome, listed, helpful, asked_back, times in self._connection.execute(rows).all()
        ]
        return counted + self._left_alone(since, until)

    def took(self, since: date, until: date) -> list[Took]:
        """How long the recorded answers of a period took."""
        ask = asked.c
        rows = select(self._day(ask.asked_at), listed_in(ask.departments), ask.took_ms).where(
            ask.took_ms.is_not(None), *self._conditions(asked, since, until)
        )
        by_day: defaultdict[tuple[str | date, str], list[float]] = defaultdict(list)
        for day, listed, milliseconds in self._connection.execute(rows).all():
            by_day[day, listed].append(milliseconds)
        return [
            Took(_read_day(day), departments_in(listed), np.array(values, dtype=np.float64))
            for (day, listed), values in by_day.items()
        ]

    def times(self, since: date, until: date, later: date, earlier: date) -> list[Times]:
        """Every question asked from `since` or `earlier` on, whichever is first; its typings count as one."""
        first = min(since, earlier)
        days = (since, later, earlier)
        recorded = self._times_of(asked, asked.c.key, asked.c.question, days)
        rows = recorded.add_columns(func.count(asked.c.asker.distinct()))
        rows = rows.where(*self._conditions(asked, first, until)).group_by(asked.c.key)
        counts = {key: [text, *times] for key, text, *times in self._connection.execute(rows).all()}
        for text, *times in self.times_alone(first, until, days):
            known = counts.setdefault(question_key(text), [text, 0, 0, 0, 0])
            known[1:4] = [before + more for before, more in zip(known[1:4], times, strict=True)]
        return [
            Times(text=text, in_period=in_period, later=after, earlier=before, people=people)
            for text, in_period, after, before, people in counts.values()
        ]

    def times_alone(self, first: date, until: date, days: tuple[date, date, date]) -> list[tuple[Any, ...]]:
        """The left questions without a recorded answer: text, and how often (see `_times_of`)."""
        left = questions.c
        alone = self._times_of(questions, left.text, left.text, days)
        rows = alone.where(*self._conditions(questions, first, until), is_alone()).group_by(left.text)
        return [tuple(row[1:]) for row in self._connection.execute(rows).all()]

    def times_of_keys(self, keys: Sequence[str], since: date, until: date) -> dict[str, int]:
        """How often each of `keys` was asked in a period."""
        ask = asked.c
        rows = select(ask.key, func.count()).where(ask.key.in_(keys)).group_by(ask.key)
        found = self._connection.execute(rows.where(*self._conditions(asked, since, until)))
        return {key: times for key, times in found}

    def wordings(self, day: date) -> Iterator[tuple[str, str, tuple[str, ...], str | None]]:
        """Each question of a day: key, text, departments, and who asked as far as that is known."""
        ask, left = asked.c, questions.c
        rows = select(ask.key, ask.question, listed_in(ask.departments), ask.asker)
        for key, text, listed, asker in self._connection.execute(
            rows.where(*self._conditions(asked, day, day))
        ):
            yield key, text, departments_in(listed), asker
        alone = select(left.text, listed_in(left.departments)).where(*self._conditions(questions, day, day))
        for text, listed in self._connection.execute(alone.where(is_alone())):
            yield question_key(text), text, departments_in(listed), None

    def days_asked(self, since: date, until: date) -> list[date]:
        """The days of a period on which there are questions in the journal, or might be."""
        first = self._connection.scalar(select(func.min(asked.c.asked_at)))
        begin = since if first is None else max(since, china_day(first))
        return [begin + number * _DAY for number in range((until - begin).days + 1)]

    def _left_alone(self, since: date, until: date) -> list[Tally]:
        """Tallies of the left questions that have no recorded answer."""
        left = questions.c
        columns = self._day(left.asked_at).label("day"), listed_in(left.departments).label("listed")
        rows = (
            select(*columns, func.count())
            .where(*self._conditions(questions, since, until), is_alone())
            .group_by(*columns)
        )
        return [
            Tally(
                day=_read_day(day),
                outcome=QuestionOutcome.HANDED_OVER,
                departments=departments_in(listed),
                helpful=None,
                times=times,
            )
            for day, listed, times in self._connection.execute(rows).all()
        ]

    def _times_of(
        self, table: Table, key: ColumnElement[Any], text: ColumnElement[Any], days: tuple[date, date, date]
    ) -> Select[Any]:
        """Key, one text, and how often: since the first of `days`, since the second, from third to second."""
        since, later, earlier = (moments(day, day)[0] for day in days)
        at = table.c.asked_at
        kinds = at >= since, at >= later, and_(earlier <= at, at < later)
        return select(key, func.min(text), *(func.sum(case((kind, 1), else_=0)) for kind in kinds))

    def _conditions(self, table: Table, since: date, until: date) -> list[ColumnElement[bool]]:
        """The conditions on a row of `table` that is counted in the period."""
        begin, end = moments(since, until)
        inside = [table.c.asked_at >= begin, table.c.asked_at < end]
        if self._department is None and not self._staff.bound_to:
            return inside
        listed = listed_in(table.c.departments)
        known = self._connection.scalars(select(listed).where(*inside).distinct())
        chosen = [text for text in known if self.is_wanted(departments_in(text))]
        return [*inside, listed.in_(chosen)]

    def is_wanted(self, departments: tuple[str, ...]) -> bool:
        """Whether questions for this list of departments are counted."""
        is_chosen = self._department is None or self._department in departments
        return is_chosen and concerns(self._staff, departments, Action.FIGURES)

    def _day(self, moment: ColumnElement[Any]) -> ColumnElement[Any]:
        """The day of `moment` in China; moments are stored in UTC."""
        if self._connection.dialect.name == "postgresql":
            return cast(type_coerce(moment, DateTime) + CHINA_TIME.utcoffset(None), Date)
        return func.date(moment, f"{CHINA_TIME.utcoffset(None).total_seconds():+.0f} seconds")


def _outcome() -> ColumnElement[str]:
    """How a recorded question ended."""
    ask = asked.c
    handed = select(questions.c.answer_id).where(questions.c.answer_id.is_not(None))
    return case(
        (ask.id.in_(handed), literal_column(f"'{QuestionOutcome.HANDED_OVER.value}'")),
        (ask.kind != AnswerKind.REFUSED.value, literal_column(f"'{QuestionOutcome.ANSWERED.value}'")),
        (ask.ending == Ending.CLOSED.value, literal_column(f"'{QuestionOutcome.CLOSED.value}'")),
        else_=literal_column(f"'{QuestionOutcome.REFUSED.value}'"),
    )


def is_alone() -> ColumnElement[bool]:
    """Whether a left question has no recorded answer."""
    return ~exists().where(asked.c.id == questions.c.answer_id)


def listed_in(departments: ColumnElement[Any]) -> ColumnElement[str]:
    """A list of departments as text, so that SQL can group by it."""
    return cast(departments, Text)


@lru_cache(maxsize=4_096)
def departments_in(listed: str) -> tuple[str, ...]:
    """The list of departments that `listed_in` gives."""
    return tuple(json.loads(listed))


def _read_day(day: str | date) -> date:
    """The date that either database returns, SQLite as text."""
    return date.fromisoformat(day) if isinstance(day, str) else day
