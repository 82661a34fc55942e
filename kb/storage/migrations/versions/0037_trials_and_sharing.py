"""Trial questions of staff; who left a question in 微信; days that are counted; what processes share.

The last (kb.storage.sharing) not on SQLite.

A trigger on each table whose content processes keep in memory raises a version and tells whoever listens. It
runs at the end of the transaction, so that its row is locked for a moment only, and once for each.
"""

import sqlalchemy as sa
from alembic import op

from kb.storage.tables import Moment

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

_KEPT_IN_MEMORY = {"column_settings": "settings", "faq_entries": "faq", "catalogue": "documents"}
_CHANGED = """
CREATE FUNCTION kb_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE shared_versions SET version = version + 1, changed_by = txid_current()
    WHERE name = TG_ARGV[0] AND changed_by IS DISTINCT FROM txid_current();
  IF FOUND THEN
    PERFORM pg_notify('kb_changes', TG_ARGV[0]);
  END IF;
  RETURN NULL;
END $$
"""


def upgrade() -> None:
    """Make the tables and the triggers."""
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
    op.create_table(
        "channel_left",
        sa.Column("code", sa.String, sa.ForeignKey("questions.code", ondelete="CASCADE"), primary_key=True),
        sa.Column("conversation", sa.String, nullable=False),
        sa.Column("sealed", sa.Text),
        sa.Column("told_at", Moment),
        sa.Column("not_before", Moment),
    )
    op.create_index("ix_channel_left_conversation", "channel_left", ["conversation"])
    op.create_table(
        "figures_days",
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("changes", sa.Integer, nullable=False),
        sa.Column("counted", sa.Integer),
        sa.Column("is_closed", sa.Boolean, nullable=False),
        sa.Column("counts", sa.Text),
        sa.Column("wordings", sa.Text),
        sa.Column("words", sa.Text),
    )
    if op.get_bind().dialect.name != "postgresql":
        return
    op.create_table(
        "shared_versions",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("changed_by", sa.BigInteger),
    )
    op.create_table(
        "rate_counts",
        sa.Column("key", sa.LargeBinary, primary_key=True),
        sa.Column("window_number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("hits", sa.Integer, nullable=False),
        prefixes=["UNLOGGED"],
    )
    op.create_table(
        "request_results",
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("content", sa.String, nullable=False),
        sa.Column("result", sa.LargeBinary, nullable=False),
        sa.Column("made_at", Moment, nullable=False),
        prefixes=["UNLOGGED"],
    )
    op.create_index("request_results_made_at", "request_results", ["made_at"])
    op.create_table(
        "shared_secrets",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("value", sa.LargeBinary, nullable=False),
        prefixes=["UNLOGGED"],
    )
    op.create_table(
        "chunk_vectors",
        sa.Column("model", sa.String, primary_key=True),
        sa.Column("chunk_id", sa.String, primary_key=True),
        sa.Column("vector", sa.LargeBinary, nullable=False),
    )
    op.execute(_CHANGED)
    for table, name in _KEPT_IN_MEMORY.items():
        op.execute(f"INSERT INTO shared_versions (name, version) VALUES ('{name}', 1)")
        op.execute(
            f"CREATE CONSTRAINT TRIGGER {table}_changed AFTER INSERT OR UPDATE OR DELETE ON {table} "
            f"DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION kb_changed('{name}')"
        )


def downgrade() -> None:
    """Drop what `upgrade` made."""
    op.drop_table("channel_left")
    op.drop_table("figures_days")
    op.drop_table("trial_runs")
    op.drop_table("trial_pairs")
    if op.get_bind().dialect.name != "postgresql":
        return
    for table in _KEPT_IN_MEMORY:
        op.execute(f"DROP TRIGGER {table}_changed ON {table}")
    op.execute("DROP FUNCTION kb_changed()")
    for name in ("chunk_vectors", "shared_secrets", "request_results", "rate_counts", "shared_versions"):
        op.drop_table(name)
