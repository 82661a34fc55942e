"""When each document came in, for the feed of what is new; pictures and attachments of FAQ answers."""

import sqlalchemy as sa
from alembic import op

from kb.storage.tables import Moment

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, empty: the next look at the documents fills the first (kb.shelf.news)."""
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
    """Drop the tables, with all files."""
    op.drop_table("faq_files")
    op.drop_table("document_arrivals")
