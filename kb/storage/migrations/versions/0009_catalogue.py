"""What questions count and look up among the passages (kb.storage.catalogue).

The tables are made empty; the program fills them when it opens the knowledge base.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_TABLES = ("passages", "unit_counts", "catalogue")


def upgrade() -> None:
    """Make the tables, and the index over the pairs of characters in the way of each database."""
    op.create_table(
        "passages",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("chunk_id", sa.String, nullable=False, unique=True),
        sa.Column("document_id", sa.String, nullable=False, index=True),
        sa.Column("assigned", sa.Boolean, nullable=False),
    )
    op.create_index(
        "passages_assigned",
        "passages",
        ["document_id"],
        sqlite_where=sa.text("assigned"),
        postgresql_where=sa.text("assigned"),
    )
    op.create_table(
        "unit_counts",
        sa.Column("unit", sa.String, primary_key=True),
        sa.Column("chunks", sa.Integer, nullable=False),
    )
    op.create_table(
        "catalogue",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("chunks", sa.Integer, nullable=False),
        sa.Column("state", sa.String, nullable=False),
    )
    op.execute("INSERT INTO catalogue (id, version, chunks, state) VALUES (1, 0, 0, '')")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE passages ADD COLUMN pairs TSVECTOR")
        op.execute("CREATE INDEX passage_pairs ON passages USING gin (pairs)")
    else:
        op.execute("CREATE VIRTUAL TABLE passage_pairs USING fts5 (pairs, content='', columnsize=0)")


def downgrade() -> None:
    """Drop the tables."""
    if op.get_bind().dialect.name == "sqlite":
        op.drop_table("passage_pairs")
    for name in _TABLES:
        op.drop_table(name)
