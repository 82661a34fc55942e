"""Which groups of questions a member of staff is shown: what concerns them, and what of that is looked for.

Staff bound to departments see the groups of those and the groups of none.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Subquery, and_, case, exists, func, or_, select

from kb.citizens.left_questions import plain_code
from kb.clock import china_day
from kb.models import Model
from kb.queue.items import CLOSED, OPEN, QueueState, Source
from kb.staff.permissions import Staff
from kb.storage.queue_tables import queue_departments, queue_groups, queue_items
from kb.storage.tables import questions


class GroupFilter(Model):
    """What is looked for; `departments`: at least one of these, none for any.

    `mine`: claimed by whoever asks. `text`: words of a question of the group, or the code of one.
    """

    states: tuple[QueueState, ...] = OPEN
    departments: tuple[str, ...] = ()
    mine: bool = False
    overdue: bool = False
    text: str = ""


class GroupCounts(Model):
    """How many groups wait for a reply or are worked on (`open`), and how many of those are what."""

    open: int
    unclaimed: int
    mine: int
    overdue: int
    closed: int


def is_seen_by(staff: Staff) -> ColumnElement[bool]:
    """The condition that a row of queue_groups concerns `staff`."""
    if not staff.departments:
        return queue_groups.c.id.is_not(None)
    anybody = exists().where(queue_departments.c.group_id == queue_groups.c.id)
    return or_(~anybody, _belongs_to(staff.departments))


def waiting_questions() -> Subquery:
    """Questions left that have no reply, by group, with the first day on which one is due."""
    item = queue_items.c
    return (
        select(item.group_id, func.count().label("waiting"), func.min(questions.c.due).label("due"))
        .join(questions, and_(item.source == Source.LEFT.value, questions.c.code == item.ref))
        .where(questions.c.replied_at.is_(None))
        .group_by(item.group_id)
        .subquery()
    )


def conditions(
    staff: Staff, wanted: GroupFilter, waiting: Subquery, now: datetime
) -> list[ColumnElement[bool]]:
    """What must hold of a row of queue_groups beside `waiting` to be shown to `staff`."""
    group = queue_groups.c
    found = [is_seen_by(staff), group.state.in_([state.value for state in wanted.states])]
    if wanted.departments:
        found.append(_belongs_to(wanted.departments))
    if wanted.mine:
        found.append(group.claimed_by == staff.name)
    if wanted.overdue:
        found.append(waiting.c.due < china_day(now))
    if words := wanted.text.strip():
        item = queue_items.c
        by_code = and_(item.source == Source.LEFT.value, item.ref == plain_code(words))
        said = or_(item.text.contains(words, autoescape=True), by_code)
        found.append(exists().where(item.group_id == group.id, said))
    return found


def read_counts(connection: Connection, staff: Staff, now: datetime) -> GroupCounts:
    """How many groups there are for `staff`."""
    group, waiting = queue_groups.c, waiting_questions()
    is_open = group.state.in_([state.value for state in OPEN])
    is_closed = group.state.in_([state.value for state in CLOSED])
    kinds = {
        "open": is_open,
        "unclaimed": group.state == QueueState.WAITING.value,
        "mine": group.claimed_by == staff.name,
        "overdue": and_(is_open, waiting.c.due < china_day(now)),
        "closed": is_closed,
    }
    columns = [
        func.coalesce(func.sum(case((held, 1), else_=0)), 0).label(name) for name, held in kinds.items()
    ]
    rows = select(*columns).select_from(queue_groups)
    rows = rows.outerjoin(waiting, waiting.c.group_id == group.id).where(is_seen_by(staff))
    return GroupCounts.model_validate(dict(connection.execute(rows).mappings().one()))


def read_departments(connection: Connection, staff: Staff) -> tuple[str, ...]:
    """The departments of the groups that concern `staff`: their own, else every one that is named."""
    if staff.departments:
        return staff.departments
    name = queue_departments.c.department
    return tuple(connection.scalars(select(name).distinct().order_by(name)))


def _belongs_to(departments: Sequence[str]) -> ColumnElement[bool]:
    table = queue_departments.c
    return exists().where(table.group_id == queue_groups.c.id, table.department.in_(departments))
