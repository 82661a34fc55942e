"""Questions whose right answer staff know, and what came out when they were asked."""

import sqlalchemy as sa
from alembic import op

from kb.storage.tables import Moment

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, both empty."""
    op.create_table(
        "trial_pairs",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("history", sa.JSON, nullable=False),
        sa.Column("document_id", sa.String),
        sa.Column("document", sa.String),
        sa.Column("section", sa.String, nullable=False),
        sa.Column("passage", sa.Text, nullable=False),
        sa.Column("made_by", sa.String, nullable=False),
        sa.Column("made_title", sa.String, nullable=False),
        sa.Column("made_at", Moment, nullable=False),
    )
    op.create_table(
        "trial_runs",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("began_at", Moment, nullable=False),
        sa.Column("begun_title", sa.String, nullable=False),
        sa.Column("outcomes", sa.JSON, nullable=False),
    )


def downgrade() -> None:
    """Drop the tables with all they hold."""
    op.drop_table("trial_runs")
    op.drop_table("trial_pairs")
