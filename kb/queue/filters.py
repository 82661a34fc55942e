"""Which groups of questions a member of staff sees: the groups that concern them, narrowed by a filter.

Staff bound to departments see the groups of those and the groups of no department.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Subquery, and_, case, exists, func, or_, select

from kb.citizens.left_questions import plain_code
from kb.clock import china_day
from kb.models import Model
from kb.queue.items import CLOSED, OPEN, ItemSource, QueueState
from kb.staff.permissions import Staff
from kb.storage.queue_tables import queue_departments, queue_groups, queue_items
from kb.storage.tables import questions


class GroupFilter(Model):
    """Conditions on groups; `departments`: the group has at least one of these, empty for any group.

    `mine`: claimed by the member of staff who asks. `text`: words, or the code, of a question of the group.
    """

    states: tuple[QueueState, ...] = OPEN
    departments: tuple[str, ...] = ()
    mine: bool = False
    overdue: bool = False
    text: str = ""


class GroupCounts(Model):
    """Numbers of groups: `open` (waiting or claimed), of these `unclaimed`, `mine`, `overdue`; `closed`."""

    open: int
    unclaimed: int
    mine: int
    overdue: int
    closed: int


def is_seen_by(staff: Staff) -> ColumnElement[bool]:
    """The condition that a row of queue_groups concerns `staff`."""
    if not staff.bound_to:
        return queue_groups.c.id.is_not(None)
    anybody = exists().where(queue_departments.c.group_id == queue_groups.c.id)
    return or_(~anybody, _belongs_to(staff.bound_to))


def waiting_questions() -> Subquery:
    """For each group, how many left questions have no reply, and the first day on which one is due."""
    item = queue_items.c
    return (
        select(item.group_id, func.count().label("waiting"), func.min(questions.c.due).label("due"))
        .join(questions, and_(item.source == ItemSource.LEFT.value, questions.c.code == item.ref))
        .where(questions.c.replied_at.is_(None))
        .group_by(item.group_id)
        .subquery()
    )


def conditions(
    staff: Staff, wanted: GroupFilter, waiting: Subquery, now: datetime
) -> list[ColumnElement[bool]]:
    """The conditions under which a row of queue_groups, joined with `waiting`, is shown to `staff`."""
    group = queue_groups.c
    clauses = [is_seen_by(staff), group.state.in_([state.value for state in wanted.states])]
    if wanted.departments:
        clauses.append(_belongs_to(wanted.departments))
    if wanted.mine:
        clauses.append(group.claimed_by == staff.name)
    if wanted.overdue:
        clauses.append(waiting.c.due < china_day(now))
    if words := wanted.text.strip():
        item = queue_items.c
        by_code = and_(item.source == ItemSource.LEFT.value, item.ref == plain_code(words))
        has_words = or_(item.text.contains(words, autoescape=True), by_code)
        clauses.append(exists().where(item.group_id == group.id, has_words))
    return clauses


def read_counts(connection: Connection, staff: Staff, now: datetime) -> GroupCounts:
    """The numbers of groups that concern `staff`."""
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
        func.coalesce(func.sum(case((condition, 1), else_=0)), 0).label(name)
        for name, condition in kinds.items()
    ]
    rows = select(*columns).select_from(queue_groups)
    rows = rows.outerjoin(waiting, waiting.c.group_id == group.id).where(is_seen_by(staff))
    return GroupCounts.model_validate(dict(connection.execute(rows).mappings().one()))


def read_departments(connection: Connection, staff: Staff) -> tuple[str, ...]:
    """The departments of groups that concern `staff`: their own, else those of all groups."""
    if staff.bound_to:
        return staff.bound_to
    name = queue_departments.c.department
    return tuple(connection.scalars(select(name).distinct().order_by(name)))


def _belongs_to(departments: Sequence[str]) -> ColumnElement[bool]:
    table = queue_departments.c
    return exists().where(table.group_id == queue_groups.c.id, table.department.in_(departments))
