"""Notices to staff: who wants to be told what, and what is on its way."""

import sqlalchemy as sa
from alembic import op

from kb.storage.tables import Moment

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, both empty."""
    op.create_table(
        "notice_subscriptions",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("address", sa.String, nullable=False),
        sa.Column("secret", sa.Text),
        sa.Column("person", sa.String),
        sa.Column("department", sa.String),
        sa.Column("kinds", sa.JSON, nullable=False),
        sa.Column("quiet_from", sa.String),
        sa.Column("quiet_until", sa.String),
        sa.Column("digest_at", sa.String),
        sa.Column("is_on", sa.Boolean, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_table(
        "notice_outbox",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "subscription_id",
            sa.Integer,
            sa.ForeignKey("notice_subscriptions.id", ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("link", sa.String, nullable=False),
        sa.Column("made_at", Moment, nullable=False),
        sa.Column("not_before", Moment, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("failure", sa.Text),
        sa.Column("sent_at", Moment),
        sa.UniqueConstraint("subscription_id", "key", name="notice_once"),
    )


def downgrade() -> None:
    """Drop the tables with all they hold."""
    op.drop_table("notice_outbox")
    op.drop_table("notice_subscriptions")
