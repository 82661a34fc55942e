"""The staff's work list, the hours of contacts, how long an answer took."""

import sqlalchemy as sa
from alembic import op

from kb.storage.tables import Moment

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables and add the columns; rows of before have neither hours nor times."""
    op.add_column("contacts", sa.Column("hours", sa.String))
    op.add_column("asked", sa.Column("took_ms", sa.Float))
    op.create_table(
        "queue_groups",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("model", sa.String),
        sa.Column("vector", sa.LargeBinary),
        sa.Column("state", sa.String, nullable=False, index=True),
        sa.Column("claimed_by", sa.String),
        sa.Column("claimed_title", sa.String),
        sa.Column("claimed_at", Moment),
        sa.Column("closed_by", sa.String),
        sa.Column("closed_title", sa.String),
        sa.Column("closed_at", Moment),
        sa.Column("closed_text", sa.Text),
        sa.Column("faq_id", sa.String),
        sa.Column("version", sa.Integer, nullable=False),
    )
    group_id = "queue_groups.id"
    op.create_table(
        "queue_items",
        sa.Column("source", sa.String, primary_key=True),
        sa.Column("ref", sa.String, primary_key=True),
        sa.Column(
            "group_id", sa.Integer, sa.ForeignKey(group_id, ondelete="CASCADE"), nullable=False, index=True
        ),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("key", sa.String, nullable=False, index=True),
        sa.Column("asker", sa.String, nullable=False),
        sa.Column("asked_at", Moment, nullable=False),
        sa.Column("note", sa.Text),
        sa.Column("reported_by", sa.String),
        sa.Column("url", sa.String),
    )
    op.create_table(
        "queue_departments",
        sa.Column("group_id", sa.Integer, sa.ForeignKey(group_id, ondelete="CASCADE"), primary_key=True),
        sa.Column("department", sa.String, primary_key=True),
    )


def downgrade() -> None:
    """Drop what `upgrade` made with all it holds."""
    for table in ("queue_departments", "queue_items", "queue_groups"):
        op.drop_table(table)
    op.drop_column("asked", "took_ms")
    op.drop_column("contacts", "hours")
