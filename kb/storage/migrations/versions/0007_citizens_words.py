"""Citizens' words out of the audit log, into a table that is purged; who asked, and whose words drafts hold.

The entries so far hold the words themselves, and their hashes cover them. So the old chain is checked for the
last time, the words are taken out, and the chain begins anew. Each entry keeps its old hash as `former`; the
last entry says what the old head was and what was wrong with the old chain, if anything was. The names of the
fields and the hashes are written out here as they were at this revision, whatever the program does later.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from kb.storage.tables import Moment

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_REFUSAL = "audit entries are never changed or deleted"
_FIELDS = ("id", "actor", "action", "subject", "before", "after")
_QUEUE_WORDS = ("text", "closed_text", "reason", "moved", "note", "url")
_FAQ_WORDS = ("question", "variants", "answer", "note")
_DRAFT_WORDS = ("text",)
_BATCH = 500

_audit = sa.table(
    "audit",
    sa.column("id", sa.Integer),
    sa.column("at", Moment),
    *(sa.column(name) for name in ("actor", "action", "subject", "before", "after", "previous", "hash")),
    sa.column("former"),
)
_head = sa.table("audit_head", sa.column("id"), sa.column("entries", sa.Integer), sa.column("hash"))


def upgrade() -> None:
    """Add the table and the columns, take the words out, begin the chain anew."""
    op.add_column("asked", sa.Column("asker", sa.String))
    op.add_column("faq_entries", sa.Column("asked_at", Moment))
    op.add_column("audit", sa.Column("former", sa.String))
    op.create_table(
        "audit_words",
        sa.Column("entry_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("key", sa.LargeBinary, nullable=False),
        sa.Column("words", sa.Text, nullable=False),
    )
    connection = op.get_bind()
    _mark_drafts(connection)
    _set_triggers(connection, on=False)
    _begin_anew(connection)
    _set_triggers(connection, on=True)
    if connection.scalar(sa.text("SELECT count(*) FROM audit")):
        # Pages may still hold what was deleted earlier; the program's next daily work rewrites the file.
        op.execute("INSERT INTO counters (name, value) VALUES ('words_to_wipe', 1)")


def downgrade() -> None:
    """Drop them with the words; a program of before calls the chain broken, as the hashes are new ones."""
    op.execute("DELETE FROM counters WHERE name = 'words_to_wipe'")
    op.drop_table("audit_words")
    op.drop_column("audit", "former")
    op.drop_column("faq_entries", "asked_at")
    op.drop_column("asked", "asker")


def _mark_drafts(connection: sa.Connection) -> None:
    """When the words were asked in which FAQ drafts were written, from the log of who wrote them."""
    entries = sa.table("faq_entries", sa.column("id"), sa.column("asked_at", Moment))
    written = sa.select(_audit.c.at, _audit.c.after).where(_audit.c.action == "提问写成问答")
    drafts = [(json.loads(after).get("faq_id"), at) for at, after in connection.execute(written)]
    first = sa.text(
        "SELECT min(asked_at) FROM queue_items WHERE group_id IN "
        "(SELECT id FROM queue_groups WHERE faq_id = :draft)"
    ).columns(sa.column("asked_at", Moment))
    for draft, at in drafts:
        asked_at = connection.scalar(first, {"draft": draft}) or at
        connection.execute(sa.update(entries).where(entries.c.id == draft).values(asked_at=asked_at))


def _set_triggers(connection: sa.Connection, on: bool) -> None:
    """Switch the triggers that refuse changes of the log (migration 0002) on or off."""
    if connection.dialect.name == "postgresql":
        op.execute(f"ALTER TABLE audit {'ENABLE' if on else 'DISABLE'} TRIGGER audit_append_only")
        return
    for change in ("UPDATE", "DELETE"):
        name = f"audit_no_{change.lower()}"
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {change} ON audit BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
            if on
            else f"DROP TRIGGER IF EXISTS {name}"
        )


def _begin_anew(connection: sa.Connection) -> None:
    head = connection.execute(sa.select(_head)).mappings().one_or_none()
    rows = connection.execute(sa.select(_audit).order_by(_audit.c.id)).mappings().all()
    if not rows and (head is None or not head["entries"]):
        return
    fault = _fault(rows, head)
    words = sa.table("audit_words", sa.column("entry_id"), sa.column("key"), sa.column("words"))
    changed, taken, previous = [], [], ""
    for row in rows:
        new, row_words = _without_words(row)
        new |= {"previous": previous, "former": row["hash"]}
        previous = new["hash"] = _hash(new)
        changed.append(
            {f"new_{name}": new[name] for name in ("before", "after", "previous", "hash", "former")}
        )
        changed[-1]["entry"] = row["id"]
        taken += row_words
    statement = (
        sa.update(_audit)
        .where(_audit.c.id == sa.bindparam("entry"))
        .values(
            {name: sa.bindparam(f"new_{name}") for name in ("before", "after", "previous", "hash", "former")}
        )
    )
    for start in range(0, len(changed), _BATCH):
        connection.execute(statement, changed[start : start + _BATCH])
    for start in range(0, len(taken), _BATCH):
        connection.execute(sa.insert(words), taken[start : start + _BATCH])
    _seal(connection, rows, head, previous, fault)


def _seal(
    connection: sa.Connection,
    rows: Sequence[sa.RowMapping],
    head: sa.RowMapping | None,
    previous: str,
    fault: dict[str, object] | None,
) -> None:
    """Append the entry about the old chain, and set the head."""
    last = max(rows[-1]["id"] if rows else 0, head["entries"] if head else 0)
    about = {"entries": len(rows), "head": head["hash"] if head else "", "fault": fault}
    seal: dict[str, object] = {
        "id": last + 1,
        "at": datetime.now(UTC),
        "actor": "系统",
        "action": "审计记录换链",
        "subject": "审计记录",
        "before": None,
        "after": _canonical(about),
        "previous": previous,
        "former": None,
    }
    seal["hash"] = _hash(seal)
    connection.execute(sa.insert(_audit).values(seal))
    connection.execute(sa.delete(_head))
    connection.execute(sa.insert(_head).values(id=1, entries=last + 1, hash=seal["hash"]))


def _without_words(row: sa.RowMapping) -> tuple[dict[str, object], list[dict[str, object]]]:
    """The entry with digests in place of the words, and its row of `audit_words`, if it needs one."""
    new, key = dict(row), secrets.token_bytes(32)
    sides: dict[str, dict[str, object]] = {}
    for side in ("before", "after"):
        values = json.loads(row[side]) if row[side] else {}
        words = {name: values[name] for name in _names(row) if values.get(name)}
        if words:
            sides[side] = words
            new[side] = _canonical({**values, **{n: {"digest": _digest(key, w)} for n, w in words.items()}})
    rows = [{"entry_id": row["id"], "key": key, "words": _canonical(sides)}] if sides else []
    return new, rows


def _names(row: sa.RowMapping) -> tuple[str, ...]:
    """The fields of an entry in which people's own words stand."""
    if str(row["subject"]).startswith("提问组 "):
        return _QUEUE_WORDS
    if str(row["subject"]).startswith("问答 "):
        return _FAQ_WORDS
    return _DRAFT_WORDS if row["action"] == "模型起草" else ()


def _fault(rows: Sequence[sa.RowMapping], head: sa.RowMapping | None) -> dict[str, object] | None:
    """The first entry of the old chain that is not as it was written, and why."""
    previous = ""
    for number, row in enumerate(rows, start=1):
        if row["id"] != number:
            return {"entry": number, "reason": f"缺第 {number} 条，它后面是第 {row['id']} 条"}
        if row["previous"] != previous:
            return {"entry": number, "reason": f"第 {number} 条与前一条接不上"}
        if row["hash"] != _hash({**row, "former": None}):
            return {"entry": number, "reason": f"第 {number} 条的内容被改动过"}
        previous = row["hash"]
    count, last = (head["entries"], head["hash"]) if head else (0, "")
    if (count, last) != (len(rows), previous):
        reason = f"末尾对不上：应有 {count} 条，现有 {len(rows)} 条"
        return {"entry": min(count, len(rows)) + 1, "reason": reason}
    return None


def _canonical(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)


def _hash(row: Mapping[str, object]) -> str:
    fields = {name: row[name] for name in (*_FIELDS, *(["former"] if row["former"] else []))}
    at = row["at"]
    assert isinstance(at, datetime)
    content = _canonical({**fields, "at": at.astimezone(UTC).isoformat(timespec="microseconds")})
    return hashlib.sha256(f"{row['previous']}\n{content}".encode()).hexdigest()


def _digest(key: bytes, value: object) -> str:
    return hmac.new(key, _canonical(value).encode(), hashlib.sha256).hexdigest()
