"""Where an account signed in before, and the second step of signing in."""

import sqlalchemy as sa
from alembic import op

from kb.storage.tables import Moment

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_COLUMNS = ("totp_secret", "totp_counter", "totp_failed")


def upgrade() -> None:
    """Make the tables and add the columns; every account of before signs in by password alone."""
    op.add_column("users", sa.Column("totp_secret", sa.Text))
    op.add_column("users", sa.Column("totp_counter", sa.Integer))
    op.add_column("users", sa.Column("totp_failed", sa.Integer, nullable=False, server_default="0"))
    op.create_table(
        "sign_in_places",
        sa.Column("user", sa.String, sa.ForeignKey("users.name", ondelete="CASCADE"), primary_key=True),
        sa.Column("place", sa.String, primary_key=True),
        sa.Column("used_at", Moment, nullable=False),
        sa.Column("failed", sa.Integer, nullable=False),
        sa.Column("locked_until", Moment),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("user", sa.String, sa.ForeignKey("users.name", ondelete="CASCADE"), primary_key=True),
        sa.Column("code_hash", sa.String, primary_key=True),
    )


def downgrade() -> None:
    """Drop the tables and the columns: all accounts sign in by password alone again."""
    op.drop_table("recovery_codes")
    op.drop_table("sign_in_places")
    for name in reversed(_COLUMNS):
        op.drop_column("users", name)
