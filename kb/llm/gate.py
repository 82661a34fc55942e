"""Who may ask the language model now: a fair queue before it, and a breaker that leaves a failing one alone.

For threads. Both decide at once or within the time they are given.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from kb.errors import LlmError, LlmFailure

FAILURES = 3  # in a row, before it is left alone
REST = 30.0  # seconds
WAITING = 4  # for each place: more would only wait in vain, each in a thread of the web server


class Turns:
    """A number of places, given out in the order in which they were asked for."""

    def __init__(self, places: int) -> None:
        self._free = places
        self._most_waiting = places * WAITING
        self._lock = threading.Lock()
        self._waiting: deque[threading.Event] = deque()

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

    @contextmanager
    def taken(self, until: float) -> Iterator[None]:
        """A place, once it is one's turn.

        Raises:
            LlmError: BUSY; too many wait already, or it was not one's turn by `until` (monotonic seconds).
        """
        self._enter(until)
        try:
            yield
        finally:
            self._leave()

    def _enter(self, until: float) -> None:
        mine = threading.Event()
        with self._lock:
            if self._free and not self._waiting:
                self._free -= 1
                return
            if len(self._waiting) >= self._most_waiting:
                raise LlmError(LlmFailure.BUSY, f"已有 {len(self._waiting)} 个提问在等语言模型")
            self._waiting.append(mine)
        if mine.wait(max(0.0, until - monotonic())):
            return
        with self._lock:
            if mine in self._waiting:  # else the place was handed over at the last moment
                self._waiting.remove(mine)
                raise LlmError(LlmFailure.BUSY, "没有在时限内轮到：同时使用语言模型的人太多")

    def _leave(self) -> None:
        """Hand the place to who waits longest."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._free += 1


class Breaker:
    """After FAILURES in a row nobody asks for REST seconds; then one tries, and decides for all."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._rests_until = 0.0

    @property
    def is_open(self) -> bool:
        """Whether the model is left alone."""
        with self._lock:
            return self._failures >= FAILURES and self._clock() < self._rests_until

    def check(self) -> None:
        """Pass who may ask; of those that come after a rest only the first.

        Raises:
            LlmError: RESTING.
        """
        with self._lock:
            if self._failures < FAILURES:
                return
            left = self._rests_until - self._clock()
            if left > 0:
                raise LlmError(LlmFailure.RESTING, f"语言模型连续出错，{left:.0f} 秒后再试")
            self._rests_until = self._clock() + REST

    def succeeded(self) -> None:
        """The model answered."""
        with self._lock:
            self._failures = 0

    def failed(self) -> None:
        """It did not."""
        with self._lock:
            self._failures += 1
            if self._failures >= FAILURES:
                self._rests_until = self._clock() + REST
