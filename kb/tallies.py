"""Periods, and the questions of one as they are counted (kb.figures) and listed (kb.ledger).

Each question ends in one way: handed over when the citizen left it for a person; closed when answers were
switched off; else refused, or answered. Days are days in China.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cache, lru_cache

from sqlalchemy import Connection, Text, cast, exists, select

from kb.answers import AnswerKind, Ending
from kb.clock import CHINA_TIME, china_day
from kb.errors import InputError
from kb.normalise import question_key
from kb.queue_view import concerns
from kb.staff import Action, Staff
from kb.tables import asked, feedback, questions

MAX_DAYS = 366
_DAY = timedelta(days=1)


class Outcome(StrEnum):
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
    Outcome.ANSWERED: "已回答",
    Outcome.REFUSED: "没答上来",
    Outcome.HANDED_OVER: "转人工",
    Outcome.CLOSED: "停答期间",
}


@dataclass(frozen=True, slots=True)
class Tally:
    """A question as it is counted; one that was left without asking first has no time and no judgement."""

    day: date
    outcome: Outcome
    key: str
    text: str
    departments: Sequence[str]
    helpful: bool | None = None
    took_ms: float | None = None


def check_period(since: date, until: date) -> None:
    """Pass only periods that can be looked at.

    Raises:
        InputError: it ends before it begins, or is longer than MAX_DAYS.
    """
    if until < since:
        raise InputError(f"结束日期 {until} 早于开始日期 {since}，请重选。")
    if (until - since).days >= MAX_DAYS:
        raise InputError(f"一次最多 {MAX_DAYS} 天，请缩短日期范围。")


def moments(since: date, until: date) -> tuple[datetime, datetime]:
    """The first moment of `since` and the first one after `until`, by the clock in China."""
    midnight = time(tzinfo=CHINA_TIME)
    return datetime.combine(since, midnight), datetime.combine(until + _DAY, midnight)


def read_tallies(
    connection: Connection, staff: Staff, since: date, until: date, department: str | None = None
) -> list[Tally]:
    """The questions of a period that concern `staff`, or only those of one department, in no order."""
    begin, end = moments(since, until)
    is_wanted = _wanted(staff, department)
    handed = set(connection.scalars(select(questions.c.answer_id).where(questions.c.answer_id.is_not(None))))
    ask = asked.c
    rows = (
        select(ask.id, ask.asked_at, ask.kind, ask.ending, ask.key, ask.question)
        .add_columns(cast(ask.departments, Text), feedback.c.helpful, ask.took_ms)
        .outerjoin(feedback, feedback.c.answer_id == ask.id)
        .where(ask.asked_at >= begin.astimezone(UTC), ask.asked_at < end.astimezone(UTC))
    )
    found = connection.execute(rows)
    tallies = [
        Tally(
            day=china_day(moment),
            outcome=Outcome.HANDED_OVER if answer_id in handed else outcome_of(kind, ending),
            key=key,
            text=text,
            departments=departments,
            helpful=helpful,
            took_ms=took_ms,
        )
        for (answer_id, moment, kind, ending, key, text, listed, helpful, took_ms) in found
        if is_wanted(departments := _departments(listed))
    ]
    return tallies + _left_without_asking(connection, is_wanted, begin, end)


def outcome_of(kind: str, ending: str) -> Outcome:
    """How a recorded answer ended that nobody left a question about."""
    if kind != AnswerKind.REFUSED.value:
        return Outcome.ANSWERED
    return Outcome.CLOSED if ending == Ending.CLOSED.value else Outcome.REFUSED


def _wanted(staff: Staff, department: str | None) -> Callable[[tuple[str, ...]], bool]:
    """Whether a question of some departments is counted; known ones are not thought about again."""

    @cache
    def is_wanted(departments: tuple[str, ...]) -> bool:
        is_chosen = department is None or department in departments
        return is_chosen and concerns(staff, departments, Action.FIGURES)

    return is_wanted


@lru_cache(maxsize=4_096)  # the same few lists in every row: ten times faster than reading each
def _departments(listed: str) -> tuple[str, ...]:
    return tuple(json.loads(listed))


def _left_without_asking(
    connection: Connection, is_wanted: Callable[[tuple[str, ...]], bool], begin: datetime, end: datetime
) -> list[Tally]:
    """Questions left whose answer is not recorded."""
    left = questions.c
    rows = select(left.text, left.asked_at, left.departments).where(
        left.asked_at >= begin.astimezone(UTC),
        left.asked_at < end.astimezone(UTC),
        ~exists().where(asked.c.id == left.answer_id),
    )
    return [
        Tally(china_day(moment), Outcome.HANDED_OVER, question_key(text), text, departments)
        for text, moment, departments in connection.execute(rows)
        if is_wanted(tuple(departments))
    ]
