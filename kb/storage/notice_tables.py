"""The tables of notices to staff (kb.notices): who wants to be told what, and what is on its way."""

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Integer, String, Table, Text, UniqueConstraint

from kb.storage.tables import Moment, metadata

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
