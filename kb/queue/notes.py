"""What colleagues tell one another about a group, and its way from desk to desk; citizens never see it."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, insert, select, update

from kb.models import Model
from kb.staff.permissions import Staff
from kb.storage.queue_tables import queue_notes


class NoteKind(StrEnum):
    """What happened when a note was written."""

    NOTE = "note"
    HANDED = "handed"
    ASSIGNED = "assigned"
    SENT_BACK = "sent_back"

    @property
    def label(self) -> str:
        """The kind's Chinese name."""
        return _LABELS[self]


_LABELS = {
    NoteKind.NOTE: "内部备注",
    NoteKind.HANDED: "转办",
    NoteKind.ASSIGNED: "指派",
    NoteKind.SENT_BACK: "退回",
}


class GroupNote(Model):
    """A note on a group; `handed_to` is the department or the colleague that it went to."""

    kind: NoteKind
    written_title: str
    written_at: datetime
    text: str
    handed_to: str | None


def read_notes(connection: Connection, group_id: int) -> tuple[GroupNote, ...]:
    """The notes on a group, oldest first."""
    note = queue_notes.c
    columns = [note[name] for name in GroupNote.model_fields]
    rows = select(*columns).where(note.group_id == group_id).order_by(note.id)
    return tuple(GroupNote.model_validate(dict(row)) for row in connection.execute(rows).mappings())


def write_note(
    connection: Connection,
    staff: Staff,
    group_id: int,
    kind: NoteKind,
    text: str,
    now: datetime,
    *,
    handed_to: str | None = None,
    came_from: Sequence[str] | None = None,
) -> None:
    """Write a note; `came_from`: the departments that the group had, where it was handed on."""
    values = {"written_by": staff.name, "written_title": staff.title, "written_at": now, "text": text}
    values |= {"handed_to": handed_to, "came_from": None if came_from is None else list(came_from)}
    row = {"group_id": group_id, "kind": kind.value, "is_returned": False, **values}
    connection.execute(insert(queue_notes).values(**row))


def take_origin(connection: Connection, group_id: int) -> tuple[str, ...] | None:
    """The departments that handed a group on last, which then count as used; None: nobody did."""
    note = queue_notes.c
    was_handed = note.kind == NoteKind.HANDED.value
    rows = select(note.id, note.came_from).where(note.group_id == group_id, was_handed, ~note.is_returned)
    last = connection.execute(rows.order_by(note.id.desc()).limit(1)).mappings().first()
    if last is None:
        return None
    connection.execute(update(queue_notes).where(note.id == last["id"]).values(is_returned=True))
    return tuple(last["came_from"] or ())
