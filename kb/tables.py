"""The tables of the SQL side (SQLAlchemy 2 Core); kb.database has the engine they live in.

SQL holds the truth: documents with their whole text and the chunks cut from them. The vector store is an
index over `chunks` and can be rebuilt from it at any time. What citizens ask and leave is kept beside them.
"""

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)

metadata = MetaData()


class Moment(TypeDecorator[datetime]):
    """A point in time: aware in Python, UTC in SQL."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """UTC without its name, as SQLite knows no time zones."""
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """UTC with its name."""
        return None if value is None else value.replace(tzinfo=UTC)


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

asked = Table(
    "asked",  # what citizens asked and got; personal data masked (kb.journal)
    metadata,
    Column("id", String, primary_key=True),
    Column("asked_at", Moment, nullable=False, index=True),
    Column("session", String),  # digest of the conversation's name
    Column("question", Text, nullable=False),
    Column("key", String, nullable=False),  # what two typings of the question have in common
    Column("rewritten", Text, nullable=False),
    Column("kind", String, nullable=False),
    Column("ending", String, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("text", Text, nullable=False),
    Column("documents", JSON, nullable=False),  # ids of those cited
    Column("departments", JSON, nullable=False),
    Column("faq_id", String),
    Index("asked_by_key", "key", "asked_at"),
    Index("asked_by_faq_id", "faq_id", "asked_at"),
)

feedback = Table(
    "feedback",
    metadata,
    Column("answer_id", ForeignKey("asked.id", ondelete="CASCADE"), primary_key=True),
    Column("helpful", Boolean, nullable=False),
    Column("reason", String),
    Column("comment", Text),
    Column("given_at", Moment, nullable=False),
)

questions = Table(
    "questions",  # left by citizens for a person to answer (kb.questions)
    metadata,
    Column("code", String, primary_key=True),
    Column("text", Text, nullable=False),
    Column("contact", String),  # as typed: for whoever replies, never given to anyone else
    Column("answer_id", String),
    Column("departments", JSON, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("due", Date),
    Column("reply", Text),
    Column("reply_department", String),
    Column("reply_name", String),
    Column("replied_at", Moment),
    Column("changed_at", Moment, nullable=False, index=True),
)
