"""When each document came in, for the feed of what is new."""

import sqlalchemy as sa
from alembic import op

from kb.storage.tables import Moment

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, empty: the next look at the documents fills it (kb.shelf.news)."""
    op.create_table(
        "document_arrivals",
        sa.Column("document_id", sa.String, primary_key=True),
        sa.Column("arrived_at", Moment, nullable=False, index=True),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("document_arrivals")
