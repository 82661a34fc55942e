"""Messages from 微信 and 企业微信, by digest, and the access tokens of their platforms."""

import sqlalchemy as sa
from alembic import op

from kb.storage.tables import Moment

revision = "0035"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, both empty."""
    op.create_table(
        "channel_messages",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("conversation", sa.String, nullable=False, index=True),
        sa.Column("received_at", Moment, nullable=False, index=True),
        sa.Column("reply", sa.Text),
        sa.Column("answer_id", sa.String, index=True),
        sa.Column("answer", sa.JSON),
        sa.Column("is_promised", sa.Boolean, nullable=False),
        sa.Column("is_delivered", sa.Boolean, nullable=False),
    )
    op.create_table(
        "channel_tokens",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("sealed", sa.Text, nullable=False),
        sa.Column("expires_at", Moment, nullable=False),
    )


def downgrade() -> None:
    """Drop the tables with all they hold."""
    op.drop_table("channel_tokens")
    op.drop_table("channel_messages")
