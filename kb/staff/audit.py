"""The audit log: who did what to what, when, and what it was before and after. Entries never change.

What people wrote stands beside the log (kb.staff.audit_words) and is deleted when its time is over; the entry
holds its digest, and an entry of the log says up to where the words were deleted.

Each entry's hash is SHA-256 over the hash of the entry before and the canonical JSON of its own fields, so
that a changed, removed or inserted entry breaks the chain. The number of entries and the last hash stand in a
row of their own (`audit_head`), which shows when the end was cut off.

What it cannot show: a person with full access to the database can remove its triggers and rewrite the chain
from some entry on, and the head with it. Against that, keep the head that the command `audit verify` prints
outside of this machine, and pass its hash to the next `audit verify`.

Entries of before migration 0007 held the words themselves. The migration checked that chain, took the words
out and began the chain anew; `former` is the hash that an entry had in the old one, itself part of the new
hash, and the entry SEALED says what the old chain's head was and whether it was whole (decision 0029).
"""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, RowMapping, Select, delete, func, insert, select, update

from kb.models import Model
from kb.staff.audit_words import Taken, are_true, canonical, has_words, put_back
from kb.storage import tables
from kb.storage.database import transaction

PURGED, SEALED = "到期清除", "审计记录换链"  # actions of entries that the program itself writes
_WORDS_UNTIL = "words_until"  # in an entry PURGED: up to which entry the words were deleted
_START = ""  # stands for the hash before the first entry
_HEAD_ID = 1


class AuditEntry(Model):
    """One action; `before` and `after` hold the fields that changed, None where there was nothing."""

    id: int
    at: datetime
    actor: str
    action: str
    subject: str
    before: Mapping[str, object] | None
    after: Mapping[str, object] | None
    hash: str


class Break(Model):
    """The first entry that is not as it was written, and why (in Chinese)."""

    entry: int
    reason: str


class Head(Model):
    """How many entries there are, and the last one's hash."""

    count: int
    hash: str


class Audit:
    """The log in SQL. All methods raise StoreError when the database fails."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def write(
        self,
        connection: Connection,
        actor: str,
        action: str,
        subject: str,
        before: Mapping[str, object] | None,
        after: Mapping[str, object] | None,
        now: datetime,
        words: Collection[str] = (),
    ) -> None:
        """Add an entry in the transaction of the change itself: both are kept or neither.

        `action` and `subject` are short Chinese words for people (“批准问答”, “问答 17”), never a citizen's.
        Values that JSON does not know (dates, enums) are written as text. Give only the fields that changed,
        never a password. `words` names the fields in which people's own words may stand: they are deleted by
        `purge_words`.
        """
        head = _next_head(connection)
        taken = Taken(words)
        before, after = taken.out_of("before", before), taken.out_of("after", after)
        row = {
            "id": head.count + 1,
            "at": now.astimezone(UTC),
            "actor": actor,
            "action": action,
            "subject": subject,
            "before": None if before is None else canonical(before),
            "after": None if after is None else canonical(after),
            "previous": head.hash,
            "former": None,
        }
        digest = entry_hash(row)
        words_row = taken.row(head.count + 1)
        connection.execute(insert(tables.audit).values(**row, hash=digest))
        table = tables.audit_head
        connection.execute(update(table).where(table.c.id == _HEAD_ID).values(hash=digest))
        if words_row is not None:
            connection.execute(insert(tables.audit_words).values(words_row))

    def purge_words(self, connection: Connection, before: datetime) -> int | None:
        """Delete the words of the entries written before `before`; return the last such entry's number.

        None when there were none. The caller writes the entry PURGED with that number as `words_until` in the
        same transaction: without it `verify` takes the words for removed by a stranger.
        """
        words, entries = tables.audit_words.c, tables.audit.c
        is_old = select(func.max(words.entry_id)).join(tables.audit, entries.id == words.entry_id)
        last: int | None = connection.scalar(is_old.where(entries.at < before))
        if last is not None:
            connection.execute(delete(tables.audit_words).where(words.entry_id <= last))
        return last

    def head(self) -> Head:
        """The head; keep it elsewhere to show later that nothing was cut off or rewritten."""
        table = tables.audit_head
        with transaction(self._engine) as connection:
            row = connection.execute(select(table.c.entries, table.c.hash)).one_or_none()
        return Head(count=row.entries, hash=row.hash) if row else Head(count=0, hash=_START)

    def verify(self, known: str | None = None) -> Break | None:
        """The first entry that is not as it was written; None when all are.

        `known` is the hash of an earlier head: it must still be in the chain.
        """
        head = self.head()
        hash_, count, seen = _START, 0, known is None or known == _START
        missing: list[int] = []  # entries whose words are gone
        purged, sealed = 0, None
        with transaction(self._engine) as connection:
            for row in connection.execute(_rows().order_by(tables.audit.c.id)).mappings():
                count += 1
                if reason := _fault(row, count, hash_):
                    return Break(entry=count, reason=reason)
                if row["words"] is None and has_words(row):
                    missing.append(count)
                hash_ = row["hash"]
                seen = seen or known in (hash_, row["former"])
                purged = max(purged, _words_until(row))
                sealed = sealed or _sealed_break(row)
        if (count, hash_) != (head.count, head.hash):
            reason = f"末尾对不上：应有 {head.count} 条，现有 {count} 条"
            return Break(entry=min(count, head.count) + 1, reason=reason)
        if early := [entry for entry in missing if entry > purged]:
            return Break(entry=early[0], reason=f"第 {early[0]} 条的原文不在了，没有到期清除的记录")
        if not seen:
            return Break(entry=count, reason="链中没有给出的校验值，记录在那之后被改写过")
        return sealed

    def entries(
        self,
        limit: int,
        before_id: int | None = None,
        actor: str | None = None,
        subject: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> list[AuditEntry]:
        """The latest entries, newest first: at most `limit`, below `before_id` when given.

        `actor` is the whole name of an account, `subject` a part of the subject or of the action; the moments
        are from `since` to before `until`.
        """
        table = tables.audit
        rows = _rows().order_by(table.c.id.desc()).limit(limit)
        if before_id is not None:
            rows = rows.where(table.c.id < before_id)
        if actor:
            rows = rows.where(table.c.actor == actor)
        if subject:
            named = table.c.subject.contains(subject, autoescape=True)
            rows = rows.where(named | table.c.action.contains(subject, autoescape=True))
        if since is not None:
            rows = rows.where(table.c.at >= since)
        if until is not None:
            rows = rows.where(table.c.at < until)
        return self._read(rows)

    def about(
        self, subject: str, limit: int, *, begins: bool = False, up_to: int | None = None
    ) -> list[AuditEntry]:
        """The latest entries about exactly `subject`, newest first; with `begins`, about all that begin so.

        `up_to` is the number of the newest entry that may be among them.
        """
        table = tables.audit
        named = table.c.subject.startswith(subject, autoescape=True) if begins else table.c.subject == subject
        rows = _rows().where(named).order_by(table.c.id.desc()).limit(limit)
        return self._read(rows if up_to is None else rows.where(table.c.id <= up_to))

    def _read(self, rows: Select[tuple[object, ...]]) -> list[AuditEntry]:
        with transaction(self._engine) as connection:
            return [_entry(row) for row in connection.execute(rows).mappings()]


def differences(
    before: Mapping[str, object] | None, after: Mapping[str, object] | None
) -> Sequence[tuple[str, object, object]]:
    """The fields in which the two differ, with both values; None where a side has no such field.

    >>> differences({"role": "editor", "title": "王芳"}, {"role": "reviewer", "title": "王芳"})
    [('role', 'editor', 'reviewer')]
    """
    old, new = before or {}, after or {}
    fields = dict.fromkeys((*old, *new))
    return [(name, old.get(name), new.get(name)) for name in fields if old.get(name) != new.get(name)]


def _next_head(connection: Connection) -> Head:
    """The head as it is, with the count already raised in SQL.

    The update comes first: it makes other writers wait until this transaction ends, on SQLite for the whole
    file and on PostgreSQL for the row, so that no two entries follow the same one.
    """
    table = tables.audit_head
    is_head = table.c.id == _HEAD_ID
    raised = connection.execute(update(table).where(is_head).values(entries=table.c.entries + 1))
    if not raised.rowcount:
        connection.execute(insert(table).values(id=_HEAD_ID, entries=1, hash=_START))
        return Head(count=0, hash=_START)
    row = connection.execute(select(table.c.entries, table.c.hash).where(is_head)).one()
    return Head(count=row.entries - 1, hash=row.hash)


def _rows() -> Select[tuple[object, ...]]:
    """The entries, each with its words if they are still there."""
    words = tables.audit_words
    return select(tables.audit, words.c.key, words.c.words).outerjoin(
        words, words.c.entry_id == tables.audit.c.id
    )


def entry_hash(row: Mapping[str, object] | RowMapping) -> str:
    """The hash of an entry over its own fields and the hash of the entry before."""
    at = row["at"]
    assert isinstance(at, datetime)
    names = ("id", "actor", "action", "subject", "before", "after", *(["former"] if row["former"] else []))
    fields = {name: row[name] for name in names}
    content = canonical({**fields, "at": at.astimezone(UTC).isoformat(timespec="microseconds")})
    return hashlib.sha256(f"{row['previous']}\n{content}".encode()).hexdigest()


def _words_until(row: RowMapping) -> int:
    """Up to which entry the words were deleted by the purge that `row` records; 0 for other entries."""
    after = json.loads(row["after"] or "{}") if row["action"] == PURGED else {}
    until = after.get(_WORDS_UNTIL)
    return until if isinstance(until, int) else 0


def _sealed_break(row: RowMapping) -> Break | None:
    """The break that the old chain already had when the new one began."""
    fault = json.loads(row["after"] or "{}").get("fault") if row["action"] == SEALED else None
    if not fault:
        return None
    return Break(entry=fault["entry"], reason=f"换链以前就不完整：{fault['reason']}")


def _fault(row: RowMapping, number: int, previous: str) -> str | None:
    """What is wrong with the entry that should be `number` and follow the hash `previous`."""
    if row["id"] != number:
        return f"缺第 {number} 条，它后面是第 {row['id']} 条"
    if row["previous"] != previous:
        return f"第 {number} 条与前一条接不上"
    if row["hash"] != entry_hash(row):
        return f"第 {number} 条的内容被改动过"
    if row["words"] is not None and not are_true(row):
        return f"第 {number} 条的原文被改动过"
    return None


def _entry(row: RowMapping) -> AuditEntry:
    sides = {side: put_back(row, side) for side in ("before", "after")}
    fields = {name: row[name] for name in ("id", "at", "actor", "action", "subject", "hash")}
    return AuditEntry.model_validate({**fields, **sides})
