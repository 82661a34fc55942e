"""The tables of the staff's work list (kb.queue): questions in groups that ask the same, and notes on them.

All rows are made from what citizens asked and left (kb.storage.tables: asked, feedback, questions) and are
deleted with that when its time is over. Then the tables of notices to staff (kb.notices): who wants to be
told what, and what is on its way; and those of messages from 微信 and 企业微信 (kb.channels). Then what
citizens' pages need beside documents and FAQ entries: when a document came in (kb.shelf.news), and pictures
and attachments of entries (kb.faq.marked.attachments). The questions whose right answer staff know, and what
came out when they were asked (kb.trials). Last the days that have been counted (kb.reports.days).
"""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

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

queue_notes = Table(
    "queue_notes",  # what colleagues tell one another about a group, and its way (kb.queue.notes)
    metadata,
    Column("id", Integer, primary_key=True),
    Column("group_id", ForeignKey("queue_groups.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("kind", String, nullable=False),
    Column("written_by", String, nullable=False),  # name of the account
    Column("written_title", String, nullable=False),
    Column("written_at", Moment, nullable=False),
    Column("text", Text, nullable=False),
    Column("handed_to", String),  # a department, or the name of a colleague
    Column("came_from", JSON),  # the departments that the group had before it was handed on
    Column("is_returned", Boolean, nullable=False),
)

left_returns = Table(
    "left_returns",  # what a citizen answered to the reply (kb.queue.answering_back), once
    metadata,
    Column("code", ForeignKey("questions.code", ondelete="CASCADE"), primary_key=True),
    Column("text", Text),  # what is asked further
    Column("asked_at", Moment),
    Column("reply", Text),  # the reply that it answers
    Column("reply_department", String),
    Column("reply_name", String),
    Column("replied_at", Moment),
    Column("is_satisfied", Boolean),
    Column("judged_at", Moment),
)

reply_templates = Table(
    "reply_templates",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String, nullable=False),
    Column("text", Text, nullable=False),
    Column("department", String, index=True),  # None: for every department
)

notice_subscriptions = Table(
    "notice_subscriptions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("address", String, nullable=False),  # a mailbox, or the address of a robot or webhook
    Column("secret", Text),  # sealed (kb.staff.codes); of signed webhooks and robots
    Column("person", String),  # name of the account; None: a department or everybody
    Column("department", String),
    Column("kinds", JSON, nullable=False),
    Column("quiet_from", String),  # 22:00 in China; None: at any time
    Column("quiet_until", String),
    Column("digest_at", String),  # 09:00: once a day; None: at once
    Column("is_on", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
)

notice_outbox = Table(
    "notice_outbox",  # each event once for each subscription; written before anything is sent
    metadata,
    Column("id", Integer, primary_key=True),
    Column(
        "subscription_id",
        ForeignKey("notice_subscriptions.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("key", String, nullable=False),  # the same for the same event
    Column("kind", String, nullable=False),
    Column("text", Text, nullable=False),  # one line, without a citizen's words
    Column("link", String, nullable=False),  # a path of the console
    Column("made_at", Moment, nullable=False),
    Column("not_before", Moment, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("failure", Text),
    Column("sent_at", Moment),
    UniqueConstraint("subscription_id", "key", name="notice_once"),
)

channel_messages = Table(
    "channel_messages",  # of 微信 and 企业微信 (kb.channels.messages); digests in place of ids
    metadata,
    Column("id", String, primary_key=True),
    Column("conversation", String, nullable=False, index=True),
    Column("received_at", Moment, nullable=False, index=True),
    Column("reply", Text),
    Column("answer_id", String, index=True),
    Column("answer", JSON),  # as it was given, its question masked
    Column("is_promised", Boolean, nullable=False),  # the sender was told to wait
    Column("is_delivered", Boolean, nullable=False),  # what was promised
)

channel_left = Table(
    "channel_left",  # questions left in 微信 (kb.channels.replies)
    metadata,
    Column("code", ForeignKey("questions.code", ondelete="CASCADE"), primary_key=True),
    Column("conversation", String, nullable=False, index=True),
    Column("sealed", Text),  # the sender's own id; None: the reply is given with their next message
    Column("told_at", Moment),  # the time of the reply that was told
    Column("not_before", Moment),
)

channel_tokens = Table(
    "channel_tokens",
    metadata,
    Column("name", String, primary_key=True),
    Column("sealed", Text, nullable=False),  # kb.staff.codes
    Column("expires_at", Moment, nullable=False),
)

document_arrivals = Table(
    "document_arrivals",
    metadata,
    Column("document_id", String, primary_key=True),  # no foreign key: a document that is read again stays
    Column("arrived_at", Moment, nullable=False, index=True),
)

faq_files = Table(
    "faq_files",  # pictures and attachments that answers of FAQ entries show; never changed
    metadata,
    Column("id", String, primary_key=True),  # digest of the content
    Column("name", String, nullable=False),
    Column("kind", String, nullable=False),  # media type, from the content
    Column("content", LargeBinary, nullable=False),
    Column("size", Integer, nullable=False),
    Column("uploaded_by", String, nullable=False),
    Column("uploaded_at", Moment, nullable=False),
)

trial_pairs = Table(
    "trial_pairs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("question", Text, nullable=False),  # masked
    Column("history", JSON, nullable=False),
    Column("document_id", String),  # None: no document answers it
    Column("document", String),  # its title then
    Column("section", String, nullable=False),
    Column("passage", Text, nullable=False),  # the words that answer
    Column("made_by", String, nullable=False),  # name of the account
    Column("made_title", String, nullable=False),
    Column("made_at", Moment, nullable=False),
)

trial_runs = Table(
    "trial_runs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("began_at", Moment, nullable=False),
    Column("begun_title", String, nullable=False),
    Column("outcomes", JSON, nullable=False),  # one for each pair
)

figures_days = Table(
    "figures_days",  # what the questions of a day came to; the numbers outlast the questions
    metadata,
    Column("day", Date, primary_key=True),
    Column("changes", Integer, nullable=False),  # raised when something of that day changes afterwards
    Column("counted", Integer),  # `changes` when it was counted; None: it was not yet
    Column("is_closed", Boolean, nullable=False),  # its questions are deleted: it is not counted again
    Column("counts", Text),  # JSON
    Column("wordings", Text),  # JSON; deleted with the questions, like the words
    Column("words", Text),
)
