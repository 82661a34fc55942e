"""Results of requests that may come again, whichever process they come to; kept sealed for ten minutes."""

import base64
import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import Engine, delete, select

from kb.models import Model
from kb.storage.database import reading, transaction, upsert
from kb.storage.sharing.keeper import Keeper
from kb.storage.sharing.tables import request_results

_KEPT = timedelta(minutes=10)


class Result(Model):
    """The result of a request, as JSON, with a digest of what was asked."""

    content: str
    result: str


class Requests:
    """The last requests' results. All methods raise StoreError when the database fails.

    `key` is that of KB_HOME: what citizens typed lies in the database for minutes, and can be read by none
    who has only that.
    """

    def __init__(self, engine: Engine, keeper: Keeper, key: bytes) -> None:
        self._engine = engine
        self._keeper = keeper
        self._seal = Fernet(base64.urlsafe_b64encode(hmac.digest(key, b"results of requests", "sha256")))

    @contextmanager
    def alone(self, name: str) -> Iterator[None]:
        """Context manager: no other process works on the request `name`; one that died works on none."""
        with self._keeper.holding(f"request {name}"):
            yield

    def find(self, name: str, now: datetime) -> Result | None:
        """The result of the request `name`, if there was one in the last ten minutes."""
        table = request_results.c
        row = select(table.content, table.result).where(
            table.key == _digest(name), table.made_at > now - _KEPT
        )
        with reading(self._engine) as connection:
            found = connection.execute(row).first()
        if found is None:
            return None
        try:
            return Result(content=found.content, result=self._seal.decrypt(found.result).decode())
        except InvalidToken:  # sealed with another key: of a machine that was set up anew
            return None

    def keep(self, name: str, kept: Result, now: datetime) -> None:
        """Keep the result of the request `name`."""
        row = {
            "key": _digest(name),
            "content": kept.content,
            "result": self._seal.encrypt(kept.result.encode()),
            "made_at": now,
        }
        with transaction(self._engine) as connection:
            upsert(connection, request_results, [row])

    def purge(self, now: datetime) -> None:
        """Delete the results of more than ten minutes ago."""
        with transaction(self._engine) as connection:
            connection.execute(delete(request_results).where(request_results.c.made_at <= now - _KEPT))


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()
