"""The tables of the time before migrations.

Databases of that time hold some or all of them: what is there stays as it is.
"""

import sqlalchemy as sa
from alembic import op

from kb.storage.tables import Moment

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TABLES = (
    "feedback",
    "asked",
    "questions",
    "contacts",
    "faq_vectors",
    "faq_entries",
    "term_counts",
    "chunks",
    "documents",
)


def upgrade() -> None:
    """Make each table that is missing."""
    existing = set(sa.inspect(op.get_bind()).get_table_names())
    for name, make in (
        ("documents", _documents),
        ("chunks", _chunks),
        ("term_counts", _term_counts),
        ("faq_entries", _faq_entries),
        ("faq_vectors", _faq_vectors),
        ("contacts", _contacts),
        ("asked", _asked),
        ("feedback", _feedback),
        ("questions", _questions),
    ):
        if name not in existing:
            make()


def downgrade() -> None:
    """Drop them with all they hold."""
    for name in _TABLES:
        op.drop_table(name)


def _documents() -> None:
    op.create_table(
        "documents",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("path", sa.String, nullable=False, index=True),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("sha256", sa.String, nullable=False),
        sa.Column("fingerprint", sa.String, nullable=False),
        sa.Column("title", sa.String, nullable=False),
        sa.Column("number", sa.String),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("dated", sa.Date),
        sa.Column("chunk_count", sa.Integer, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )


def _chunks() -> None:
    op.create_table(
        "chunks",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column(
            "document_id", sa.String, sa.ForeignKey("documents.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("chunks_in_order", "chunks", ["document_id", "position"])


def _term_counts() -> None:
    op.create_table(
        "term_counts",
        sa.Column("term", sa.String, primary_key=True),
        sa.Column("chunks", sa.Integer, nullable=False),
    )


def _faq_entries() -> None:
    op.create_table(
        "faq_entries",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("status", sa.String, nullable=False, index=True),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("updated", Moment, nullable=False),
    )


def _faq_vectors() -> None:
    op.create_table(
        "faq_vectors",
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("vector", sa.LargeBinary, nullable=False),
    )


def _contacts() -> None:
    op.create_table(
        "contacts",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("department", sa.String, nullable=False, index=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("phone", sa.String, nullable=False),
    )


def _asked() -> None:
    op.create_table(
        "asked",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("asked_at", Moment, nullable=False, index=True),
        sa.Column("session", sa.String),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("rewritten", sa.Text, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("ending", sa.String, nullable=False),
        sa.Column("confidence", sa.Float, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("documents", sa.JSON, nullable=False),
        sa.Column("departments", sa.JSON, nullable=False),
        sa.Column("faq_id", sa.String),
    )
    op.create_index("asked_by_key", "asked", ["key", "asked_at"])
    op.create_index("asked_by_faq_id", "asked", ["faq_id", "asked_at"])


def _feedback() -> None:
    op.create_table(
        "feedback",
        sa.Column("answer_id", sa.String, sa.ForeignKey("asked.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("helpful", sa.Boolean, nullable=False),
        sa.Column("reason", sa.String),
        sa.Column("comment", sa.Text),
        sa.Column("given_at", Moment, nullable=False),
    )


def _questions() -> None:
    op.create_table(
        "questions",
        sa.Column("code", sa.String, primary_key=True),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("contact", sa.String),
        sa.Column("answer_id", sa.String),
        sa.Column("departments", sa.JSON, nullable=False),
        sa.Column("asked_at", Moment, nullable=False),
        sa.Column("due", sa.Date),
        sa.Column("reply", sa.Text),
        sa.Column("reply_department", sa.String),
        sa.Column("reply_name", sa.String),
        sa.Column("replied_at", Moment),
        sa.Column("changed_at", Moment, nullable=False, index=True),
    )
