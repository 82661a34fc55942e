"""How often one sender may ask: all their messages come from the platform's few addresses."""

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter


class Pace:
    """Counts questions of a sender in a minute; 0 is no limit."""

    def __init__(self, a_minute: int) -> None:
        self._item = RateLimitItemPerMinute(a_minute) if a_minute else None
        self._counter = SlidingWindowCounterRateLimiter(MemoryStorage())

    def allows(self, sender: str) -> bool:
        """Whether `sender` may ask now; counted when they may."""
        return self._item is None or self._counter.hit(self._item, sender)
