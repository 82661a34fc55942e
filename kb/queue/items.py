"""What waits for staff: questions left or refused, answers that did not help, answerers' reports of errors.

The first three are found here among what citizens asked and left.
"""

import re
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Exists, RowMapping, Select, exists, func, select

from kb.answers import AnswerKind, Ending
from kb.models import Model
from kb.question.rewrite import leans_on_history
from kb.storage.queue_tables import queue_items
from kb.storage.tables import asked, feedback, questions


class QueueState(StrEnum):
    """Where a group of questions stands."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    ANSWERED = "answered"
    DISMISSED = "dismissed"

    @property
    def label(self) -> str:
        """The state's Chinese name."""
        return _STATE_LABELS[self]


class ItemKind(StrEnum):
    """Why a question waits for staff."""

    LEFT = "left"
    REFUSED = "refused"
    DISLIKED = "disliked"
    REPORT = "report"

    @property
    def label(self) -> str:
        """The kind's Chinese name."""
        return _KIND_LABELS[self]


class ItemSource(StrEnum):
    """Where an item's own record is kept; `source` and `ref` together identify the item."""

    LEFT = "left"  # kb.citizens.left_questions, by its code
    ASKED = "asked"  # kb.citizens.journal, by the answer's id
    REPORT = "report"  # in the queue itself


_STATE_LABELS = {
    QueueState.WAITING: "待处理",
    QueueState.CLAIMED: "处理中",
    QueueState.ANSWERED: "已答复",
    QueueState.DISMISSED: "已搁置",
}
_NOTHING_TO_DO = (
    Ending.NO_ARTICLE.value,
    Ending.WHICH_DOCUMENT.value,
)  # nobody can add the 90th of 70 articles
_BACK = timedelta(days=1)  # beyond the last question that came: some are stored late
_ASKED = re.compile(r"(?<=[?&])q=[^&#]*&?")
OPEN = (QueueState.WAITING, QueueState.CLAIMED)
CLOSED = (QueueState.ANSWERED, QueueState.DISMISSED)
_KIND_LABELS = {
    ItemKind.LEFT: "群众留言",
    ItemKind.REFUSED: "没答上来",
    ItemKind.DISLIKED: "群众说没有帮助",
    ItemKind.REPORT: "解答员报错",
}


class NewItem(Model):
    """A question on its way into a group; `asker` is the same for all questions of one conversation.

    Only reports have `note` (what is wrong), `url` (where) and `reported_by` (who says so).
    """

    source: ItemSource
    ref: str
    kind: ItemKind
    text: str
    asker: str
    asked_at: datetime
    departments: tuple[str, ...] = ()
    note: str | None = None
    reported_by: str | None = None
    url: str | None = None


def place_of(url: str | None) -> str | None:
    """The address of a page without the question that it was opened with (q), which is a citizen's.

    >>> place_of("/doc/a1?q=%E4%BD%8E%E4%BF%9D&start=3&end=9#cited")
    '/doc/a1?start=3&end=9#cited'
    """
    return _ASKED.sub("", url).rstrip("?&") if url else None


def left_items(connection: Connection, limit: int) -> list[NewItem]:
    """At most `limit` questions left by citizens that are in no group yet, oldest first."""
    table = questions.c
    rows = (
        select(table.code, table.text, table.answer_id, table.asked_at, table.departments, asked.c.session)
        .outerjoin(asked, asked.c.id == table.answer_id)
        .where(~_is_grouped(ItemSource.LEFT, table.code))
        .order_by(table.asked_at, table.code)
        .limit(limit)
    )
    return [_left_item(row) for row in _read(connection, rows)]


def unanswered_items(connection: Connection, limit: int) -> list[NewItem]:
    """At most `limit` refused and down-voted answers that are in no group yet, oldest first."""
    table = asked.c
    columns = table.id, table.question, table.rewritten, table.kind, table.asked_at
    rows = (
        select(*columns, table.departments, table.session)
        .where(
            table.kind != AnswerKind.COURTESY.value,  # never recorded now; nothing that staff could answer
            table.ending != Ending.CLOSED.value,  # it may well be answered when answers are on again
            ~_is_grouped(ItemSource.ASKED, table.id),
        )
        .order_by(table.asked_at, table.id)
        .limit(limit)
    )
    refused = rows.where(table.kind == AnswerKind.REFUSED.value, table.ending.not_in(_NOTHING_TO_DO))
    item = queue_items.c
    last = connection.scalar(
        select(func.max(item.asked_at)).where(
            item.source == ItemSource.ASKED.value,
            item.kind == ItemKind.REFUSED.value,
            item.asked_at <= datetime.now(UTC),  # what a wrong clock stored hides nothing
        )
    )
    if last is not None:  # they come here in the order in which they were asked
        refused = refused.where(table.asked_at >= last - _BACK)
    judged = feedback.c
    unhelpful = select(judged.answer_id).where(
        judged.helpful.is_(False), ~_is_grouped(ItemSource.ASKED, judged.answer_id)
    )
    # In no order: else SQLite walks through all that was ever asked, by its time.
    disliked = rows.where(table.id.in_(unhelpful)).order_by(None)
    found = {row["id"]: row for each in (refused, disliked) for row in _read(connection, each)}
    first = sorted(found.values(), key=lambda row: (row["asked_at"], row["id"]))[:limit]
    return [_unanswered_item(row) for row in first]


def _is_grouped(source: ItemSource, ref: ColumnElement[str]) -> Exists:
    item = queue_items.c
    return exists(select(item.ref).where(item.source == source.value, item.ref == ref))


def _read(connection: Connection, rows: Select[Any]) -> list[RowMapping]:
    return list(connection.execute(rows).mappings())


def _left_item(row: RowMapping) -> NewItem:
    return NewItem(
        source=ItemSource.LEFT,
        ref=row["code"],
        kind=ItemKind.LEFT,
        text=row["text"],
        asker=row["session"] or row["answer_id"] or row["code"],
        asked_at=row["asked_at"],
        departments=tuple(row["departments"]),
    )


def _unanswered_item(row: RowMapping) -> NewItem:
    """A follow-up (那需要什么材料？) is replaced by the whole question that was understood."""
    refused = row["kind"] == AnswerKind.REFUSED.value
    return NewItem(
        source=ItemSource.ASKED,
        ref=row["id"],
        kind=ItemKind.REFUSED if refused else ItemKind.DISLIKED,
        text=row["rewritten"] if leans_on_history(row["question"]) else row["question"],
        asker=row["session"] or row["id"],
        asked_at=row["asked_at"],
        departments=tuple(row["departments"]),
    )
