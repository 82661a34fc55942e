"""What a citizen answers to the reply on a question left: one further question, and whether it helped."""

from datetime import date, datetime

from sqlalchemy import Connection, RowMapping, select, update

from kb.controls import wording
from kb.errors import NotFoundError, QuestionError
from kb.storage.database import upsert
from kb.storage.queue_tables import left_returns
from kb.storage.tables import questions

_REPLY = ("reply", "reply_department", "reply_name", "replied_at")


def put_further(connection: Connection, code: str, text: str, due: date | None, now: datetime) -> None:
    """Let the question under the stored form of its code wait again, for a reply to `text` by `due`.

    Raises:
        NotFoundError: no question has this code.
        QuestionError: there is no reply yet, or something was asked further before.
    """
    row = _answered(connection, code, now)
    before = connection.execute(select(left_returns).where(left_returns.c.code == code)).mappings().first()
    if before is not None and before["text"] is not None:
        raise QuestionError("已经追问过一次", wording.LEFT_ASKED_AGAIN)
    kept = {name: row[name] for name in _REPLY}
    _put(connection, code, before, {"text": text, "asked_at": now, **kept})
    nothing = dict.fromkeys(_REPLY)
    connection.execute(update(questions).where(questions.c.code == code).values(**nothing, due=due))


def put_judgement(connection: Connection, code: str, satisfied: bool, now: datetime) -> None:
    """Store whether the citizen is satisfied with the reply.

    Raises:
        NotFoundError: no question has this code.
        QuestionError: there is no reply yet.
    """
    _answered(connection, code, now)
    before = connection.execute(select(left_returns).where(left_returns.c.code == code)).mappings().first()
    _put(connection, code, before, {"is_satisfied": satisfied, "judged_at": now})


def _put(connection: Connection, code: str, before: RowMapping | None, values: dict[str, object]) -> None:
    nothing = {column.name: None for column in left_returns.columns}
    upsert(connection, left_returns, [{**nothing, **dict(before or {}), "code": code, **values}])


def _answered(connection: Connection, code: str, now: datetime) -> RowMapping:
    """The question, locked until the end of the transaction; it has a reply."""
    mine = questions.c.code == code
    connection.execute(update(questions).where(mine).values(changed_at=now))
    row = connection.execute(select(questions).where(mine)).mappings().first()
    if row is None:
        raise NotFoundError("没有这个查询码的留言", wording.LEFT_UNKNOWN)
    if row["replied_at"] is None:
        raise QuestionError("还没有答复", wording.LEFT_NOT_ANSWERED)
    return row
