"""Locks among processes: PostgreSQL's advisory locks of one connection, which end with the process.

A killed process loses its connection and with it every lock, so whoever waits goes on where it stopped. The
server looks after half a minute whether a silent machine still lives. Should the server itself restart, all
locks are free at once; what they guard is kept right by the database's own constraints then.
"""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from time import monotonic
from typing import TYPE_CHECKING

from sqlalchemy import Engine

from kb.errors import StoreError
from kb.storage.database import patience_of

if TYPE_CHECKING:
    import psycopg

_PAUSE = 0.02  # seconds between two tries to get a lock that another process holds
_KEEPALIVE = "-c tcp_keepalives_idle=20 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3"


def connect(engine: Engine) -> "psycopg.Connection[tuple[object, ...]]":
    """A connection of its own to the database of `engine`, beside its pool; each statement is a transaction.

    Raises:
        psycopg.Error: the server does not answer.
    """
    import psycopg  # an optional package, needed with PostgreSQL only

    _, given = engine.dialect.create_connect_args(engine.url)
    named = {**patience_of(engine.url), **given, "options": f"{given.get('options', '')} {_KEEPALIVE}"}
    return psycopg.connect(autocommit=True, **named)


class Keeper:
    """The locks that this process holds, by name. All methods raise StoreError when the database fails."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._guard = threading.Lock()
        self._connection: psycopg.Connection[tuple[object, ...]] | None = None
        self._held: set[str] = set()

    def take(self, name: str) -> bool:
        """Take the lock `name`; False when any process, this one too, holds it."""
        with self._guard:
            if name in self._held:
                self._ask("SELECT true", ())  # after a lost connection it is nobody's
                if name in self._held:
                    return False
            if self._ask("SELECT pg_try_advisory_lock(%s)", (key_of(name),)):
                self._held.add(name)
                return True
            return False

    def leads(self, name: str) -> bool:
        """Whether this process holds the lock `name`, which it takes when it is free."""
        return self.take(name) or name in self._held

    def give(self, name: str) -> None:
        """Let another process have the lock `name`."""
        with self._guard:
            if name in self._held:
                self._held.discard(name)
                with suppress(StoreError):  # a lost connection has given it back
                    self._ask("SELECT pg_advisory_unlock(%s)", (key_of(name),))

    @contextmanager
    def holding(self, name: str) -> Iterator[None]:
        """Context manager: hold the lock `name`, waiting until it is free."""
        pause = threading.Event()  # never set: waiting for it is a sleep
        while not self.take(name):
            pause.wait(_PAUSE)
        try:
            yield
        finally:
            self.give(name)

    def close(self) -> None:
        """Give back every lock."""
        with self._guard:
            self._forget()

    def _ask(self, statement: str, values: tuple[object, ...]) -> object:
        """The only value of the result; a connection that was lost is made anew, once."""
        import psycopg  # an optional package, needed with PostgreSQL only

        for is_last in (False, True):
            try:
                if self._connection is None:
                    self._connection = connect(self._engine)
                row = self._connection.execute(statement, values).fetchone()
                return row[0] if row else None
            except psycopg.Error as error:
                self._forget()
                if is_last:
                    raise StoreError(f"数据库 {self._engine.url.database} 加锁失败：{error}") from error
        raise AssertionError  # the loop has returned or raised

    def _forget(self) -> None:
        connection, self._connection = self._connection, None
        self._held.clear()
        if connection is not None:
            connection.close()


class Mutex:
    """A reentrant lock: among the threads of this process, and with a `keeper` among all processes.

    `here` is the part among threads, for work on what this process alone has.
    """

    def __init__(self, name: str, keeper: Keeper | None = None) -> None:
        self.here = threading.RLock()
        self._name = name
        self._keeper = keeper
        self._depth = 0

    def acquire(self, timeout: float = -1) -> bool:
        """Take the lock within `timeout` seconds, -1: however long it takes; whether that succeeded."""
        until = monotonic() + timeout
        if not self.here.acquire(timeout=timeout):
            return False
        try:
            pause = threading.Event()
            while self._keeper is not None and self._depth == 0 and not self._keeper.take(self._name):
                if timeout >= 0 and monotonic() > until:
                    self.here.release()
                    return False
                pause.wait(_PAUSE)
        except BaseException:
            self.here.release()
            raise
        self._depth += 1
        return True

    def release(self) -> None:
        """Give the lock back."""
        self._depth -= 1
        if self._depth == 0 and self._keeper is not None:
            self._keeper.give(self._name)
        self.here.release()

    def __enter__(self) -> None:
        self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


def key_of(name: str) -> int:
    """The number of an advisory lock: 64 bits of the name's digest."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
