"""A group goes to whom it concerns: on to a department (转办), to a person (指派), or back (退回).

Each with a note for the colleagues who get it. Questions that still wait for a reply go with their group, so
that the citizen's contact is shown to the department that replies, and to no other.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, Engine, delete, insert, select, update

from kb.citizens.days import touch_day
from kb.errors import InputError
from kb.language.masking import mask
from kb.models import Model
from kb.queue.changing import UNCLAIMED, change_group, checked, held, held_as_read
from kb.queue.items import OPEN, ItemSource, QueueState
from kb.queue.notes import NoteKind, take_origin, write_note
from kb.queue.view import Group
from kb.staff.accounts import working_staff
from kb.staff.audit import Audit
from kb.staff.permissions import Action, Staff, concerns, require
from kb.storage import tables
from kb.storage.database import transaction
from kb.storage.queue_tables import queue_departments, queue_items

MAX_NOTE_CHARS = 500


class Desks(Model):
    """To whom a group may go: departments, and colleagues with their names as people know them."""

    departments: tuple[str, ...]
    colleagues: tuple[Staff, ...]


class Handing:
    """Hands groups on. All methods raise StoreError when the database fails.

    Those on one group also raise NotFoundError when it is gone, NotAllowedError when it belongs to other
    departments, and ConflictError when somebody else holds it or has changed it.
    """

    def __init__(self, engine: Engine, audit: Audit) -> None:
        self._engine = engine
        self._audit = audit

    def desks(self, staff: Staff) -> Desks:
        """The departments and colleagues that `staff` may hand a group to."""
        require(staff, Action.QUEUE)
        with transaction(self._engine) as connection:
            return _desks(connection)

    def add_note(self, staff: Staff, group_id: int, text: str, now: datetime) -> None:
        """Write an internal note, whoever holds the group.

        Raises:
            InputError: the note is empty or too long.
        """
        with transaction(self._engine) as connection:
            before = held(connection, staff, group_id, now)
            said = mask(checked(text, "备注", MAX_NOTE_CHARS))
            write_note(connection, staff, group_id, NoteKind.NOTE, said, now)
            change_group(self._audit, connection, staff, before, {}, "写内部备注", {"note": said}, now)

    def hand_over(
        self, staff: Staff, group_id: int, version: int, department: str, text: str, now: datetime
    ) -> Group:
        """Hand a group on to another department, where it waits for somebody to claim it.

        Raises:
            InputError: there is no such department, it has the group already, or no note is given.
        """
        with transaction(self._engine) as connection:
            before = _open(held_as_read(connection, staff, group_id, version, now))
            said = mask(checked(text, "转办说明", MAX_NOTE_CHARS))
            department = department.strip()
            if department not in _desks(connection).departments:
                raise InputError(f"没有“{department}”这个部门；部门出自通讯录、账号和提问，请核对。")
            if before.departments == (department,):
                raise InputError(f"这一组已经归{department}。")
            _move(connection, before, (department,))
            came_from = before.departments
            kind = NoteKind.HANDED
            write_note(
                connection, staff, group_id, kind, said, now, handed_to=department, came_from=came_from
            )
            told = {"note": said, "to": department, "from": list(came_from)}
            return self._waiting(connection, staff, before, "转办提问", told, now)

    def assign(
        self, staff: Staff, group_id: int, version: int, colleague: str, text: str, now: datetime
    ) -> Group:
        """Give a group to a colleague, who holds it from now on; with their department, if it has another.

        Raises:
            InputError: there is no such colleague, or the note is too long.
        """
        with transaction(self._engine) as connection:
            before = _open(held_as_read(connection, staff, group_id, version, now))
            said = mask(checked(text, "说明", MAX_NOTE_CHARS)) if text.strip() else ""
            target = next((one for one in _desks(connection).colleagues if one.name == colleague), None)
            if target is None:
                raise InputError("没有这位同事，或账号已停用；请刷新后再选。")
            handed = not concerns(target, before.departments)
            if handed:
                _move(connection, before, target.bound_to)
            write_note(
                connection,
                staff,
                group_id,
                NoteKind.HANDED if handed else NoteKind.ASSIGNED,
                said,
                now,
                handed_to=target.title,
                came_from=before.departments if handed else None,
            )
            values = {"claimed_by": target.name, "claimed_title": target.title, "claimed_at": now}
            told = {"note": said, "to": target.name}
            values = {"state": QueueState.CLAIMED.value, **values}
            return change_group(self._audit, connection, staff, before, values, "指派提问", told, now)

    def send_back(self, staff: Staff, group_id: int, version: int, text: str, now: datetime) -> Group:
        """Give a group back to the departments that handed it on.

        Raises:
            InputError: nobody handed it on, or no reason is given.
        """
        with transaction(self._engine) as connection:
            before = _open(held_as_read(connection, staff, group_id, version, now))
            said = mask(checked(text, "退回的原因", MAX_NOTE_CHARS))
            origin = take_origin(connection, group_id)
            if origin is None:
                raise InputError("这一组不是转办来的，没有可以退回的部门。")
            _move(connection, before, origin)
            name = "、".join(origin) or "未归口"
            write_note(connection, staff, group_id, NoteKind.SENT_BACK, said, now, handed_to=name)
            told = {"note": said, "to": name, "from": list(before.departments)}
            return self._waiting(connection, staff, before, "退回转办的提问", told, now)

    def _waiting(
        self,
        connection: Connection,
        staff: Staff,
        before: Group,
        action: str,
        told: Mapping[str, object],
        now: datetime,
    ) -> Group:
        values = {"state": QueueState.WAITING.value, **UNCLAIMED}
        return change_group(self._audit, connection, staff, before, values, action, told, now)


def _open(group: Group) -> Group:
    if group.state not in OPEN:
        raise InputError(f"这一组{group.state.label}，不用再转给别人。")
    return group


def _move(connection: Connection, group: Group, departments: Sequence[str]) -> None:
    """Let a group, and its questions that still wait for a reply, belong to `departments`."""
    table, item, left = queue_departments, queue_items.c, tables.questions
    connection.execute(delete(table).where(table.c.group_id == group.id))
    if departments:
        rows = [{"group_id": group.id, "department": name} for name in departments]
        connection.execute(insert(table), rows)
    codes = select(item.ref).where(item.group_id == group.id, item.source == ItemSource.LEFT.value)
    moved = left.c.code.in_(codes), left.c.replied_at.is_(None)
    for moment in sorted(connection.scalars(select(left.c.asked_at).where(*moved))):
        touch_day(connection, moment)
    connection.execute(update(left).where(*moved).values(departments=list(departments)))


def _desks(connection: Connection) -> Desks:
    colleagues = working_staff(connection)
    known = {name for colleague in colleagues for name in colleague.departments}
    known |= set(connection.scalars(select(tables.contacts.c.department).distinct()))
    known |= set(connection.scalars(select(queue_departments.c.department).distinct()))
    return Desks(departments=tuple(sorted(known)), colleagues=colleagues)
