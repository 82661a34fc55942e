"""Replies to the citizens of a group: who gets them, and which department signs."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, or_, select

from kb.citizens.left_questions import printed_code, put_reply
from kb.models import Model
from kb.queue.items import ItemSource, QueueState
from kb.queue.view import Group
from kb.staff.permissions import Staff
from kb.storage.queue_tables import queue_items
from kb.storage.tables import questions


class Replied(Model):
    """A reply that was given: its text, who signed it, and the codes of the citizens' questions."""

    text: str
    department: str | None
    title: str
    codes: tuple[str, ...]


def reply_to_citizens(
    connection: Connection, staff: Staff, group: Group, text: str, now: datetime
) -> Replied:
    """Give `text` to all who left a question in the group and wait, or have the group's earlier reply."""
    codes = _receivers(connection, group)
    department = department_of(staff, group.departments)
    if codes:
        put_reply(connection, codes, text, department, staff.title, now)
    shown = tuple(printed_code(code) for code in codes)
    return Replied(text=text, department=department, title=staff.title, codes=shown)


def department_of(staff: Staff, departments: Sequence[str]) -> str | None:
    """The department that signs a reply by `staff` on a matter of `departments`: one of their own.

    None for staff without departments (the district's digital centre): they have none to sign for.
    """
    own = [name for name in departments if name in staff.departments]
    return next(iter((*own, *staff.departments)), None)


def owner_of(staff: Staff, departments: Sequence[str]) -> str | None:
    """The department of what `staff` write about a matter of `departments`: one of their own, if it has one.

    Staff who are bound to departments write for those only. None when there is no department at all.
    """
    own = [name for name in departments if name in staff.departments]
    return next(iter((*own, *staff.bound_to, *departments)), None)


def _receivers(connection: Connection, group: Group) -> list[str]:
    item = queue_items.c
    waits: ColumnElement[bool] = questions.c.replied_at.is_(None)
    if group.state is QueueState.ANSWERED:
        waits = or_(waits, questions.c.reply == group.closed_text)
    rows = (
        select(questions.c.code)
        .join(queue_items, and_(item.source == ItemSource.LEFT.value, item.ref == questions.c.code))
        .where(item.group_id == group.id, waits)
        .order_by(questions.c.asked_at, questions.c.code)
    )
    return list(connection.scalars(rows))
