"""The tables of the staff's work list (kb.queue.worklist): questions in groups that ask the same.

All rows are made from what citizens asked and left (kb.storage.tables: asked, feedback, questions) and are
deleted with that when its time is over.
"""

from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, String, Table, Text

from kb.storage.tables import Moment, metadata

queue_groups = Table(
    "queue_groups",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("text", Text, nullable=False),  # the wording of the first item
    Column("model", String),  # name of the model that made `vector`
    Column("vector", LargeBinary),  # of `text`: float32, little-endian
    Column("state", String, nullable=False, index=True),
    Column("claimed_by", String),  # name of the account
    Column("claimed_title", String),  # name shown to colleagues
    Column("claimed_at", Moment),
    Column("closed_by", String),
    Column("closed_title", String),
    Column("closed_at", Moment),
    Column("closed_text", Text),  # what was replied, or why it was dismissed
    Column("faq_id", String),  # the entry that answers it, or the draft that will
    Column("version", Integer, nullable=False),
)

queue_items = Table(
    "queue_items",
    metadata,
    Column("source", String, primary_key=True),  # left: a code; asked: an answer's id; report: a token
    Column("ref", String, primary_key=True),
    Column("group_id", ForeignKey("queue_groups.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("kind", String, nullable=False),
    Column("text", Text, nullable=False),
    Column("key", String, nullable=False, index=True),  # the same for two typings of one question
    Column("asker", String, nullable=False),  # the same for one conversation, which counts once
    Column("asked_at", Moment, nullable=False),
    Column("note", Text),  # of a report: what is wrong
    Column("reported_by", String),
    Column("url", String),  # of a report: what is wrong there
)

queue_departments = Table(
    "queue_departments",
    metadata,
    Column("group_id", ForeignKey("queue_groups.id", ondelete="CASCADE"), primary_key=True),
    Column("department", String, primary_key=True),
)
