"""The parts of the room channels, over one database."""

from dataclasses import dataclass

from sqlalchemy import Engine

from kb.channels.messages import Messages
from kb.channels.replies import Replies
from kb.channels.tokens import Tokens
from kb.staff.codes import Seal


@dataclass(frozen=True)
class ChannelsParts:
    """Messages and what they were answered, who left a question, and the tokens for their platforms."""

    messages: Messages
    replies: Replies
    tokens: Tokens


def open_channels(engine: Engine, key: bytes) -> ChannelsParts:
    """The room's parts; `key` is that of accounts, which seals tokens and makes digests."""
    seal = Seal(key)
    return ChannelsParts(
        messages=Messages(engine, key), replies=Replies(engine, seal), tokens=Tokens(engine, seal)
    )
