"""Counts requests a minute, by name: in this process, or in SQL where several serve.

The package `limits` keeps the counts in memory with its sliding window counter, because its moving window in
memory keeps every name it ever saw (5.8), and clients choose the names. kb.storage.sharing.counts counts by
the same rule; while that fails, each process counts for itself.
"""

import math
import time

from limits import RateLimitItem
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from starlette.concurrency import run_in_threadpool

from kb.errors import StoreError
from kb.storage.sharing.counts import Counts


class RequestCounter:
    """Counts requests; `counts` are those of all processes, where there are several."""

    def __init__(self, counts: Counts | None = None) -> None:
        self._counts = counts
        self._here = SlidingWindowCounterRateLimiter(MemoryStorage())

    async def wait_for(self, item: RateLimitItem, name: str) -> int:
        """Count a request for `name`; the seconds until it may come again, 0 when it may pass now."""
        if self._counts is not None:
            try:
                return await run_in_threadpool(_wait_among_all, self._counts, item, name)
            except StoreError:
                pass  # the request itself will say that the database fails
        if self._here.hit(item, name):
            return 0
        reset = self._here.get_window_stats(item, name).reset_time
        return max(1, math.ceil(reset - time.time()))


def _wait_among_all(counts: Counts, item: RateLimitItem, name: str) -> int:
    key, seconds = item.key_for(name), item.get_expiry()
    if counts.hit(key, item.amount, seconds):
        return 0
    former, rest, own = counts.look(key, seconds)
    # What `limits` gives: the moment at which one hit of the window before, or this window, is over.
    until_former = rest * seconds % (seconds / former) if former else math.inf
    until_own = rest * seconds if own else math.inf
    return max(1, math.ceil(min(until_former, until_own, seconds)))
