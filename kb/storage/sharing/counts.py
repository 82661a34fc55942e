"""Counts of requests a minute that all processes share, by the server's clock.

The sliding window counter of the package `limits`: the hits of this window, and those of the window before by
the share of it that still counts. Names are stored as keyed digests, as they hold addresses.
"""

import hashlib

from sqlalchemy import Engine, delete, text

from kb.storage.database import reading, transaction
from kb.storage.sharing.tables import rate_counts

_WINDOW = """
WITH moment AS (SELECT extract(epoch FROM clock_timestamp()) / :seconds AS t),
     present AS (SELECT floor(t)::bigint AS number, 1 - (t - floor(t)) AS rest FROM moment),
     former AS (SELECT coalesce((SELECT hits FROM rate_counts, present
       WHERE key = :key AND window_number = number - 1), 0) AS hits)
"""
_HIT = f"""{_WINDOW}
INSERT INTO rate_counts AS own (key, window_number, hits)
SELECT :key, number, 1 FROM present, former WHERE former.hits * rest + 1 <= :most
ON CONFLICT (key, window_number) DO UPDATE SET hits = own.hits + 1
WHERE own.hits + 1 + (SELECT former.hits * rest FROM present, former) <= :most
RETURNING hits
"""
_LOOK = f"""{_WINDOW}
SELECT former.hits, rest, coalesce((SELECT hits FROM rate_counts
  WHERE key = :key AND window_number = number), 0) FROM present, former
"""
_OLD = "SELECT floor(extract(epoch FROM clock_timestamp()) / :seconds)::bigint - 1"


class Counts:
    """Hits by name. All methods raise StoreError when the database fails; `key` is that of KB_HOME."""

    def __init__(self, engine: Engine, key: bytes) -> None:
        self._engine = engine
        self._key = hashlib.sha256(b"rate limits\n" + key).digest()

    def hit(self, name: str, most: int, seconds: int) -> bool:
        """Count a hit unless `most` were counted in the last `seconds`; whether it was counted."""
        values = {"key": self._digest(name), "most": most, "seconds": seconds}
        with transaction(self._engine) as connection:
            return connection.execute(text(_HIT), values).first() is not None

    def look(self, name: str, seconds: int) -> tuple[int, float, int]:
        """Hits of the window before, the share of it that still counts, and the hits of this window."""
        with reading(self._engine) as connection:
            row = connection.execute(text(_LOOK), {"key": self._digest(name), "seconds": seconds}).one()
        return int(row[0]), float(row[1]), int(row[2])

    def purge(self, seconds: int = 60) -> None:
        """Delete the hits that no longer count; `seconds` is the longest window."""
        with transaction(self._engine) as connection:
            oldest = connection.scalar(text(_OLD), {"seconds": seconds})
            connection.execute(delete(rate_counts).where(rate_counts.c.window_number < oldest))

    def _digest(self, name: str) -> bytes:
        return hashlib.blake2b(name.encode("utf-8", "replace"), key=self._key, digest_size=16).digest()
