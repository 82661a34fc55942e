"""Questions that come at the same moment go through the model in one batch.

As many batches run side by side as there are cores. A question that comes while all of them are busy waits,
and the next batch takes all that wait: the more come, the larger the batches, and none is held up for others
that might come. A batch of eight questions takes a third of the time of eight questions.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

R = TypeVar("R")

_MOST = 16  # questions in a batch


class Together(Generic[R]):
    """Does for many texts at once what several threads ask for one each; `at_once`: batches side by side."""

    def __init__(self, work: Callable[[list[str]], Sequence[R]], at_once: Callable[[], int]) -> None:
        self._work = work
        self._at_once = at_once
        self._changed = threading.Condition()
        self._waiting: deque[tuple[str, Future[R]]] = deque()
        self._running = 0

    def do(self, text: str) -> R:
        """What `work` gives for `text`.

        Raises:
            BaseException: any error of `work`; every text of the batch gets it.
        """
        at_once, own = self._at_once(), Future[R]()

        def may_go_on() -> bool:
            return own.done() or (self._running < at_once and bool(self._waiting) and not own.running())

        with self._changed:
            self._waiting.append((text, own))
        while not own.done():
            with self._changed:
                self._changed.wait_for(may_go_on)
                batch = [] if own.done() else self._taken()
            if batch:
                self._do(batch)
        return own.result()

    def _taken(self) -> list[tuple[str, Future[R]]]:
        """The texts that have waited longest; they count as running from now on."""
        batch = [self._waiting.popleft() for _ in range(min(_MOST, len(self._waiting)))]
        for _, each in batch:
            each.set_running_or_notify_cancel()
        self._running += 1
        return batch

    def _do(self, batch: Sequence[tuple[str, Future[R]]]) -> None:
        try:
            results = list(zip(batch, self._work([text for text, _ in batch]), strict=True))
        except BaseException as error:
            for _, each in batch:
                each.set_exception(error)
        else:
            for (_, each), result in results:
                each.set_result(result)
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()
