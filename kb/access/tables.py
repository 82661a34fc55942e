"""The tables of this room: keys of other programs, and who staff are at the district's sign-on."""

from sqlalchemy import JSON, Column, ForeignKey, Integer, String, Table

from kb.storage.tables import Moment, metadata

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String, nullable=False),
    Column("digest", String, nullable=False, unique=True),  # SHA-256 of the key, which is kept nowhere
    Column("hint", String, nullable=False),  # its first characters, by which people recognise it
    Column("scopes", JSON, nullable=False),
    Column("rate", Integer, nullable=False),  # requests a minute; 0 is no limit
    Column("made_by", String, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("revoked_at", Moment),
    Column("last_used_at", Moment),  # to the minute
)

sign_on_identities = Table(
    "sign_on_identities",
    metadata,
    Column("provider", String, primary_key=True),  # its address in the settings
    Column("subject", String, primary_key=True),  # the person's unchanging name there
    Column("user", ForeignKey("users.name", ondelete="CASCADE"), nullable=False, index=True),
    Column("made_at", Moment, nullable=False),
)
