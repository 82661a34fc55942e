"""The life of FAQ entries: who, since when, from which words of which document, and every version of them."""

import json
from datetime import date

import sqlalchemy as sa
from alembic import op

from kb.language.normalise import canonical
from kb.storage.tables import Moment

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TEXTS = ("department", "document_id", "quote", "source_status", "review_reason", "note")
_DAYS = ("valid_from", "valid_until")
_WHO = ("author", "editor", "editor_title")
_INDEXED = ("department", "document_id", "sequence")
_BATCH = 500


def upgrade() -> None:
    """Add the columns and tables; entries keep their status, as version 1 saved by the command line."""
    with op.batch_alter_table("faq_entries") as table:
        table.add_column(sa.Column("version", sa.Integer, nullable=False, server_default="1"))
        for name in _WHO:
            table.add_column(sa.Column(name, sa.String, nullable=False, server_default="命令行"))
        for name in _TEXTS[:2]:
            table.add_column(sa.Column(name, sa.String))
        for name in _DAYS:
            table.add_column(sa.Column(name, sa.Date))
        table.add_column(sa.Column("search", sa.Text, nullable=False, server_default=""))
        for name in _TEXTS[2:]:
            table.add_column(sa.Column(name, sa.String if name == "source_status" else sa.Text))
        table.add_column(sa.Column("checked_by", sa.String))
        table.add_column(sa.Column("checked_title", sa.String))
        table.add_column(sa.Column("checked_at", Moment))
        table.add_column(sa.Column("listed", sa.Boolean, nullable=False, server_default=sa.false()))
        table.add_column(sa.Column("sequence", sa.Integer))
        table.add_column(sa.Column("listed_at", Moment))
    for name in _INDEXED:
        op.create_index(f"ix_faq_entries_{name}", "faq_entries", [name])
    op.create_table(
        "faq_versions",
        sa.Column("entry_id", sa.String, sa.ForeignKey("faq_entries.id"), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("step", sa.String, nullable=False),
        sa.Column("saved_by", sa.String, nullable=False),
        sa.Column("saved_title", sa.String, nullable=False),
        sa.Column("saved_at", Moment, nullable=False),
        sa.Column("note", sa.Text),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("quote", sa.Text),
    )
    op.create_table(
        "counters",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("value", sa.Integer, nullable=False),
    )
    _fill(op.get_bind())


def downgrade() -> None:
    """Drop what was added, with all that is in it."""
    op.drop_table("counters")
    op.drop_table("faq_versions")
    for name in _INDEXED:
        op.drop_index(f"ix_faq_entries_{name}", "faq_entries")
    added = ("version", *_WHO, *_TEXTS, *_DAYS, "search", "checked_by", "checked_title", "checked_at")
    with op.batch_alter_table("faq_entries") as table:
        for name in (*added, "listed", "sequence", "listed_at"):
            table.drop_column(name)


def _fill(connection: sa.Connection) -> None:
    """What the new columns repeat of the entries that are there, and their first version."""
    entries = sa.table(
        "faq_entries",
        *(sa.column(name) for name in ("id", "body", "department", "document_id", "search")),
        sa.column("updated", Moment),
        *(sa.column(name, sa.Date) for name in _DAYS),
    )
    versions = sa.table(
        "faq_versions",
        *(sa.column(name) for name in ("entry_id", "version", "step", "saved_by", "saved_title", "body")),
        sa.column("saved_at", Moment),
    )
    rows = connection.execute(sa.select(entries.c.id, entries.c.body, entries.c.updated)).all()
    changes = [_columns(row.id, json.loads(row.body)) for row in rows]
    first = [
        {
            "entry_id": row.id,
            "version": 1,
            "step": "导入",
            "saved_by": "命令行",
            "saved_title": "命令行",
            "saved_at": row.updated,
            "body": row.body,
        }
        for row in rows
    ]
    statement = (
        sa.update(entries)
        .where(entries.c.id == sa.bindparam("entry"))
        .values(
            department=sa.bindparam("of_department"),
            document_id=sa.bindparam("of_document"),
            valid_from=sa.bindparam("first", type_=sa.Date),
            valid_until=sa.bindparam("last", type_=sa.Date),
            search=sa.bindparam("words"),
        )
    )
    for start in range(0, len(rows), _BATCH):
        connection.execute(statement, changes[start : start + _BATCH])
        connection.execute(sa.insert(versions), first[start : start + _BATCH])


def _columns(entry_id: str, body: dict[str, object]) -> dict[str, object]:
    first, last = (body.get(name) for name in _DAYS)
    variants = body.get("variants")
    words = [body["question"], *(variants if isinstance(variants, list) else []), body["answer"]]
    return {
        "entry": entry_id,
        "of_department": body.get("department"),
        "of_document": body.get("document_id"),
        "first": date.fromisoformat(first) if isinstance(first, str) else None,
        "last": date.fromisoformat(last) if isinstance(last, str) else None,
        "words": canonical("\n".join(map(str, words))),
    }
