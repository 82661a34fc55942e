"""Whether a question was asked back beside an answer, so that figures can count it."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; of answers of before it is not known."""
    op.add_column("asked", sa.Column("asked_back", sa.Boolean))


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("asked", "asked_back")
