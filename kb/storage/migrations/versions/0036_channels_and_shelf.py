"""Messages of 微信 and 企业微信 and their platforms' tokens; arrivals of documents; files of FAQ answers."""

import sqlalchemy as sa
from alembic import op

from kb.storage.tables import Moment

revision = "0036"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, empty: the next look at the documents fills the arrivals (kb.shelf.news)."""
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
    op.create_table(
        "document_arrivals",
        sa.Column("document_id", sa.String, primary_key=True),
        sa.Column("arrived_at", Moment, nullable=False, index=True),
    )
    op.create_table(
        "faq_files",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("uploaded_by", sa.String, nullable=False),
        sa.Column("uploaded_at", Moment, nullable=False),
    )


def downgrade() -> None:
    """Drop the tables with all they hold."""
    op.drop_table("faq_files")
    op.drop_table("document_arrivals")
    op.drop_table("channel_tokens")
    op.drop_table("channel_messages")
