"""Questions that citizens leave for a person to answer.

A citizen comes back with the question's code, the only key to it; the text is masked (kb.language.masking).
The contact is stored as typed, because the department needs it to reply: only staff get it (`waiting`,
`all`), and it is deleted with the question. To a reply the citizen may answer once, and say whether it helped
(kb.citizens.returns).
"""

import re
import secrets
import unicodedata
from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Engine, RowMapping, Select, delete, insert, select, update

from kb.citizens.days import touch_day
from kb.citizens.returns import put_further, put_judgement
from kb.citizens.working_days import working_days_after
from kb.clock import china_day
from kb.controls import wording
from kb.errors import NotFoundError, QuestionError
from kb.language.masking import mask
from kb.models import Model
from kb.storage import tables
from kb.storage.database import transaction
from kb.storage.queue_tables import left_returns

_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # without 0 O, 1 I L, U V: 30 ** 8 codes
_CODE_LENGTH = 8
_RETURNED = tuple(column.name for column in left_returns.columns if column.name != "code")
_NOT_CODE = re.compile(r"[\W_]+")


class QuestionState(StrEnum):
    """Whether a question has a reply."""

    WAITING = "waiting"
    ANSWERED = "answered"


class Reply(Model):
    """What a department replied, and when."""

    text: str
    department: str | None
    name: str | None
    date: date


class LeftQuestion(Model):
    """A question as anyone who knows its code may see it; `due`: the day by which a reply is promised.

    `further` is what the citizen asked after the reply `earlier`; `reply` is then the reply to that.
    `satisfied`: what the citizen thinks of the replies.
    """

    code: str
    text: str
    asked: date
    due: date | None
    departments: tuple[str, ...]
    earlier: Reply | None = None
    further: str | None = None
    reply: Reply | None = None
    satisfied: bool | None = None

    @property
    def state(self) -> QuestionState:
        """ANSWERED when there is a reply, else WAITING."""
        return QuestionState.WAITING if self.reply is None else QuestionState.ANSWERED


class StaffQuestion(Model):
    """A question as the staff who reply see it, with the citizen's contact."""

    question: LeftQuestion
    contact: str | None
    answer_id: str | None


class Questions:
    """Keeps the questions in SQL. All methods raise StoreError when the database fails.

    `reply_days`: working days within which a reply is promised, 0 for no promise.
    """

    def __init__(self, engine: Engine, reply_days: int) -> None:
        self._engine = engine
        self._reply_days = reply_days

    def leave(
        self,
        text: str,
        contact: str | None,
        answer_id: str | None,
        departments: Sequence[str],
        now: datetime,
    ) -> LeftQuestion:
        """Store a question for `departments` and return it with its code.

        Raises:
            QuestionError: the text is empty.
        """
        if not text.strip():
            raise QuestionError("留言是空的", wording.LEFT_EMPTY)
        asked_day = china_day(now)
        code = "".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LENGTH))
        row = {
            "code": code,
            "text": mask(text.strip()),
            "contact": (contact or "").strip() or None,
            "answer_id": answer_id,
            "departments": list(departments),
            "asked_at": now,
            "due": working_days_after(asked_day, self._reply_days) if self._reply_days else None,
            "changed_at": now,
        }
        with transaction(self._engine) as connection:
            connection.execute(insert(tables.questions).values(row))
            answered = select(tables.asked.c.asked_at).where(tables.asked.c.id == answer_id)
            if (answered_at := connection.scalar(answered)) is not None:
                touch_day(connection, answered_at)
        return self.find(code)

    def find(self, code: str) -> LeftQuestion:
        """The question left under `code`, however the code was typed.

        Raises:
            NotFoundError: no question has this code, or it was purged.
        """
        questions = self._read(_rows().where(tables.questions.c.code == plain_code(code)))
        if not questions:
            raise NotFoundError(f"没有查询码为 {code} 的留言", wording.LEFT_UNKNOWN)
        return questions[0].question

    def waiting(self) -> list[StaffQuestion]:
        """The questions without a reply, oldest first; for staff."""
        return self._read(_rows().where(tables.questions.c.replied_at.is_(None)))

    def all(self) -> list[StaffQuestion]:
        """Every question, oldest first; for staff."""
        return self._read(_rows())

    def reply(
        self, code: str, text: str, department: str | None, name: str | None, now: datetime
    ) -> LeftQuestion:
        """Reply to the question left under `code`, in place of an earlier reply; return it with the reply.

        Raises:
            NotFoundError: no question has this code, or it was purged.
            QuestionError: the reply is empty.
        """
        with transaction(self._engine) as connection:
            put_reply(connection, [plain_code(code)], text, department, name, now)
        return self.find(code)

    def ask_further(self, code: str, text: str, now: datetime) -> LeftQuestion:
        """Answer once to the reply: the question waits again, with its reply kept; return it.

        Raises:
            NotFoundError: no question has this code, or it was purged.
            QuestionError: the text is empty, there is no reply yet, or something was asked further before.
        """
        if not text.strip():
            raise QuestionError("追问是空的", wording.LEFT_EMPTY)
        days = self._reply_days
        due = working_days_after(china_day(now), days) if days else None
        with transaction(self._engine) as connection:
            put_further(connection, plain_code(code), mask(text.strip()), due, now)
        return self.find(code)

    def judge(self, code: str, satisfied: bool, now: datetime) -> LeftQuestion:
        """Say whether the reply helped, in place of an earlier judgement; return the question.

        Raises:
            NotFoundError: no question has this code, or it was purged.
            QuestionError: there is no reply yet.
        """
        with transaction(self._engine) as connection:
            put_judgement(connection, plain_code(code), satisfied, now)
        return self.find(code)

    def purge(self, before: datetime) -> int:
        """Delete the questions neither asked nor replied to since `before`; return how many."""
        table = tables.questions
        with transaction(self._engine) as connection:
            return connection.execute(delete(table).where(table.c.changed_at < before)).rowcount

    def _read(self, rows: Select[Any]) -> list[StaffQuestion]:
        with transaction(self._engine) as connection:
            ordered = rows.order_by(tables.questions.c.asked_at, tables.questions.c.code)
            return [_staff_question(row) for row in connection.execute(ordered).mappings()]


def put_reply(
    connection: Connection,
    codes: Sequence[str],
    text: str,
    department: str | None,
    name: str | None,
    now: datetime,
) -> None:
    """Reply to the questions left under `codes` (see `plain_code`), in place of earlier replies.

    Raises:
        QuestionError: the reply is empty.
    """
    if not text.strip():
        raise QuestionError("答复是空的，没有保存", "答复是空的，没有保存。")
    table = tables.questions
    reply = {"reply": text.strip(), "reply_department": department, "reply_name": name}
    connection.execute(
        update(table).where(table.c.code.in_(codes)).values(**reply, replied_at=now, changed_at=now)
    )


def plain_code(code: str) -> str:
    """The form in which `code` is stored, however it was typed.

    >>> plain_code(" ｋ7m3－9qxf ")
    'K7M39QXF'
    """
    return _NOT_CODE.sub("", unicodedata.normalize("NFKC", code)).upper()


def printed_code(code: str) -> str:
    """A stored code as people read it out: K7M3-9QXF."""
    half = _CODE_LENGTH // 2
    return f"{code[:half]}-{code[half:]}"


def _rows() -> Select[Any]:
    """The questions with what their citizens answered to the replies."""
    table, further = tables.questions, left_returns.c
    columns = (further[name].label(f"further_{name}") for name in _RETURNED)
    return select(table, *columns).outerjoin(left_returns, further.code == table.c.code)


def _reply(row: RowMapping, prefix: str = "") -> Reply | None:
    if row[f"{prefix}replied_at"] is None:
        return None
    return Reply(
        text=row[f"{prefix}reply"],
        department=row[f"{prefix}reply_department"],
        name=row[f"{prefix}reply_name"],
        date=china_day(row[f"{prefix}replied_at"]),
    )


def _staff_question(row: RowMapping) -> StaffQuestion:
    question = LeftQuestion(
        code=printed_code(row["code"]),
        text=row["text"],
        asked=china_day(row["asked_at"]),
        due=row["due"],
        departments=tuple(row["departments"]),
        earlier=_reply(row, "further_"),
        further=row["further_text"],
        reply=_reply(row),
        satisfied=row["further_is_satisfied"],
    )
    return StaffQuestion(question=question, contact=row["contact"], answer_id=row["answer_id"])
