"""台账: every question of a period and what came of it, as an Excel list for the superiors.

Questions are masked as in the journal; citizens' contacts and codes are not in it. A question left after an
answer shares the row of that answer; a question left without asking first has a row of its own.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from sqlalchemy import Connection, Engine, RowMapping, Select, func, select

from kb.answers import AnswerKind, Ending
from kb.clock import CHINA_TIME
from kb.reports.periods import check_period, moments
from kb.reports.tallies import departments_in, is_alone, listed_in
from kb.staff.audit import Audit
from kb.staff.permissions import Action, Staff, concerns, require
from kb.storage.database import snapshot, transaction
from kb.storage.sheets.writing import sheet_pieces
from kb.storage.tables import asked, documents, feedback, questions

# Column -> its width in characters.
COLUMNS: Mapping[str, int] = {
    "时间": 20,
    "问题（已脱敏）": 40,
    "答复方式": 12,
    "答复内容": 60,
    "依据文件": 40,
    "部门": 20,
    "是否有用": 10,
    "原因": 20,
    "转办/留言状态": 14,
    "答复时间": 20,
    "时长": 12,
}
KIND_LABELS: Mapping[AnswerKind, str] = {
    AnswerKind.FAQ: "常见问答",
    AnswerKind.EXTRACT: "引用原文",
    AnswerKind.GENERATED: "模型生成",
    AnswerKind.REFUSED: "没答上来",
    AnswerKind.COURTESY: "招呼应答",
}
_CLOSED, _BY_PERSON = "停答公告", "人工答复"
_AT_ONCE = 1_000  # rows read at a time
_PIECE_BYTES = 262_144
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


class Ledger:
    """Writes the ledger from SQL. All methods raise StoreError when the database fails."""

    def __init__(self, engine: Engine, audit: Audit, folder: Path) -> None:
        """`folder` holds a ledger while it is sent."""
        self._engine = engine
        self._audit = audit
        self._folder = folder

    def export(
        self, staff: Staff, since: date, until: date, now: datetime, department: str | None = None
    ) -> Iterator[bytes]:
        """The period from `since` to `until`, both days included, as the pieces of an .xlsx file.

        Limited to `department` when it is given. It is written to a file of no name first, a thousand rows in
        memory at a time, so that no slow reader holds the database's snapshot; others may write meanwhile.

        Raises:
            NotAllowedError: `staff` may not take the ledger out, or not that of the department.
            InputError: the period ends before it begins, or is too long.
            OSError: the disk is full.
        """
        require(staff, Action.LEDGER, department)
        check_period(since, until)

        def is_for(departments: Sequence[str]) -> bool:
            is_chosen = department is None or department in departments
            return is_chosen and concerns(staff, departments, Action.LEDGER)

        with transaction(self._engine) as connection:
            rows = sum(times for places, times in _counted(connection, since, until) if is_for(places))
            departments = (department,) if department else staff.bound_to
            after = {"since": since, "until": until, "rows": rows, "departments": departments}
            self._audit.write(connection, staff.name, "导出台账", f"{since} 至 {until}", None, after, now)
        file = TemporaryFile(dir=self._folder)  # noqa: SIM115 (`_sent` closes it)
        with snapshot(self._engine) as connection:
            titles = _titles(connection)
            period_rows = _rows(connection, since, until)
            lines = (_cells(row, titles) for row in period_rows if is_for(_places(row)))
            file.writelines(sheet_pieces("台账", list(COLUMNS), list(COLUMNS.values()), lines))
        file.seek(0)
        return _sent(file)


def _sent(file: IO[bytes]) -> Iterator[bytes]:
    """What `file` holds, in pieces; it goes with the last one."""
    with file:
        yield from iter(partial(file.read, _PIECE_BYTES), b"")


def file_name(since: date, until: date) -> str:
    """The file name of the ledger of a period."""
    return f"政策问答台账_{since:%Y%m%d}-{until:%Y%m%d}.xlsx"


def _places(row: RowMapping) -> Sequence[str]:
    """The departments of a row of the ledger."""
    places: Sequence[str] = row["departments"] or row["left_departments"] or ()
    return places


def _counted(connection: Connection, since: date, until: date) -> Iterator[tuple[Sequence[str], int]]:
    """How many rows a period has, by the departments of a row."""
    begin, end = moments(since, until)
    ask, left = asked.c, questions.c
    listed, left_listed = listed_in(ask.departments), listed_in(left.departments)
    recorded = (
        select(listed, left_listed, func.count())
        .select_from(asked.outerjoin(questions, left.answer_id == ask.id))
        .where(ask.asked_at >= begin, ask.asked_at < end)
        .group_by(listed, left_listed)
    )
    for own, others, times in connection.execute(recorded):
        yield departments_in(own) or departments_in(others or "[]"), times
    alone = select(left_listed, func.count()).where(left.asked_at >= begin, left.asked_at < end)
    alone = alone.where(is_alone()).group_by(left_listed)
    for own, times in connection.execute(alone):
        yield departments_in(own), times


def _rows(connection: Connection, since: date, until: date) -> Iterator[RowMapping]:
    """The rows of a period: what was asked, oldest first, then what was left without asking."""
    begin, end = moments(since, until)
    ask, left = asked.c, questions.c
    columns = [
        left.replied_at,
        left.reply,
        left.reply_department,
        left.reply_name,
        left.departments.label("left_departments"),
        left.asked_at.label("left_at"),
    ]
    recorded = (
        select(ask.asked_at, ask.question, ask.kind, ask.ending, ask.text, ask.documents, ask.departments)
        .add_columns(ask.took_ms, feedback.c.helpful, feedback.c.reason, feedback.c.comment, *columns)
        .outerjoin(feedback, feedback.c.answer_id == ask.id)
        .outerjoin(questions, left.answer_id == ask.id)
        .where(ask.asked_at >= begin, ask.asked_at < end)
        .order_by(ask.asked_at, ask.id)
    )
    alone = (
        select(left.asked_at, left.text.label("question"), left.departments, *columns)
        .where(left.asked_at >= begin, left.asked_at < end)
        .where(is_alone())
        .order_by(left.asked_at, left.code)
    )
    yield from _stream(connection, recorded)
    yield from _stream(connection, alone)


def _stream(connection: Connection, rows: Select[Any]) -> Iterator[RowMapping]:
    yield from connection.execute(rows, execution_options={"yield_per": _AT_ONCE}).mappings()


def _titles(connection: Connection) -> dict[str, str]:
    """Document id -> title and number, as a reader quotes them."""
    table = documents.c
    rows = connection.execute(select(table.id, table.title, table.number))
    return {row.id: f"《{row.title}》" + (f"（{row.number}）" if row.number else "") for row in rows}


def _cells(row: RowMapping, titles: Mapping[str, str]) -> list[str]:
    """One row of the list, in the order of COLUMNS."""
    at, replied = row["asked_at"], row["replied_at"]
    recorded = "kind" in row
    return [
        _clock(at),
        row["question"],
        _way(row, recorded),
        "\n".join(_said(row, recorded)),
        "\n".join(titles.get(name, name) for name in row["documents"]) if recorded else "",
        "、".join(row["departments"] or row["left_departments"] or ()),
        {True: "有用", False: "没帮助", None: ""}[row["helpful"] if recorded else None],
        "；".join(filter(None, (row["reason"], row["comment"]))) if recorded else "",
        "" if row["left_at"] is None else "已答复" if replied else "等待答复",
        _clock(replied or at) if recorded or replied else "",
        _span(replied - row["left_at"]) if replied else _seconds(row["took_ms"]) if recorded else "",
    ]


def _way(row: RowMapping, recorded: bool) -> str:
    """Who answered: the machine in one of its ways, or a person."""
    if row["replied_at"] is not None:
        return _BY_PERSON
    if not recorded:
        return ""
    return _CLOSED if row["ending"] == Ending.CLOSED.value else KIND_LABELS[AnswerKind(row["kind"])]


def _said(row: RowMapping, recorded: bool) -> Iterator[str]:
    """What the citizen was told, by the machine and by a person."""
    if recorded:
        yield row["text"]
    if row["replied_at"] is not None:
        signed = " ".join(filter(None, (row["reply_department"], row["reply_name"])))
        yield f"【{_BY_PERSON}{'：' if signed else ''}{signed}】{row['reply']}"


def _clock(moment: datetime) -> str:
    """2024-05-10 09:30:00 in China."""
    return f"{moment.astimezone(CHINA_TIME):%Y-%m-%d %H:%M:%S}"


def _seconds(took_ms: float | None) -> str:
    return "" if took_ms is None else f"{took_ms / 1000:.2f} 秒"


def _span(waited: timedelta) -> str:
    """How long a person's reply took.

    >>> _span(timedelta(days=2, hours=3)), _span(timedelta(minutes=90))
    ('2 天 3 小时', '1.5 小时')
    """
    if waited < _DAY:
        return f"{waited / _HOUR:.1f} 小时"
    return f"{waited.days} 天 {waited % _DAY // _HOUR} 小时"
