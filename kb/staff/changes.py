"""Earlier states of what staff edit, as the audit log holds them, and what differs between two of them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import zip_longest

from sqlalchemy import Engine

from kb.errors import InputError
from kb.models import Model
from kb.staff.audit import Audit, AuditEntry
from kb.staff.audit_sentences import read_people
from kb.staff.audit_words import is_gone
from kb.staff.permissions import Action, Staff, require
from kb.storage.database import transaction

LATEST = 20  # changes that are shown
_VALUE = "value"  # the field of an entry that holds a setting
_ALIKE = 0.5  # of the characters: from here on a line was reworded, and not another one written


class Change(Model):
    """One change: `who` is a person's name, `before` and `after` are the setting, None as shipped.

    `is_gone`: the words were deleted from the log; `before` and `after` say nothing.
    """

    entry: int
    at: datetime
    who: str
    subject: str
    before: object
    after: object
    is_gone: bool


class Kind(StrEnum):
    """What happened to a line."""

    ADDED = "增加"
    LEFT_OUT = "删去"
    REWORDED = "改为"


class Difference(Model):
    """A line that differs; the side on which there is none is empty."""

    kind: Kind
    before: str = ""
    after: str = ""


class Changes:
    """Reads changes of settings from the log. Methods raise StoreError when the database fails.

    They also raise NotAllowedError for whoever may not change the settings.
    """

    def __init__(self, engine: Engine, audit: Audit) -> None:
        self._engine = engine
        self._audit = audit

    def of(self, staff: Staff, subject: str, *, begins: bool = False) -> list[Change]:
        """The latest changes of `subject`, newest first; with `begins`, of all that begin with it."""
        require(staff, Action.SETTINGS)
        with transaction(self._engine) as connection:
            people = read_people(connection)
        return [_change(entry, people) for entry in self._audit.about(subject, LATEST, begins=begins)]

    def one(self, staff: Staff, number: int, subject: str, *, begins: bool = False) -> Change:
        """The change of `subject` that is entry `number` of the log, to put back what was before it.

        Raises:
            InputError: there is none, or its words were deleted.
        """
        require(staff, Action.SETTINGS)
        found = self._audit.about(subject, 1, begins=begins, up_to=number)
        if not found or found[0].id != number:
            raise InputError("没有这一次修改，请刷新后再试。")
        change = _change(found[0], {})
        if change.is_gone:
            raise InputError("这次修改的原文已到期清除，不能恢复。")
        return change


def line_differences(before: Sequence[str], after: Sequence[str]) -> list[Difference]:
    """The lines that differ, in their order; a line that took another's place is reworded if it is like it.

    >>> [(one.kind.value, one.before, one.after) for one in line_differences(["甲", "乙"], ["乙", "丙"])]
    [('删去', '甲', ''), ('增加', '', '丙')]
    """
    differences: list[Difference] = []
    for name, start, end, new_start, new_end in SequenceMatcher(
        None, before, after, autojunk=False
    ).get_opcodes():
        if name == "equal":
            continue
        for old, new in zip_longest(before[start:end], after[new_start:new_end]):
            differences.extend(_pair(old, new))
    return differences


def word_differences(before: Mapping[str, str], after: Mapping[str, str]) -> list[tuple[str, Difference]]:
    """The words whose meaning differs, in their order, each with the meanings."""
    differences = []
    for word in sorted({*before, *after}):
        old, new = before.get(word), after.get(word)
        if old is None and new is not None:
            differences.append((word, Difference(kind=Kind.ADDED, after=new)))
        elif new is None and old is not None:
            differences.append((word, Difference(kind=Kind.LEFT_OUT, before=old)))
        elif old is not None and new is not None and old != new:
            differences.append((word, Difference(kind=Kind.REWORDED, before=old, after=new)))
    return differences


def _pair(old: str | None, new: str | None) -> list[Difference]:
    """What became of one line in the place of which another stands; None: there is none."""
    if old is not None and new is not None and SequenceMatcher(None, old, new).ratio() >= _ALIKE:
        return [Difference(kind=Kind.REWORDED, before=old, after=new)]
    left_out = [] if old is None else [Difference(kind=Kind.LEFT_OUT, before=old)]
    return left_out if new is None else [*left_out, Difference(kind=Kind.ADDED, after=new)]


def _change(entry: AuditEntry, people: Mapping[str, str]) -> Change:
    before, after = (side.get(_VALUE) if side else None for side in (entry.before, entry.after))
    return Change(
        entry=entry.id,
        at=entry.at,
        who=people.get(entry.actor, entry.actor),
        subject=entry.subject,
        before=before,
        after=after,
        is_gone=is_gone(before) or is_gone(after),
    )
