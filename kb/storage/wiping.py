"""Leaves nothing of deleted rows in the database's files.

SQLite's secure_delete (kb.storage.database) overwrites a deleted row where it stands. That is not enough:
when pages are split, a copy of a row may stay in the unused part of a page, and secure_delete does not know
of it (2 of 3,000 rows deleted in a test). VACUUM writes all pages anew; the checkpoint then empties the WAL.

PostgreSQL: VACUUM FULL writes the tables anew. What stands in its own WAL, in archives of that, and in blocks
that the file system has freed is the server's matter.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Engine, Table
from sqlalchemy.exc import SQLAlchemyError

from kb.errors import StoreError
from kb.storage.failures import cause_of

_MARGIN = 64 * 1024 * 1024  # bytes that stay free on the disk


def wipe(engine: Engine, tables: Sequence[Table]) -> None:
    """Write the database anew, on PostgreSQL the `tables`, without the remains of deleted rows.

    Other writers wait meanwhile: about a second for 150 MB.

    Raises:
        StoreError: the disk has no room for the copy, or somebody reads or writes for too long; nothing is
            lost, and the next attempt does it.
    """
    name = engine.url.database
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            if engine.dialect.name == "postgresql":
                connection.exec_driver_sql("SET lock_timeout = '5s'")
                for table in tables:
                    connection.exec_driver_sql(f"VACUUM (FULL) {table.name}")
                return
            _require_room(Path(name or ""))
            connection.exec_driver_sql("VACUUM")
            busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
    except SQLAlchemyError as error:
        raise StoreError(f"数据库 {name} 里删去的内容还没有抹净：{cause_of(error)}；下次再抹") from error
    if busy:
        raise StoreError(f"数据库 {name} 正被读取，日志里删去的内容还没有抹净；下次再抹")


def _require_room(file: Path) -> None:
    """Raise StoreError unless the disk has room for a copy of `file` and for its WAL."""
    needed = 2 * file.stat().st_size + _MARGIN
    free = shutil.disk_usage(file.parent).free
    if free < needed:
        raise StoreError(
            f"数据库 {file} 里删去的内容还没有抹净：重写它要 {needed >> 20} MB，磁盘只剩 {free >> 20} MB；"
            "请腾出空间，下次再抹"
        )
