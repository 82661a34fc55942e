"""The staff's work list as they see it: groups of questions, and everything in one group.

The citizens' contacts are shown with a single group only, and only to staff whom the question itself
concerns.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, Subquery, and_, case, func, select

from kb.citizens.left_questions import printed_code
from kb.citizens.working_days import working_days_between
from kb.clock import china_day
from kb.errors import NotFoundError
from kb.models import Model
from kb.queue.filters import GroupFilter, conditions, is_seen_by, waiting_questions
from kb.queue.items import CLOSED, ItemKind, ItemSource, QueueState
from kb.queue.notes import GroupNote
from kb.staff.permissions import Action, Role, Staff, concerns, require
from kb.storage.queue_tables import left_returns, queue_departments, queue_groups, queue_items
from kb.storage.tables import asked, feedback, questions

_NO_GROUP = "这一组提问已经不在了，可能已过保存期限；请刷新列表。"


class Group(Model):
    """Questions that ask the same: `text` is one wording, `asked` how many people asked.

    `waiting` of them left the question and have no reply yet; the first of these is promised one by `due`,
    `days_left` working days from now (negative: overdue). `unhelpful` answers were voted down or reported.
    `claimed_by` and `closed_by` are names of accounts, `claimed_title` and `closed_title` names of people.
    `closed_text` is the last reply, or why the group was dismissed; it stays when the group is opened again.
    `faq_id`: the FAQ entry that answers, or the draft that will.
    """

    id: int
    text: str
    state: QueueState
    asked: int
    waiting: int
    first_asked: datetime
    last_asked: datetime
    age_days: int
    due: date | None
    days_left: int | None
    is_overdue: bool
    unhelpful: int
    departments: tuple[str, ...]
    claimed_by: str | None
    claimed_title: str | None
    claimed_at: datetime | None
    closed_by: str | None
    closed_title: str | None
    closed_at: datetime | None
    closed_text: str | None
    faq_id: str | None
    version: int


class QueueItem(Model):
    """One question of a group.

    `answer` is the machine's answer, `reason` and `comment` the citizen's judgement of it. `further` is what
    the citizen asked after `earlier_reply`, `satisfied` their judgement of the reply. In a report
    `comment` says what is wrong, `reporter` who says so, `url` where.
    """

    source: ItemSource
    ref: str
    kind: ItemKind
    text: str
    asked_at: datetime
    code: str | None = None
    contact: str | None = None
    due: date | None = None
    reply: str | None = None
    further: str | None = None
    earlier_reply: str | None = None
    satisfied: bool | None = None
    answer: str | None = None
    reason: str | None = None
    comment: str | None = None
    reporter: str | None = None
    url: str | None = None


class GroupDetail(Model):
    """A group with its questions and the colleagues' notes, oldest first."""

    group: Group
    items: tuple[QueueItem, ...]
    notes: tuple[GroupNote, ...] = ()


def read_groups(
    connection: Connection, staff: Staff, wanted: GroupFilter, limit: int, offset: int, now: datetime
) -> list[Group]:
    """The groups `staff` may see: people who wait first, by the day promised, then by harm.

    Harm: an answer was called unhelpful or wrong, then one was refused, then how many asked, then the oldest.

    When `wanted` names only closed states, the groups are sorted by close time instead, the latest first.
    """
    counted, waiting = _counted(), waiting_questions()
    group = queue_groups.c
    rows = _groups(counted, waiting).where(*conditions(staff, wanted, waiting, now))
    if set(wanted.states) <= set(CLOSED):
        rows = rows.order_by(group.closed_at.desc(), group.id)
    else:
        waiting_first = case((waiting.c.waiting > 0, 0), else_=1)
        promised_first = case((waiting.c.due.is_not(None), 0), else_=1)
        harm = case((counted.c.unhelpful > 0, 0), (counted.c.refused > 0, 1), else_=2)
        rows = rows.order_by(waiting_first, promised_first, waiting.c.due, harm)
        rows = rows.order_by(counted.c.asked.desc(), counted.c.first_asked, group.id)
    return _read(connection, rows.limit(limit).offset(offset), now)


def read_unwritten(connection: Connection, staff: Staff, limit: int, now: datetime) -> list[Group]:
    """The groups that `staff` may see for which no FAQ entry is written, those asked most first."""
    counted = _counted()
    rows = (
        _groups(counted, waiting_questions())
        .where(queue_groups.c.faq_id.is_(None), queue_groups.c.state != QueueState.DISMISSED.value)
        .where(is_seen_by(staff))
        .order_by(counted.c.asked.desc(), counted.c.first_asked, queue_groups.c.id)
        .limit(limit)
    )
    return _read(connection, rows, now)


def read_group(connection: Connection, group_id: int, now: datetime) -> Group:
    """The group `group_id`.

    Raises:
        NotFoundError: it is gone.
    """
    rows = _groups(_counted(), waiting_questions()).where(queue_groups.c.id == group_id)
    groups = _read(connection, rows, now)
    if not groups:
        raise NotFoundError(_NO_GROUP, _NO_GROUP)
    return groups[0]


def read_items(connection: Connection, staff: Staff, group_id: int) -> tuple[QueueItem, ...]:
    """The questions of a group, oldest first."""
    item = queue_items.c
    columns = [questions.c[name].label(f"left_{name}") for name in ("contact", "departments", "due", "reply")]
    further = left_returns.c
    returns = [
        further.text.label("further"),
        further.reply.label("earlier_reply"),
        further.is_satisfied.label("satisfied"),
    ]
    rows = (
        select(*item, *columns, *returns, asked.c.text.label("answer"), feedback.c.reason, feedback.c.comment)
        .outerjoin(questions, and_(item.source == ItemSource.LEFT.value, questions.c.code == item.ref))
        .outerjoin(left_returns, left_returns.c.code == questions.c.code)
        .outerjoin(asked, and_(item.source == ItemSource.ASKED.value, asked.c.id == item.ref))
        .outerjoin(feedback, feedback.c.answer_id == asked.c.id)
        .where(item.group_id == group_id)
        .order_by(item.asked_at, item.ref)
    )
    return tuple(_item(row, staff) for row in connection.execute(rows).mappings())


def require_concern(staff: Staff, departments: Sequence[str]) -> None:
    """Raise NotAllowedError unless a matter of `departments` concerns `staff`.

    Raises:
        NotAllowedError: it belongs to other departments.
    """
    require(staff, Action.QUEUE)
    if not concerns(staff, departments):
        require(staff, Action.QUEUE, departments[0])


def may_release(staff: Staff, group: Group) -> bool:
    """Whether `staff` may give back a claimed group: their own, or a colleague's as a reviewer or admin."""
    is_mine = group.claimed_by == staff.name or staff.role in (Role.REVIEWER, Role.ADMIN)
    return group.state is QueueState.CLAIMED and is_mine


def _counted() -> Subquery:
    item = queue_items.c
    return (
        select(
            item.group_id,
            func.count(item.asker.distinct()).label("asked"),
            func.min(item.asked_at).label("first_asked"),
            func.max(item.asked_at).label("last_asked"),
            _number_of(ItemKind.DISLIKED, ItemKind.REPORT).label("unhelpful"),
            _number_of(ItemKind.REFUSED).label("refused"),
        )
        .group_by(item.group_id)
        .subquery()
    )


def _number_of(*kinds: ItemKind) -> ColumnElement[int]:
    return func.sum(case((queue_items.c.kind.in_([kind.value for kind in kinds]), 1), else_=0))


def _groups(counted: Subquery, waiting: Subquery) -> Select[Any]:
    group = queue_groups.c
    columns = [column for column in group if column.name not in ("vector", "model")]
    return (
        select(*columns, counted.c.asked, counted.c.first_asked, counted.c.last_asked, counted.c.unhelpful)
        .add_columns(func.coalesce(waiting.c.waiting, 0).label("waiting"), waiting.c.due)
        .join(counted, counted.c.group_id == group.id)
        .outerjoin(waiting, waiting.c.group_id == group.id)
    )


def _read(connection: Connection, rows: Select[Any], now: datetime) -> list[Group]:
    group_rows = connection.execute(rows).mappings().all()
    departments = _departments(connection, [row["id"] for row in group_rows])
    return [_group(row, tuple(departments[row["id"]]), now) for row in group_rows]


def _departments(connection: Connection, group_ids: Sequence[int]) -> defaultdict[int, list[str]]:
    table = queue_departments.c
    rows = select(table.group_id, table.department).where(table.group_id.in_(group_ids))
    by_group: defaultdict[int, list[str]] = defaultdict(list)
    for row in connection.execute(rows.order_by(table.department)):
        by_group[row.group_id].append(row.department)
    return by_group


def _group(row: RowMapping, departments: tuple[str, ...], now: datetime) -> Group:
    today, first = china_day(now), china_day(row["first_asked"])
    return Group(
        **row,
        departments=departments,
        age_days=(today - first).days,
        days_left=None if row["due"] is None else working_days_between(today, row["due"]),
        is_overdue=row["due"] is not None and row["due"] < today,
    )


def _item(row: RowMapping, staff: Staff) -> QueueItem:
    is_left = row["source"] == ItemSource.LEFT.value
    near = is_left and row["left_departments"] is not None and concerns(staff, row["left_departments"])
    return QueueItem(
        source=ItemSource(row["source"]),
        ref=row["ref"],
        kind=ItemKind(row["kind"]),
        text=row["text"],
        asked_at=row["asked_at"],
        code=printed_code(row["ref"]) if is_left and near else None,
        contact=row["left_contact"] if near else None,
        due=row["left_due"],
        reply=row["left_reply"],
        further=row["further"],
        earlier_reply=row["earlier_reply"],
        satisfied=row["satisfied"],
        answer=row["answer"],
        reason=row["reason"],
        comment=row["note"] or row["comment"],
        reporter=row["reported_by"],
        url=row["url"],
    )
