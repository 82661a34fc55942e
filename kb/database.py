"""The SQL side: engine and tables (SQLAlchemy 2 Core on SQLite).

SQL holds the truth: documents with their whole text and the chunks cut from them. The vector store is an
index over `chunks` and can be rebuilt from it at any time.
"""

from pathlib import Path

from sqlalchemy import (
    Column,
    Date,
    DateTime,
    Engine,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    event,
)
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

metadata = MetaData()

documents = Table(
    "documents",
    metadata,
    Column("id", String, primary_key=True),
    Column("path", String, nullable=False, index=True),
    Column("source", String, nullable=False),
    Column("sha256", String, nullable=False),
    Column("fingerprint", String, nullable=False),  # content + version of the code that read it
    Column("title", String, nullable=False),
    Column("number", String),
    Column("status", String, nullable=False),
    Column("dated", Date),
    Column("chunk_count", Integer, nullable=False),
    Column("body", Text, nullable=False),  # PolicyDocument as JSON
)

chunks = Table(
    "chunks",
    metadata,
    Column("id", String, primary_key=True),
    Column("document_id", ForeignKey("documents.id", ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("body", Text, nullable=False),  # Chunk as JSON
    Index("chunks_in_order", "document_id", "position"),
)

term_counts = Table(
    "term_counts",
    metadata,
    Column("term", String, primary_key=True),
    Column("chunks", Integer, nullable=False),  # number of chunks that hold the term
)

faq_entries = Table(
    "faq_entries",
    metadata,
    Column("id", String, primary_key=True),
    Column("status", String, nullable=False, index=True),
    Column("question", Text, nullable=False),
    Column("body", Text, nullable=False),  # FaqEntry as JSON
    Column("updated", DateTime, nullable=False),  # UTC, the last time the entry changed
)

faq_vectors = Table(
    "faq_vectors",  # a cache: may be emptied at any time
    metadata,
    Column("key", String, primary_key=True),  # digest of the model's name and the wording
    Column("vector", LargeBinary, nullable=False),  # float32, little-endian
)

contacts = Table(
    "contacts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("department", String, nullable=False, index=True),
    Column("name", String, nullable=False),
    Column("phone", String, nullable=False),
)


def open_database(path: Path) -> Engine:
    """Engine on the SQLite file at `path`, tables created when missing.

    WAL lets readers go on while a document is replaced; synchronous=FULL makes a commit survive a power cut,
    which "reported as done" promises.
    """
    engine = create_engine(f"sqlite:///{path}")
    event.listen(engine, "connect", _configure)
    metadata.create_all(engine)
    return engine


def _configure(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
