"""What the validity of documents is computed from, and why each has the status it has."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; rows of before get `head` from the body when statuses are computed next."""
    op.add_column("documents", sa.Column("head", sa.Text))
    op.add_column("documents", sa.Column("standing", sa.Text))


def downgrade() -> None:
    """Drop the columns."""
    op.drop_column("documents", "standing")
    op.drop_column("documents", "head")
