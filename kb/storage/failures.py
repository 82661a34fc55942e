"""What a failing database means, in one sentence: it is full, damaged, or something else.

SQLite keeps no checksums. A damaged file is noticed by the structure of its pages (PRAGMA quick_check) and by
texts that are no UTF-8; together 4 s for each GB (docs/decisions, "Damage is noticed").
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from kb.errors import NoSpaceError, StoreError
from kb.space import MIB, free_bytes

_PRIMARY = 0xFF  # the part of an extended result code that says the kind (sqlite.org/rescode.html)
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_PG_DISK_FULL = "53100"  # SQLSTATE disk_full
_NO_TEXT = "Could not decode to UTF-8"


@contextmanager
def one_sentence(engine: Engine, what: str) -> Iterator[None]:
    """Turn the errors of a database in the block into a StoreError: "数据库 ... `what`失败：...".

    Raises:
        NoSpaceError: its disk is full.
        StoreError: it is damaged, or fails in another way.
    """
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise store_error(engine, what, error) from error


def store_error(engine: Engine, what: str, error: SQLAlchemyError | sqlite3.Error) -> StoreError:
    """The error to raise for `error`, which the database raised while `what` was done."""
    database, cause = engine.url.database, cause_of(error)
    if _is_full(engine, error):
        return NoSpaceError(f"数据库 {database} 写不进去：磁盘空间不足（{cause}）；请清理磁盘")
    if cause.startswith(_NO_TEXT):
        return damaged(engine, "有的文字不是 UTF-8")
    if _code(error) in _DAMAGED:
        return damaged(engine, cause)
    return StoreError(f"数据库 {database} {what}失败：{cause}")


def damaged(engine: Engine, cause: str) -> StoreError:
    """The error to raise for a damaged database, with what an operator should do."""
    return StoreError(
        f"数据库 {engine.url.database} 已损坏（{cause}）；请停止服务，把这个文件改名留存，"
        "再用最近的备份恢复：python -m kb restore 备份文件（步骤见 docs/runbooks/backup-and-restore.md）"
    )


def require_sound(engine: Engine) -> None:
    """Read a whole SQLite database; a server checks its own.

    Raises:
        StoreError: it is damaged.
    """
    if engine.dialect.name != "sqlite":
        return
    with one_sentence(engine, "检查"), engine.connect() as connection:
        found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
        if found != "ok":
            raise damaged(engine, str(found).splitlines()[-1])
        cursor = connection.connection.cursor()
        own = "type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL %'"  # what a virtual one holds is in others
        cursor.execute(f"SELECT name FROM sqlite_master WHERE {own}")
        for (name,) in cursor.fetchall():
            cursor.execute(f'SELECT * FROM "{name}"')
            while cursor.fetchmany():  # decodes every text
                pass


def cause_of(error: SQLAlchemyError | sqlite3.Error) -> str:
    """The driver's message, in one line.

    PostgreSQL's further lines, and SQLAlchemy's own, repeat the statement or the values of a row.
    """
    return str(getattr(error, "orig", None) or error).strip().splitlines()[0]


def _code(error: SQLAlchemyError | sqlite3.Error) -> int | None:
    """SQLite's primary result code; None for other databases and errors."""
    code: int | None = getattr(getattr(error, "orig", error), "sqlite_errorcode", None)
    return None if code is None else code & _PRIMARY


def _is_full(engine: Engine, error: SQLAlchemyError | sqlite3.Error) -> bool:
    code = _code(error)
    if code in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN):  # also when shared memory finds no room
        return free_bytes(Path(engine.url.database or "").absolute().parent) < MIB
    sqlstate = getattr(getattr(error, "orig", None), "sqlstate", None)
    return code == sqlite3.SQLITE_FULL or sqlstate == _PG_DISK_FULL
