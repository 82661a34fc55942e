"""News of what other processes changed: a version for each thing kept in memory, and whoever keeps it renews.

Triggers raise the version in the transaction of the change and notify (LISTEN/NOTIFY) at its commit. The
versions are compared at every notification, every second all the same, and after a lost connection; so a
notification that does not arrive costs a second, never a change.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from enum import StrEnum
from time import monotonic
from typing import TYPE_CHECKING

from sqlalchemy import Engine, select

from kb.errors import KbError
from kb.storage.database import reading
from kb.storage.sharing.keeper import connect
from kb.storage.sharing.tables import versions

if TYPE_CHECKING:
    import psycopg

logger = logging.getLogger(__name__)

_POLL = 1.0  # seconds between two comparisons without a notification
_TICK = 0.25  # seconds until the end of the program is noticed
_CHANNEL = "LISTEN kb_changes"
_VERSIONS = "SELECT name, version FROM shared_versions"


class Kept(StrEnum):
    """What processes keep in memory; the names are those of migration 0037."""

    SETTINGS = "settings"
    FAQ = "faq"
    DOCUMENTS = "documents"


class Changes:
    """After each change, by this process or another, calls what renews the thing changed; in one thread.

    What is read from SQL after this object was made need not be compared again.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        with reading(engine) as connection:
            rows = connection.execute(select(versions.c.name, versions.c.version))
            self._seen = {str(name): int(version) for name, version in rows}
        self._renewals: Mapping[Kept, Callable[[], object]] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="changes", daemon=True)

    def follow(self, renewals: Mapping[Kept, Callable[[], object]]) -> None:
        """From now on call the renewal of whatever has changed."""
        self._renewals = renewals
        self._thread.start()

    def close(self) -> None:
        """Listen no more."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _listen(self) -> None:
        import psycopg  # an optional package, needed with PostgreSQL only

        while not self._stop.is_set():
            try:
                with connect(self._engine) as connection:
                    connection.execute(_CHANNEL)
                    self._follow(connection)
            except psycopg.Error as error:
                logger.warning("changes by other processes are not heard: %s", error)
                self._stop.wait(_POLL)

    def _follow(self, connection: "psycopg.Connection[tuple[object, ...]]") -> None:
        compared = float("-inf")
        while not self._stop.is_set():
            heard = list(connection.notifies(timeout=_TICK, stop_after=1)) if compared > 0 else []
            if heard or monotonic() >= compared + _POLL:
                rows = connection.execute(_VERSIONS).fetchall()
                self._renew({str(name): int(str(version)) for name, version in rows})
                compared = monotonic()

    def _renew(self, now: Mapping[str, int]) -> None:
        """Call the renewals of what has another version; one that fails is called again at the next turn."""
        for kept, renew in self._renewals.items():
            if now.get(kept) == self._seen.get(kept):
                continue
            try:
                renew()
            except KbError as error:
                logger.warning("%s is not renewed: %s", kept, error)
            except Exception:
                logger.exception("%s is not renewed", kept)
            else:
                self._seen[kept] = now.get(kept, 0)
