"""The SQL side: the engine, and transactions whose failures are one Chinese sentence."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from kb.errors import StoreError
from kb.tables import metadata

_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "busy_timeout=5000",
    "secure_delete=ON",
)


def open_database(path: Path) -> Engine:
    """Engine on the SQLite file at `path`, tables created when missing.

    WAL lets readers go on while a document is replaced; synchronous=FULL makes a commit survive a power cut,
    which "reported as done" promises; secure_delete overwrites what is deleted, which "wiped" promises.
    Errors do not repeat the values of a statement: they end up in logs.
    """
    engine = create_engine(f"sqlite:///{path}", hide_parameters=True)
    event.listen(engine, "connect", _configure)
    metadata.create_all(engine)
    return engine


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """A transaction, committed at the end of the block.

    Raises:
        StoreError: the database cannot be read or written (disk full, locked for more than 5 s).
    """
    try:
        with engine.begin() as connection:
            yield connection
    except SQLAlchemyError as error:
        raise StoreError(f"数据库 {engine.url.database} 读写失败：{error}") from error


def _configure(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
