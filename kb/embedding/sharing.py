"""How questions and batches of passages share the cores: threads, priorities, and who waits for whom."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache

_PATIENCE = 1.0  # seconds a batch of passages waits for questions
_NICENESS = 10  # of the threads that embed passages


@cache
def all_threads() -> int:
    """Number of threads that torch uses by default; call it before any call sets another number."""
    import torch

    return torch.get_num_threads()


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Let torch compute on `count` threads inside the block, in the calling thread.

    subtle: torch partly returns what another thread has just set, so the former number is not read from it.
    """
    import torch

    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(all_threads())


def step_back() -> None:
    """Lower the calling thread's priority, so that questions get the cores before passages."""
    with suppress(AttributeError, OSError):  # only Linux gives single threads a priority
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)


class Waiting:
    """Counts the questions that wait for the model or use it; each question enters it as a context manager.

    Python's locks are not fair: a thread that releases a lock and takes it again at once nearly always gets
    it before the waiting threads.
    """

    def __init__(self) -> None:
        self._count = 0
        self._changed = threading.Condition()

    def let_pass(self) -> None:
        """Return when no question waits, or after _PATIENCE seconds, so that no ingest stops."""
        with self._changed:
            self._changed.wait_for(lambda: self._count == 0, _PATIENCE)

    def __enter__(self) -> None:
        with self._changed:
            self._count += 1

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._count -= 1
            self._changed.notify_all()
