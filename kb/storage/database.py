"""The SQL database: its engine (SQLite or PostgreSQL), migrations, and transactions with one-sentence errors.

Without KB_DATABASE_URL the database is a SQLite file in KB_HOME. The migrations in kb/storage/migrations make
and change the tables of both.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import islice
from pathlib import Path
from typing import TypeVar

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from kb.errors import SettingsError, StoreError
from kb.storage.failures import cause_of, one_sentence, require_sound, store_error
from kb.storage.odd_values import refuse_odd_values

T = TypeVar("T")

MIGRATIONS = Path(__file__).parent / "migrations"
_POSTGRESQL = "postgresql+psycopg"
_INSTALL = "请执行 pip install 'policy-qa-kb[postgresql]'"
_ADDRESS = "应如 postgresql://用户:口令@主机/库名"
_PATIENCE = {  # of a connection: a server that has vanished is noticed within the minute, not after 15
    "connect_timeout": 10,
    "keepalives_idle": 20,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 35_000,  # milliseconds
}
_CONNECTIONS = 40  # at most: as many as FastAPI has threads
_MIGRATING = 7860  # key of PostgreSQL's advisory lock: one program migrates, the others wait
_PORTION = 500  # SQLite takes at most 32,766 variables; smaller statements are parsed faster
_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "busy_timeout=5000",
    "secure_delete=ON",
)


def open_database(
    file: Path,
    url: str | None = None,
    alone: Callable[[], AbstractContextManager[object]] = nullcontext,
    *,
    checked: bool = False,
) -> Engine:
    """Engine on the database at `url`, else on the SQLite `file`; its tables brought up to date.

    `alone` is a context manager that gets exclusive use of the database; entered only while migrations run.
    `checked`: read the whole file first, to notice damage.

    SQLite: WAL lets readers go on while a document is replaced; synchronous=FULL makes a commit survive a
    power cut, which "reported as done" promises; secure_delete overwrites deleted rows, which "wiped"
    promises. Errors leave out the values of a statement, because errors end up in logs.

    Raises:
        SettingsError: `url` is not the address of a PostgreSQL database, or no server answers there.
        StoreError: the database is damaged, or the tables cannot be brought up to date.
    """
    engine = make_engine(file, url)
    try:
        if checked:
            require_sound(engine)
        upgrade(engine, alone)
    except BaseException:
        engine.dispose()
        raise
    return engine


def make_engine(file: Path, url: str | None = None) -> Engine:
    """Engine on the database at `url`, else on the SQLite `file`; the tables are left as they are.

    Raises:
        SettingsError: `url` is not the address of a PostgreSQL database, or no server answers there.
    """
    if url is None:
        engine = create_engine(f"sqlite:///{file}", hide_parameters=True)
        refuse_odd_values(engine)
        event.listen(engine, "connect", _configure)
        return engine
    address = postgresql_url(url)
    try:
        engine = create_engine(
            address,
            hide_parameters=True,
            pool_pre_ping=True,  # the server may have been restarted since
            max_overflow=_CONNECTIONS - 5,  # beyond the five that stay open
            connect_args=patience_of(address),
        )
        event.listen(engine, "before_cursor_execute", _without_nul, retval=True)
        refuse_odd_values(engine)
        engine.connect().close()
    except ModuleNotFoundError as error:
        raise SettingsError(f"KB_DATABASE_URL 需要 psycopg（{error}）：{_INSTALL}") from error
    except SQLAlchemyError as error:
        raise SettingsError(f"连不上 KB_DATABASE_URL 指定的数据库 {address}：{cause_of(error)}") from error
    return engine


def patience_of(address: URL) -> dict[str, int]:
    """How long a connection waits for a silent server; what `address` says itself is left to it."""
    return {name: value for name, value in _PATIENCE.items() if name not in address.query}


def _without_nul(
    _connection: Connection,
    _cursor: object,
    statement: str,
    parameters: object,
    _context: object,
    _many: bool,
) -> tuple[str, object]:
    """Leave out the character NUL, which anybody can send and PostgreSQL's texts cannot hold."""

    def clean(row: object) -> object:
        if not isinstance(row, Mapping):
            return row
        with_nul = {name: value for name, value in row.items() if isinstance(value, str) and "\0" in value}
        return {**row, **{name: value.replace("\0", "") for name, value in with_nul.items()}}

    rows = parameters if isinstance(parameters, list) else [parameters]
    cleaned = [clean(row) for row in rows]
    return statement, cleaned if isinstance(parameters, list) else cleaned[0]


def postgresql_url(text: str) -> URL:
    """The address of a PostgreSQL database, with the driver named; its text form hides the password.

    Raises:
        SettingsError: `text` is not the address of a PostgreSQL database.
    """
    try:
        url = make_url(text)
    except ArgumentError as error:
        raise SettingsError(f"KB_DATABASE_URL {_ADDRESS}") from error
    if url.get_backend_name() != "postgresql":
        raise SettingsError(f"KB_DATABASE_URL {_ADDRESS}；不支持 {url.drivername}://，不设则用 SQLite")
    return url.set(drivername=_POSTGRESQL)


def upgrade(engine: Engine, alone: Callable[[], AbstractContextManager[object]] = nullcontext) -> None:
    """Bring the tables up to date: make them, or run the missing migrations, all or none.

    When they are up to date nothing is done, and `alone` (see `open_database`) is not entered.

    Raises:
        StoreError: a newer program made the tables, or a migration fails.
    """
    scripts = ScriptDirectory(str(MIGRATIONS))
    try:
        with engine.connect() as connection:
            if current_revision(connection) == scripts.get_current_head():
                return
            connection.rollback()
            with alone(), migrating(connection) as config:
                command.upgrade(config, "head")
    except CommandError as error:
        raise StoreError(
            f"数据库 {engine.url.database} 由更新版本的程序建立，本程序不认识（{error}）；请升级程序"
        ) from error
    except SQLAlchemyError as error:
        raise store_error(engine, "升级表结构（没有改动）", error) from error


def insert_over(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT with ON CONFLICT, which both databases have but SQLAlchemy's own insert lacks."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def upsert(connection: Connection, table: Table, rows: Sequence[Mapping[str, object]]) -> None:
    """Insert `rows`; each replaces the row with the same primary key."""
    if not rows:
        return
    statement = insert_over(connection, table)
    keys = [column.name for column in table.primary_key]
    changed = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed), list(rows))


def portions(values: Iterable[T]) -> Iterator[list[T]]:
    """`values` in their order, in lists short enough for the `IN (...)` of one statement.

    >>> [len(portion) for portion in portions(range(1_200))]
    [500, 500, 200]
    """
    rest = iter(values)
    while portion := list(islice(rest, _PORTION)):
        yield portion


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """A transaction, committed at the end of the block.

    Raises:
        StoreError: the database cannot be read or written (disk full, locked for more than 5 s).
    """
    with one_sentence(engine, "读写"), engine.begin() as connection:
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection for a block that only reads; writes are rolled back. For a view of one moment: `snapshot`.

    Raises:
        StoreError: the database cannot be read.
    """
    with one_sentence(engine, "读取"), engine.connect() as connection:
        yield connection


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """A connection that sees the database as it was when the block began; writes are rolled back.

    Raises:
        StoreError: the database cannot be read.
    """
    level = {"isolation_level": "REPEATABLE READ"} if engine.dialect.name == "postgresql" else {}
    with one_sentence(engine, "读取"), engine.execution_options(**level).connect() as connection:
        if engine.dialect.name == "sqlite":  # its driver begins no transaction for reading
            connection.exec_driver_sql("BEGIN")
        yield connection
        connection.rollback()


def current_revision(connection: Connection) -> str | None:
    """Revision of the tables (a file in kb/storage/migrations/versions); None before the first migration."""
    return MigrationContext.configure(connection).get_current_revision()


@contextmanager
def migrating(connection: Connection) -> Iterator[Config]:
    """One transaction around all migrations, begun before the first; yields the Config for Alembic.

    SQLite: Python's driver would begin none for CREATE TABLE. Foreign keys are off meanwhile: to alter a
    table copies it and drops the old one, which would delete the rows that refer to it.
    """
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATING})")
        # A table with deferred triggers still to run (migration 0037) cannot be altered.
        connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")
        yield config
        connection.commit()
        return
    connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
    connection.commit()
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    try:
        yield config
        require_whole(connection)
        connection.commit()
    finally:
        connection.rollback()
        connection.exec_driver_sql("PRAGMA foreign_keys=ON")
        connection.rollback()


def require_whole(connection: Connection) -> None:
    """Raise StoreError if a row refers to a missing row.

    PostgreSQL refuses such a row at once, SQLite does not within `migrating`.

    Raises:
        StoreError: a row refers to a missing row.
    """
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if broken:
            raise StoreError(f"表 {broken[0]} 里有一行指向 {broken[2]} 里没有的一行，没有改动")


def _configure(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
