"""The journal of citizens' questions, the answers to them and the feedback, from which answers are improved.

Nothing here names a person: questions and comments are masked (kb.language.masking) before they are stored, a
conversation is known only by a digest, no address is stored. A question is never shown to other citizens.
"""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Engine, delete, func, insert, select

from kb.answers import Answer
from kb.controls import wording
from kb.errors import NotFoundError
from kb.language.masking import mask
from kb.language.normalise import question_key
from kb.storage import tables
from kb.storage.database import portions, transaction, upsert

_ID_BYTES = 12


class FeedbackReason(StrEnum):
    """Why an answer did not help."""

    NOT_ANSWERED = "没有回答我的问题"
    WRONG = "内容不准确"
    OUTDATED = "内容过时"
    UNCLEAR = "看不懂"
    OTHER = "其他"


class Journal:
    """Keeps answers and the feedback on them in SQL. All methods raise StoreError when the database fails."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def record(self, answer: Answer, session: str | None, now: datetime, answer_id: str | None = None) -> str:
        """Store `answer` and return its id: `answer_id`, or a new one when that is None."""
        answer_id = answer_id or new_answer_id()
        question = mask(answer.question)
        row = {
            "id": answer_id,
            "asked_at": now,
            "session": session and hashlib.sha256(session.encode()).hexdigest(),
            "question": question,
            "key": question_key(question),
            "rewritten": mask(answer.rewritten),
            "kind": answer.kind.value,
            "ending": answer.ending.value,
            "confidence": answer.confidence,
            "text": answer.text,
            "documents": list(dict.fromkeys(citation.document_id for citation in answer.citations)),
            "departments": list(answer.departments),
            "faq_id": answer.faq_id,
            "took_ms": answer.timings_ms.get("total"),
        }
        with transaction(self._engine) as connection:
            connection.execute(insert(tables.asked).values(row))
        return answer_id

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
            id_column = tables.asked.c.id
            if connection.scalar(select(id_column).where(id_column == answer_id)) is None:
                raise NotFoundError(f"没有编号为 {answer_id!r} 的回答", wording.ANSWER_UNKNOWN)
            upsert(connection, tables.feedback, [row])

    def departments_of(self, answer_id: str) -> tuple[str, ...] | None:
        """The departments that a recorded answer concerns; None when there is no such answer."""
        table = tables.asked.c
        with transaction(self._engine) as connection:
            units = connection.scalar(select(table.departments).where(table.id == answer_id))
        return None if units is None else tuple(units)

    def times_asked(self, keys: Iterable[str], since: datetime) -> dict[str, int]:
        """Key (kb.language.normalise.question_key) -> how often its question was asked since `since`.

        Questions that an approved entry answered are not counted (see `times_answered`).
        """
        table = tables.asked.c
        counts = (
            select(table.key, func.count().label("times"))
            .where(table.asked_at >= since, table.faq_id.is_(None))
            .group_by(table.key)
        )
        times: dict[str, int] = {}
        with transaction(self._engine) as connection:
            for portion in portions(keys):
                rows = counts.where(table.key.in_(portion))
                times |= {row.key: row.times for row in connection.execute(rows)}
        return times

    def times_answered(self, since: datetime) -> dict[str, int]:
        """Entry id -> how often that approved entry answered since `since`."""
        table = tables.asked.c
        rows = (
            select(table.faq_id, func.count().label("times"))
            .where(table.faq_id.is_not(None), table.asked_at >= since)
            .group_by(table.faq_id)
        )
        with transaction(self._engine) as connection:
            return {row.faq_id: row.times for row in connection.execute(rows)}

    def purge(self, before: datetime) -> int:
        """Delete the answers given before `before`, with their feedback; return how many answers."""
        with transaction(self._engine) as connection:
            return connection.execute(delete(tables.asked).where(tables.asked.c.asked_at < before)).rowcount


def new_answer_id() -> str:
    """A random id that nobody can guess."""
    return secrets.token_urlsafe(_ID_BYTES)
