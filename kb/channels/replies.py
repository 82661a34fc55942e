"""Replies to questions left in a conversation of 微信: whose reply is to be told, and which was.

To send by itself an account needs the sender's own id. It is kept sealed (kb.staff.codes) with the question
alone, and goes with it, when the sender leaves, and when the platform takes nothing more for them; from then
on the reply is given with the sender's next message.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Select, delete, exists, or_, select, update

from kb.models import Model
from kb.staff.codes import Seal
from kb.storage.database import insert_over, transaction
from kb.storage.queue_tables import channel_left, channel_messages
from kb.storage.tables import questions

_ROW = channel_left.c


class Untold(Model):
    """A reply that its citizen was not told: the question's stored code, and when it was given."""

    code: str
    replied_at: datetime


class Due(Untold):
    """A reply to be sent now, and to whom."""

    sender: str


class Replies:
    """Keeps in SQL who left what. All methods raise StoreError when the database fails."""

    def __init__(self, engine: Engine, seal: Seal) -> None:
        self._engine = engine
        self._seal = seal

    def remember(self, code: str, message_id: str, conversation: str, sender: str | None) -> None:
        """Note that the question with the stored `code` was left in a conversation, with this message.

        Nothing is noted when the message is gone: its sender has left while it was worked on (`forget`).
        `sender`: their own id, None where the account does not send by itself.
        """
        row = {
            "code": code,
            "conversation": conversation,
            "sealed": self._seal.close(code, sender) if sender else None,
        }
        message = select(channel_messages.c.id).where(channel_messages.c.id == message_id)
        with transaction(self._engine) as connection:
            if connection.scalar(message.with_for_update()) is None:  # who deletes it waits for this row
                return
            statement = insert_over(connection, channel_left).on_conflict_do_nothing(index_elements=["code"])
            connection.execute(statement.values(row))

    def due(self, now: datetime) -> list[Due]:
        """The replies to be sent at `now`, the earliest first."""
        may_try = or_(_ROW.not_before.is_(None), _ROW.not_before <= now)
        rows = _untold(_ROW.sealed.is_not(None), may_try).add_columns(_ROW.sealed)
        with transaction(self._engine) as connection:
            found = connection.execute(rows).all()
        opened = [(row, self._seal.open(row.code, row.sealed)) for row in found]
        return [
            Due(code=row.code, replied_at=row.replied_at, sender=sender) for row, sender in opened if sender
        ]

    def take(self, conversation: str) -> str | None:
        """The code of a reply in a conversation that nobody was told; it counts as told now."""
        with transaction(self._engine) as connection:
            row = connection.execute(_untold(_ROW.conversation == conversation).limit(1)).first()
            return row.code if row is not None and _tell(connection, row.code, row.replied_at) else None

    def told(self, code: str, replied_at: datetime) -> bool:
        """Note that the reply given at `replied_at` is told now; of several callers one gets True.

        False when that was noted before, and when the reply is another one by now.
        """
        with transaction(self._engine) as connection:
            return _tell(connection, code, replied_at)

    def untold(self, code: str, replied_at: datetime) -> None:
        """Note that the reply given at `replied_at` was not told after all."""
        mine = (_ROW.code == code, _ROW.told_at == replied_at)
        with transaction(self._engine) as connection:
            connection.execute(update(channel_left).where(*mine).values(told_at=None))

    def seen(self, code: str) -> None:
        """Note that the citizen looked at the reply as it is now."""
        with transaction(self._engine) as connection:
            row = connection.execute(_untold(_ROW.code == code)).first()
            if row is not None:
                _tell(connection, row.code, row.replied_at)

    def later(self, code: str, until: datetime) -> None:
        """Do not try to send the reply before `until`."""
        self._set(code, {"not_before": until})

    def unreachable(self, code: str) -> None:
        """Forget who left the question: the platform takes nothing for them."""
        self._set(code, {"sealed": None})

    def forget(self, conversation: str) -> None:
        """Delete who left what in a conversation: its sender has left. The questions stay."""
        with transaction(self._engine) as connection:
            connection.execute(delete(channel_left).where(_ROW.conversation == conversation))

    def _set(self, code: str, values: dict[str, object]) -> None:
        with transaction(self._engine) as connection:
            connection.execute(update(channel_left).where(_ROW.code == code).values(values))


def _untold(*conditions: ColumnElement[bool]) -> Select[Any]:
    """The rows whose question has a reply that was not told."""
    is_new = or_(_ROW.told_at.is_(None), _ROW.told_at < questions.c.replied_at)
    return (
        select(_ROW.code, questions.c.replied_at)
        .join(questions, questions.c.code == _ROW.code)
        .where(questions.c.replied_at.is_not(None), is_new, *conditions)
        .order_by(questions.c.replied_at, _ROW.code)
    )


def _tell(connection: Connection, code: str, replied_at: datetime) -> bool:
    is_new = or_(_ROW.told_at.is_(None), _ROW.told_at < replied_at)
    stands = exists().where(questions.c.code == code, questions.c.replied_at == replied_at)
    changed = update(channel_left).where(_ROW.code == code, is_new, stands)
    return connection.execute(changed.values(told_at=replied_at, not_before=None)).rowcount == 1
