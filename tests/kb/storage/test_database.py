"""The database: migrations, databases older than them, SQLite and PostgreSQL, and wrong addresses."""

import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from postgres import Cluster
from sqlalchemy import Connection, Engine, MetaData, select

from kb.errors import SettingsError, StoreError
from kb.storage import catalogue, queue_tables, tables
from kb.storage.database import MIGRATIONS, current_revision, make_engine, open_database, transaction, upsert
from kb.storage.sharing import tables as sharing_tables

pytestmark = pytest.mark.usefixtures("real_migrations")

HEAD = ScriptDirectory(str(MIGRATIONS)).get_current_head()
OLD = """
CREATE TABLE documents (id VARCHAR NOT NULL PRIMARY KEY, path VARCHAR NOT NULL, source VARCHAR NOT NULL,
  sha256 VARCHAR NOT NULL, fingerprint VARCHAR NOT NULL, title VARCHAR NOT NULL, number VARCHAR,
  status VARCHAR NOT NULL, dated DATE, chunk_count INTEGER NOT NULL, body TEXT NOT NULL);
CREATE INDEX ix_documents_path ON documents (path);
CREATE TABLE faq_entries (id VARCHAR NOT NULL PRIMARY KEY, status VARCHAR NOT NULL, question TEXT NOT NULL,
  body TEXT NOT NULL, updated DATETIME NOT NULL);
CREATE INDEX ix_faq_entries_status ON faq_entries (status);
CREATE TABLE contacts (id INTEGER NOT NULL PRIMARY KEY, department VARCHAR NOT NULL, name VARCHAR NOT NULL,
  phone VARCHAR NOT NULL);
CREATE INDEX ix_contacts_department ON contacts (department);
INSERT INTO contacts VALUES (1, '区司法局', '王解答', '0792-8123456');
INSERT INTO faq_entries VALUES ('gate', 'approved', '公园几点关门？',
  '{"id": "gate", "question": "公园几点关门？", "answer": "每晚十点。", "status": "approved"}',
  '2024-05-10 08:00:00.000000');
"""


def _differences(connection: Connection, declared: MetaData) -> list[object]:
    """How the tables differ from the declared ones; those of the full-text index are FTS5's own."""
    everything = (tables.metadata, catalogue.derived, sharing_tables.shared)
    others = {name for metadata in everything if metadata is not declared for name in metadata.tables}

    def is_compared(name: str | None, kind: str, _parents: object) -> bool:
        return kind != "table" or not (name in others or str(name).startswith("passage_pairs"))

    context = MigrationContext.configure(connection, opts={"include_name": is_compared})
    return [change for change in compare_metadata(context, declared) if "pairs" not in str(change)]


def test_migrations_make_the_tables_that_metadata_declares(engine: Engine):
    assert queue_tables.queue_groups.metadata is tables.metadata
    assert queue_tables.notice_outbox.metadata is tables.metadata
    with engine.connect() as connection:
        assert current_revision(connection) == HEAD
        assert _differences(connection, tables.metadata) == []
        assert _differences(connection, catalogue.derived) == []
        if connection.dialect.name == "postgresql":  # nowhere else are there several processes
            assert _differences(connection, sharing_tables.shared) == []


def test_upsert_replaces_row_with_same_key(engine: Engine):
    for words in (b"\x01", b"\x02"):
        with transaction(engine) as connection:
            upsert(connection, tables.faq_vectors, [{"key": "k", "vector": words}])
    with engine.connect() as connection:
        assert connection.scalars(select(tables.faq_vectors.c.vector)).all() == [b"\x02"]


def test_audit_entries_cannot_be_updated_or_deleted(engine: Engine):
    row = dict.fromkeys(("actor", "action", "subject", "previous", "hash"), "x")
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO audit (id, at, actor, action, subject, previous, hash) "
            "VALUES (1, '2024-05-10', 'x', 'x', 'x', 'x', 'x')"
        )
    for change in (tables.audit.delete(), tables.audit.update().values(**row)):
        with pytest.raises(StoreError), transaction(engine) as connection:
            connection.execute(change)


@pytest.mark.sqlite
def test_database_older_than_migrations_is_upgraded_and_keeps_its_rows(tmp_path: Path):
    file = tmp_path / "kb.sqlite"
    with sqlite3.connect(file) as old:
        old.executescript(OLD)
    old.close()
    engine = open_database(file)
    with engine.connect() as connection:
        assert _differences(connection, tables.metadata) == []
        contact = connection.execute(select(tables.contacts)).one()
        assert (contact.department, contact.phone, contact.hours) == ("区司法局", "0792-8123456", None)
        entry = connection.execute(select(tables.faq_entries)).one()
        assert (entry.id, entry.status, entry.version) == ("gate", "approved", 1)
    engine.dispose()


@pytest.mark.sqlite
def test_failed_migration_changes_nothing(tmp_path: Path):
    """A column that a migration adds exists already: the migration fails half way, and is undone."""
    file = tmp_path / "kb.sqlite"
    with sqlite3.connect(file) as old:
        old.executescript(OLD + "ALTER TABLE contacts ADD COLUMN hours VARCHAR;")
    old.close()
    with pytest.raises(StoreError, match="没有改动"):
        open_database(file)
    with sqlite3.connect(file) as after:
        names = {name for (name,) in after.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        assert names == {"documents", "faq_entries", "contacts"}
    after.close()


def test_database_of_newer_program_is_refused(tmp_path: Path):
    engine = open_database(tmp_path / "kb.sqlite")
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    engine.dispose()
    with pytest.raises(StoreError, match="请升级程序"):
        open_database(tmp_path / "kb.sqlite")


@pytest.mark.parametrize("url", ["mysql://kb@localhost/kb", "不是地址", "sqlite:///kb.sqlite"])
def test_url_other_than_postgresql_raises_settings_error(tmp_path: Path, url: str):
    with pytest.raises(SettingsError, match="应如 postgresql://"):
        make_engine(tmp_path / "kb.sqlite", url)


def test_unreachable_server_raises_one_sentence_without_password(tmp_path: Path, cluster: Cluster):
    for url in (
        cluster.url("kb0", password="secret-1"),
        "postgresql://kb:secret-1@127.0.0.1:1/kb",
    ):
        with pytest.raises(SettingsError, match="连不上") as raised:
            make_engine(tmp_path / "kb.sqlite", url)
        assert "secret-1" not in str(raised.value)
        assert "\n" not in str(raised.value)
