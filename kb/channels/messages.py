"""Messages from 微信 and 企业微信 until they are delivered, and the answers that links in them show.

Nothing here names a person: a message is known by a digest of its id, a conversation by a digest of the
sender's id under a key that stays in KB_HOME; questions are masked (kb.language.masking). A row goes through
these states, each change made by one statement, so that of several programs one makes it:

    taken       somebody works on the reply
    replied     the reply was given in time, and is given again to a repeated call
    promised    the sender was told to wait; then the reply is delivered once, later
"""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Engine, delete, null, select, update

from kb.answers import Answer
from kb.language.masking import mask
from kb.models import Model
from kb.storage.database import insert_over, transaction
from kb.storage.queue_tables import channel_messages

_MESSAGES = channel_messages
_ROW = channel_messages.c


class Kept(Model):
    """A reply, and whether its sender was told to wait for it."""

    id: str
    reply: str
    is_promised: bool


class Given(Model):
    """An answer as it was given, its question masked, and when."""

    answer: Answer
    given_at: datetime


class Messages:
    """Keeps messages in SQL. All methods raise StoreError when the database fails."""

    def __init__(self, engine: Engine, key: bytes) -> None:
        self._engine = engine
        self._key = hmac.digest(key, b"senders of messages", "sha256")

    def digest(self, *parts: str) -> str:
        """A name for what `parts` identify, from which they cannot be found."""
        return hmac.new(self._key, "\0".join(parts).encode(), hashlib.sha256).hexdigest()

    def take(self, message_id: str, conversation: str, now: datetime, is_promised: bool = False) -> bool:
        """Whether the message is new; only who took it works on it."""
        row = {
            "id": message_id,
            "conversation": conversation,
            "received_at": now,
            "is_promised": is_promised,
            "is_delivered": False,
        }
        with transaction(self._engine) as connection:
            statement = insert_over(connection, _MESSAGES).on_conflict_do_nothing(index_elements=["id"])
            return connection.execute(statement.values(row)).rowcount == 1

    def finish(self, message_id: str, reply: str, answer: Answer | None = None) -> bool:
        """Keep the reply, with the answer in it if there is one; whether its sender was told to wait."""
        values: dict[str, object] = {"reply": reply}
        if answer is not None:
            masked = {"question": mask(answer.question), "rewritten": mask(answer.rewritten)}
            values |= {"answer_id": answer.id, "answer": answer.model_copy(update=masked).as_json()}
        mine = _ROW.id == message_id
        with transaction(self._engine) as connection:
            connection.execute(update(_MESSAGES).where(mine).values(values))
            return bool(connection.scalar(select(_ROW.is_promised).where(mine)))

    def promise(self, message_id: str) -> bool:
        """Note that the sender is told to wait; False when the reply is there already."""
        waits = (_ROW.id == message_id, _ROW.reply.is_(None))
        with transaction(self._engine) as connection:
            return connection.execute(update(_MESSAGES).where(*waits).values(is_promised=True)).rowcount == 1

    def find(self, message_id: str) -> Kept | None:
        """The reply to a message; None as long as there is none."""
        with transaction(self._engine) as connection:
            return _kept(connection, _ROW.id == message_id)

    def deliver(self, message_id: str) -> bool:
        """Whether the promised reply is to be delivered now, by the caller alone; True once."""
        due = (_ROW.id == message_id, _ROW.is_delivered.is_(False), _ROW.reply.is_not(None))
        with transaction(self._engine) as connection:
            return connection.execute(update(_MESSAGES).where(*due).values(is_delivered=True)).rowcount == 1

    def undelivered(self, message_id: str) -> None:
        """Note that the delivery failed: the sender can still fetch the reply."""
        with transaction(self._engine) as connection:
            mine = _ROW.id == message_id
            connection.execute(update(_MESSAGES).where(mine).values(is_delivered=False))

    def fetch(self, conversation: str, since: datetime) -> str | None:
        """The oldest promised reply in a conversation that was not delivered; it counts as delivered now."""
        waiting = (_ROW.is_promised.is_(True), _ROW.is_delivered.is_(False), _ROW.reply.is_not(None))
        with transaction(self._engine) as connection:
            found = _kept(connection, _ROW.conversation == conversation, _ROW.received_at >= since, *waiting)
        return found.reply if found is not None and self.deliver(found.id) else None

    def is_awaited(self, conversation: str, since: datetime) -> bool:
        """Whether a promised reply in a conversation is still worked on."""
        working = (_ROW.is_promised.is_(True), _ROW.reply.is_(None))
        mine = (_ROW.conversation == conversation, _ROW.received_at >= since)
        with transaction(self._engine) as connection:
            return connection.execute(select(_ROW.id).where(*mine, *working).limit(1)).first() is not None

    def answers(self, conversation: str, since: datetime, limit: int) -> Sequence[Answer]:
        """The last `limit` answers in a conversation since `since`, oldest first."""
        mine = (_ROW.conversation == conversation, _ROW.received_at >= since, _ROW.answer.is_not(null()))
        rows = select(_ROW.answer).where(*mine).order_by(_ROW.received_at.desc(), _ROW.id).limit(limit)
        with transaction(self._engine) as connection:
            return [Answer.model_validate(row) for row in reversed(connection.scalars(rows).all())]

    def given(self, answer_id: str) -> Given | None:
        """The answer `answer_id`; None when no message got it, or it was purged."""
        with transaction(self._engine) as connection:
            row = connection.execute(
                select(_ROW.answer, _ROW.received_at).where(_ROW.answer_id == answer_id)
            ).first()
        return row and Given(answer=Answer.model_validate(row.answer), given_at=row.received_at)

    def forget(self, conversation: str) -> None:
        """Delete everything of a conversation: its sender has left."""
        with transaction(self._engine) as connection:
            connection.execute(delete(_MESSAGES).where(_ROW.conversation == conversation))


def forget_messages(connection: Connection, before: datetime) -> int:
    """Delete the messages received before `before`; return how many."""
    return connection.execute(delete(_MESSAGES).where(_ROW.received_at < before)).rowcount


def _kept(connection: Connection, *conditions: ColumnElement[bool]) -> Kept | None:
    rows = select(_ROW.id, _ROW.reply, _ROW.is_promised).where(*conditions, _ROW.reply.is_not(None))
    row = connection.execute(rows.order_by(_ROW.received_at).limit(1)).first()
    return row and Kept(id=row.id, reply=row.reply, is_promised=row.is_promised)
