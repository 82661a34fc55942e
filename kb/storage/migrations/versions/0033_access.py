"""Keys of other programs, and who staff are at the district's sign-on."""

import sqlalchemy as sa
from alembic import op

from kb.storage.tables import Moment

revision = "0033"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, both empty."""
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("digest", sa.String, nullable=False, unique=True),
        sa.Column("hint", sa.String, nullable=False),
        sa.Column("scopes", sa.JSON, nullable=False),
        sa.Column("rate", sa.Integer, nullable=False),
        sa.Column("made_by", sa.String, nullable=False),
        sa.Column("made_at", Moment, nullable=False),
        sa.Column("expires_at", Moment, nullable=False),
        sa.Column("revoked_at", Moment),
        sa.Column("last_used_at", Moment),
    )
    op.create_table(
        "sign_on_identities",
        sa.Column("provider", sa.String, primary_key=True),
        sa.Column("subject", sa.String, primary_key=True),
        sa.Column(
            "user", sa.String, sa.ForeignKey("users.name", ondelete="CASCADE"), nullable=False, index=True
        ),
        sa.Column("made_at", Moment, nullable=False),
    )


def downgrade() -> None:
    """Drop the tables: no key lets anybody in any more, and nobody is known by the district's sign-on."""
    op.drop_table("sign_on_identities")
    op.drop_table("api_keys")
