"""Pictures and attachments that answers of FAQ entries show."""

import sqlalchemy as sa
from alembic import op

from kb.storage.tables import Moment

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, empty."""
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
    """Drop the table with all files."""
    op.drop_table("faq_files")
