"""Notes on groups of questions and where they were handed, citizens' answers to replies, reply templates."""

import sqlalchemy as sa
from alembic import op

from kb.storage.tables import Moment

revision = "0020"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, all empty."""
    op.create_table(
        "queue_notes",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "group_id",
            sa.Integer,
            sa.ForeignKey("queue_groups.id", ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("written_by", sa.String, nullable=False),
        sa.Column("written_title", sa.String, nullable=False),
        sa.Column("written_at", Moment, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("handed_to", sa.String),
        sa.Column("came_from", sa.JSON),
        sa.Column("is_returned", sa.Boolean, nullable=False),
    )
    op.create_table(
        "left_returns",
        sa.Column("code", sa.String, sa.ForeignKey("questions.code", ondelete="CASCADE"), primary_key=True),
        sa.Column("text", sa.Text),
        sa.Column("asked_at", Moment),
        sa.Column("reply", sa.Text),
        sa.Column("reply_department", sa.String),
        sa.Column("reply_name", sa.String),
        sa.Column("replied_at", Moment),
        sa.Column("is_satisfied", sa.Boolean),
        sa.Column("judged_at", Moment),
    )
    op.create_table(
        "reply_templates",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("department", sa.String, index=True),
    )


def downgrade() -> None:
    """Drop the tables with all they hold."""
    for table in ("reply_templates", "left_returns", "queue_notes"):
        op.drop_table(table)
