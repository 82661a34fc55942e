"""The journal of citizens' questions, the answers to them and the feedback, from which answers are improved.

Nothing here names a person: questions and comments are masked (kb.language.masking) before they are stored, a
conversation is known only by a digest, no address is stored. A question is never shown to other citizens.

How many different people asked a question is counted by `asker`, a digest of network address and question
under a key that exists in the program's memory only, or where several processes count together in a table
that no backup holds (kb.storage.sharing). One person's different questions have different digests and cannot
be brought together; without the key nobody can find an address by trying all. Who asks before and after a new
key counts twice; an office or a household behind one address counts once.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Column, Engine, Select, delete, func, insert, select

from kb.answers import Answer
from kb.citizens.days import close_days, touch_day
from kb.controls import wording
from kb.errors import NotFoundError
from kb.language.masking import mask
from kb.language.normalise import question_key
from kb.storage import tables
from kb.storage.database import portions, transaction, upsert

SEVERAL = 3  # people from whom on others see that a question is asked: two may be one at home and on the way
_ID_BYTES, _KEY_BYTES = 12, 32
_RECENT = 1_000


class FeedbackReason(StrEnum):
    """Why an answer did not help."""

    NOT_ANSWERED = "没有回答我的问题"
    WRONG = "内容不准确"
    OUTDATED = "内容过时"
    UNCLEAR = "看不懂"
    OTHER = "其他"


class Journal:
    """Keeps answers and the feedback on them in SQL. All methods raise StoreError when the database fails.

    `secret` is the key of `asker`, made anew when there is none.
    """

    def __init__(self, engine: Engine, secret: bytes | None = None) -> None:
        self._engine = engine
        self._secret = secret or secrets.token_bytes(_KEY_BYTES)

    def record(
        self,
        answer: Answer,
        session: str | None,
        now: datetime,
        answer_id: str | None = None,
        address: str = "",
    ) -> str:
        """Store `answer` and return its id: `answer_id`, or a new one when that is None.

        `address` is the network address that the question came from; empty when there is none.
        """
        answer_id = answer_id or new_answer_id()
        question = mask(answer.question)
        key = question_key(question)
        row = {
            "id": answer_id,
            "asked_at": now,
            "session": session and hashlib.sha256(session.encode()).hexdigest(),
            "question": question,
            "key": key,
            "asker": self._asker(address, answer.faq_id or key),
            "rewritten": mask(answer.rewritten),
            "kind": answer.kind.value,
            "ending": answer.ending.value,
            "confidence": answer.confidence,
            "text": answer.text,
            "documents": list(dict.fromkeys(citation.document_id for citation in answer.citations)),
            "departments": list(answer.departments),
            "faq_id": answer.faq_id,
            "took_ms": answer.timings_ms.get("total"),
            "asked_back": answer.clarifying is not None,
        }
        with transaction(self._engine) as connection:
            connection.execute(insert(tables.asked).values(row))
        return answer_id

    def recent(self, limit: int = _RECENT) -> tuple[str, ...]:
        """The last `limit` questions, masked, latest first; for staff only."""
        table = tables.asked
        with transaction(self._engine) as connection:
            rows = connection.scalars(select(table.c.question).order_by(table.c.asked_at.desc()).limit(limit))
            return tuple(dict.fromkeys(rows))

    def feedback(
        self, answer_id: str, helpful: bool, reason: FeedbackReason | None, comment: str | None, now: datetime
    ) -> None:
        """Store a citizen's feedback on an answer, in place of earlier feedback.

        Raises:
            NotFoundError: there is no such answer, or it was purged.
        """
        row = {
            "answer_id": answer_id,
            "helpful": helpful,
            "reason": reason and reason.value,
            "comment": comment and mask(comment),
            "given_at": now,
        }
        with transaction(self._engine) as connection:
            table = tables.asked.c
            asked_at = connection.scalar(select(table.asked_at).where(table.id == answer_id))
            if asked_at is None:
                raise NotFoundError(f"没有编号为 {answer_id!r} 的回答", wording.ANSWER_UNKNOWN)
            upsert(connection, tables.feedback, [row])
            touch_day(connection, asked_at)

    def departments_of(self, answer_id: str) -> tuple[str, ...] | None:
        """The departments that a recorded answer concerns; None when there is no such answer."""
        table = tables.asked.c
        with transaction(self._engine) as connection:
            units = connection.scalar(select(table.departments).where(table.id == answer_id))
        return None if units is None else tuple(units)

    def people_asked(self, keys: Iterable[str], since: datetime) -> dict[str, int]:
        """Key (kb.language.normalise.question_key) -> how many people asked its question since `since`.

        Keys that fewer than SEVERAL people asked are left out. Questions that an approved entry answered are
        not counted (see `people_answered`).
        """
        table = tables.asked.c
        counts = _people_by(table.key, since).where(table.faq_id.is_(None))
        people: dict[str, int] = {}
        with transaction(self._engine) as connection:
            for portion in portions(keys):
                rows = connection.execute(counts.where(table.key.in_(portion)))
                people |= {key: count for key, count in rows}
        return people

    def people_answered(self, since: datetime) -> dict[str, int]:
        """Entry id -> how many people (SEVERAL or more) that approved entry answered since `since`."""
        table = tables.asked.c
        with transaction(self._engine) as connection:
            rows = connection.execute(_people_by(table.faq_id, since).where(table.faq_id.is_not(None)))
            return {entry_id: count for entry_id, count in rows}

    def purge(self, before: datetime) -> int:
        """Delete the answers given before `before`, with their feedback; return how many answers."""
        with transaction(self._engine) as connection:
            close_days(connection, before)
            return connection.execute(delete(tables.asked).where(tables.asked.c.asked_at < before)).rowcount

    def _asker(self, address: str, asked: str) -> str | None:
        """What tells the people apart who asked `asked`; None without an address."""
        content = f"{address}\0{asked}".encode()
        return hmac.new(self._secret, content, hashlib.sha256).hexdigest() if address else None


def _people_by(column: Column[Any], since: datetime) -> Select[Any]:
    """Values of `column` that several people asked about since `since`, each with their number."""
    table = tables.asked.c
    people = func.count(table.asker.distinct())
    return select(column, people).where(table.asked_at >= since).group_by(column).having(people >= SEVERAL)


def new_answer_id() -> str:
    """A random id that nobody can guess."""
    return secrets.token_urlsafe(_ID_BYTES)
