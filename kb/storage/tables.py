"""The tables of the SQL database (SQLAlchemy 2 Core); kb.storage.database opens it.

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
    false,
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
    Column("head", Text),  # `body` without text and outline; None: made from `body` when needed
    Column("standing", Text),  # Standing as JSON: the reason for its status
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
    "faq_entries",  # as they are now (kb.faq.records); other columns repeat parts of `body`
    metadata,
    Column("id", String, primary_key=True),
    Column("status", String, nullable=False, index=True),
    Column("question", Text, nullable=False),
    Column("body", Text, nullable=False),  # FaqEntry as JSON
    Column("updated", Moment, nullable=False),  # the last time the entry changed
    Column("version", Integer, nullable=False, server_default="1"),  # raised by every step of its life
    Column("author", String, nullable=False, server_default="命令行"),  # name of the account
    Column("editor", String, nullable=False, server_default="命令行"),  # account that saved its words last
    Column("editor_title", String, nullable=False, server_default="命令行"),  # name shown to colleagues
    Column("department", String, index=True),
    Column("document_id", String, index=True),
    Column("valid_from", Date),
    Column("valid_until", Date),
    Column("search", Text, nullable=False, server_default=""),  # canonical words of question and answer
    Column("quote", Text),  # the document's words at the span when the entry was saved
    Column("source_status", String),  # the document's validity when the entry was approved
    Column("review_reason", Text),  # 需复核: why it does not answer at the moment
    Column("note", Text),  # by the reviewer who sent it back
    Column("checked_by", String),  # who did the secrecy check (保密审查) and approved
    Column("checked_title", String),
    Column("checked_at", Moment),
    Column("asked_at", Moment),  # a citizen's words of that time are in its draft (kb.queue.drafts)
    Column("listed", Boolean, nullable=False, server_default=false()),  # whether the feed last showed it
    Column("sequence", Integer, index=True),  # number of that change (kb.faq.feed); None: never in the feed
    Column("listed_at", Moment),
)

faq_versions = Table(
    "faq_versions",  # append-only: what an entry was after each step of its life
    metadata,
    Column("entry_id", ForeignKey("faq_entries.id"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("step", String, nullable=False),  # Chinese: 新建, 修改, 通过 ...
    Column("saved_by", String, nullable=False),
    Column("saved_title", String, nullable=False),
    Column("saved_at", Moment, nullable=False),
    Column("note", Text),  # by the reviewer, or why a review is needed
    Column("body", Text, nullable=False),  # FaqEntry as JSON
    Column("quote", Text),
)

counters = Table(
    "counters",  # numbers given one after the other, in the order of the commits (kb.faq.feed)
    metadata,
    Column("name", String, primary_key=True),
    Column("value", Integer, nullable=False),
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
    Column("hours", String),  # as printed: 工作日 8:30–17:30
)

asked = Table(
    "asked",  # what citizens asked and got; personal data masked (kb.citizens.journal)
    metadata,
    Column("id", String, primary_key=True),
    Column("asked_at", Moment, nullable=False, index=True),
    Column("session", String),  # digest of the conversation's name
    Column("question", Text, nullable=False),
    Column("key", String, nullable=False),  # the same for two typings of one question
    Column("asker", String),  # tells apart the people who asked this question (kb.citizens.journal)
    Column("rewritten", Text, nullable=False),
    Column("kind", String, nullable=False),
    Column("ending", String, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("text", Text, nullable=False),
    Column("documents", JSON, nullable=False),  # ids of the cited documents
    Column("departments", JSON, nullable=False),
    Column("faq_id", String),
    Column("took_ms", Float),  # from the question to the answer
    Column("asked_back", Boolean),  # whether a question stood beside the answer; None: not known
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
    "questions",  # left by citizens for a person to answer (kb.citizens.left_questions)
    metadata,
    Column("code", String, primary_key=True),
    Column("text", Text, nullable=False),
    Column("contact", String),  # as typed; shown only to those who may reply
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

users = Table(
    "users",  # accounts of staff (kb.staff.users)
    metadata,
    Column("name", String, primary_key=True),  # small letters
    Column("title", String, nullable=False),
    Column("role", String, nullable=False),
    Column("departments", JSON, nullable=False),  # empty: all
    Column("password_hash", String, nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("failed", Integer, nullable=False),  # wrong attempts since the last right one, from new addresses
    Column("locked_until", Moment),  # for new addresses
    Column("session_version", Integer, nullable=False),  # raised: open sessions end
    Column("must_change_password", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    Column("totp_secret", Text),  # sealed (kb.staff.codes); None: signs in by password alone
    Column("totp_counter", Integer),  # time step of the last code used; older ones are refused
    Column("totp_failed", Integer, nullable=False, server_default="0"),  # wrong since the last right code
)

sign_in_places = Table(
    "sign_in_places",  # addresses where an account signed in before, with their own count (kb.staff.attempts)
    metadata,
    Column("user", ForeignKey("users.name", ondelete="CASCADE"), primary_key=True),
    Column("place", String, primary_key=True),  # keyed digest of the address
    Column("used_at", Moment, nullable=False),  # the last time it signed in there
    Column("failed", Integer, nullable=False),
    Column("locked_until", Moment),
)

recovery_codes = Table(
    "recovery_codes",  # a row is deleted when its code is used (kb.staff.second_step)
    metadata,
    Column("user", ForeignKey("users.name", ondelete="CASCADE"), primary_key=True),
    Column("code_hash", String, primary_key=True),
)

audit = Table(
    "audit",  # append-only: triggers refuse changes (migration 0002); the hash chain: kb.staff.audit
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # 1, 2, 3 ... without gaps
    Column("at", Moment, nullable=False),
    Column("actor", String, nullable=False, index=True),
    Column("action", String, nullable=False),
    Column("subject", String, nullable=False, index=True),
    Column("before", Text),  # JSON as it was hashed
    Column("after", Text),
    Column("previous", String, nullable=False),  # hash of the entry before
    Column("hash", String, nullable=False),
    Column("former", String),  # hash in the chain of before migration 0007
)

audit_words = Table(
    "audit_words",  # what people wrote, by the entry that holds its digest (kb.staff.audit_words); purged
    metadata,
    Column("entry_id", Integer, primary_key=True, autoincrement=False),
    Column("key", LargeBinary, nullable=False),
    Column("words", Text, nullable=False),  # JSON: before, after -> field -> words
)

audit_head = Table(
    "audit_head",  # one row: how many entries there are and the last one's hash; writers queue on it
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("entries", Integer, nullable=False),
    Column("hash", String, nullable=False),
)

document_edits = Table(
    "document_edits",  # staff's corrections and removals; kept when the file is read again
    metadata,
    Column("document_id", String, primary_key=True),
    Column("path", String, nullable=False),
    Column("source", String, nullable=False),
    Column("title", String, nullable=False),
    Column("fields", JSON, nullable=False),  # Correction as JSON: only the fields that were set
    Column("removed", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    Column("who", String, nullable=False),
    Column("changed_at", Moment, nullable=False),
)

column_settings = Table(
    "column_settings",  # what administrators set while the program runs (kb.controls.store)
    metadata,
    Column("key", String, primary_key=True),
    Column("value", JSON, nullable=False),
    Column("version", Integer, nullable=False),
    Column("who", String, nullable=False),
    Column("changed_at", Moment, nullable=False),
)
