"""The parts of the room, over one database; only with KB_DATABASE_URL there are any."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, select

from kb.storage.database import insert_over, transaction
from kb.storage.sharing.changes import Changes
from kb.storage.sharing.counts import Counts
from kb.storage.sharing.keeper import Keeper
from kb.storage.sharing.requests import Requests
from kb.storage.sharing.tables import shared_secrets

_KEY_BYTES = 32


@dataclass(frozen=True)
class Sharing:
    """Locks, news of changes, counts and results of requests, shared by all processes over a database."""

    engine: Engine
    keeper: Keeper
    changes: Changes
    counts: Counts
    requests: Requests

    def secret(self, name: str) -> bytes:
        """A random key that all processes use, until the server crashes; made when there is none.

        Raises:
            StoreError: the database fails.
        """
        with transaction(self.engine) as connection:
            new = {"name": name, "value": secrets.token_bytes(_KEY_BYTES)}
            statement = insert_over(connection, shared_secrets).values(new)
            connection.execute(statement.on_conflict_do_nothing())
            found = select(shared_secrets.c.value).where(shared_secrets.c.name == name)
            return bytes(connection.execute(found).scalar_one())

    def purge(self, now: datetime) -> None:
        """Delete counts and results whose time is over.

        Raises:
            StoreError: the database fails.
        """
        self.counts.purge()
        self.requests.purge(now)

    def close(self) -> None:
        """Listen no more and give back every lock."""
        self.changes.close()
        self.keeper.close()


def open_sharing(engine: Engine, keeper: Keeper, key: bytes) -> Sharing:
    """The room's parts; `key` is that of KB_HOME.

    Raises:
        StoreError: the database cannot be read.
    """
    return Sharing(
        engine=engine,
        keeper=keeper,
        changes=Changes(engine),
        counts=Counts(engine, key),
        requests=Requests(engine, keeper, key),
    )
