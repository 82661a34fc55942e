"""Limits calls to the language model: a fair queue before it, and a circuit breaker that rests a failing one.

Both are safe to use from several threads, and decide at once or within the time they are given.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from kb.errors import LlmError, LlmFailure

FAILURES = 3  # in a row, before the model is left alone
REST = 30.0  # seconds that it is left alone
WAITING = 4  # callers per place; more would wait in vain, each in a thread of the web server


class Turns:
    """A fair queue: gives out `places` in the order in which callers asked."""

    def __init__(self, places: int) -> None:
        self._free = places
        self._most_waiting = places * WAITING
        self._lock = threading.Lock()
        self._waiting: deque[threading.Event] = deque()

    @property
    def waiting(self) -> int:
        """Number of callers that wait."""
        return len(self._waiting)

    @contextmanager
    def taken(self, until: float) -> Iterator[None]:
        """Hold a place inside the block; wait for it in turn.

        Raises:
            LlmError: BUSY: too many wait already, or no place was free by `until` (monotonic seconds).
        """
        self._enter(until)
        try:
            yield
        finally:
            self._leave()

    def _enter(self, until: float) -> None:
        turn = threading.Event()
        with self._lock:
            if self._free and not self._waiting:
                self._free -= 1
                return
            if len(self._waiting) >= self._most_waiting:
                raise LlmError(LlmFailure.BUSY, f"已有 {len(self._waiting)} 个提问在等语言模型")
            self._waiting.append(turn)
        if turn.wait(max(0.0, until - monotonic())):
            return
        with self._lock:
            if turn in self._waiting:  # else the place was handed over at the last moment
                self._waiting.remove(turn)
                raise LlmError(LlmFailure.BUSY, "没有在时限内轮到：同时使用语言模型的人太多")

    def _leave(self) -> None:
        """Hand the place to the caller that has waited longest."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._free += 1


class Breaker:
    """Circuit breaker: FAILURES in a row refuse all calls for REST seconds; then one call decides for all."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._rests_until = 0.0

    @property
    def is_open(self) -> bool:
        """Whether calls are refused now."""
        with self._lock:
            return self._failures >= FAILURES and self._clock() < self._rests_until

    def check(self) -> None:
        """Raise LlmError while the model is left alone; after that, only the first call passes.

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
        """Record that the model answered."""
        with self._lock:
            self._failures = 0

    def failed(self) -> None:
        """Record that the model failed."""
        with self._lock:
            self._failures += 1
            if self._failures >= FAILURES:
                self._rests_until = self._clock() + REST
