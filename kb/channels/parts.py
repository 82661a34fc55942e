"""The parts of the room channels, over one database."""

from dataclasses import dataclass

from sqlalchemy import Engine

from kb.channels.messages import Messages
from kb.channels.tokens import Tokens
from kb.staff.codes import Seal


@dataclass(frozen=True)
class ChannelsParts:
    """Messages and what they were answered, and the tokens by which their platforms let us in."""

    messages: Messages
    tokens: Tokens


def open_channels(engine: Engine, key: bytes) -> ChannelsParts:
    """The room's parts; `key` is that of accounts, which seals tokens and makes digests."""
    return ChannelsParts(messages=Messages(engine, key), tokens=Tokens(engine, Seal(key)))
