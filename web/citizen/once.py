"""Does a repeated request only once: networks fail after the work is done, people press twice.

Where several processes serve, a repeated request may come to another one: results are shared then
(kb.storage.sharing.requests), and of two processes one works while the other waits for it or for its end.
"""

import hashlib
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from time import monotonic
from typing import Annotated, Generic, TypeVar

from fastapi import Header
from pydantic import Field, TypeAdapter

from kb.controls import wording
from kb.errors import QuestionError, StoreError
from kb.storage.sharing.requests import Requests, Result

logger = logging.getLogger(__name__)

REQUEST_NAME = r"^[A-Za-z0-9_-]{8,64}$"
Session = Annotated[str | None, Header(alias="X-Policy-Session", pattern=REQUEST_NAME)]
RequestId = Annotated[str | None, Field(pattern=REQUEST_NAME)]
T = TypeVar("T")

_SECONDS = 600.0
_MOST = 1_000  # requests remembered


@dataclass(frozen=True)
class _Request(Generic[T]):
    """A request: its content, when it began, and its result."""

    content: Hashable
    begun: float
    result: Future[T] = field(default_factory=Future)


class Once(Generic[T]):
    """Results of the last requests, each kept for ten minutes; thread-safe.

    `kind` is the type of the results, needed where they are shared with other processes.
    """

    def __init__(self, clock: Callable[[], float] = monotonic, *, kind: type[T] | None = None) -> None:
        self._clock = clock
        self._kind = kind
        self._lock = threading.Lock()
        self._requests: OrderedDict[tuple[str | None, str], _Request[T]] = OrderedDict()

    def do(
        self,
        session: str | None,
        request_id: str | None,
        content: Hashable,
        work: Callable[[], T],
        shared: Requests | None = None,
    ) -> T:
        """The result of `work`, or of the earlier request with this `request_id`; waits while that one runs.

        Without `request_id` no request repeats another. Failures are not remembered. `shared` has the results
        of other processes, where there are any.

        Raises:
            QuestionError: the earlier request had other `content`.
        """
        if request_id is None:
            return work()
        if shared is not None and self._kind is not None:
            name = f"{self._kind.__name__}\n{session or ''}\n{request_id}"
            work = partial(self._among_all, TypeAdapter(self._kind), shared, name, content, work)
        key = (session, request_id)
        own_request = _Request[T](content, self._clock())
        with self._lock:
            self._drop_while(lambda: next(iter(self._requests.values())).begun < own_request.begun - _SECONDS)
            request = self._requests.setdefault(key, own_request)
            self._drop_while(lambda: len(self._requests) > _MOST)
        if request.content != content:
            raise _reused(request_id)
        if request is own_request:
            self._work(key, own_request, work)
        return request.result.result()

    @staticmethod
    def _among_all(
        kind: TypeAdapter[T], shared: Requests, name: str, content: Hashable, work: Callable[[], T]
    ) -> T:
        """The result of this request in any process, or else of `work`, which no other does meanwhile."""
        digest = hashlib.sha256(repr(content).encode()).hexdigest()
        with shared.alone(name):
            found = shared.find(name, datetime.now(UTC))
            if found is None:
                result = work()
                kept = Result(content=digest, result=kind.dump_json(result).decode())
                try:
                    shared.keep(name, kept, datetime.now(UTC))
                except StoreError as error:  # the work is done, and its result is there
                    logger.warning("a repeated request will be done again: %s", error)
                return result
        if found.content != digest:
            raise _reused(name.rpartition("\n")[2])
        return kind.validate_json(found.result)

    def _work(self, key: tuple[str | None, str], request: _Request[T], work: Callable[[], T]) -> None:
        """Run `work`; all threads that wait for `request` get its result or error."""
        try:
            request.result.set_result(work())
        except BaseException as error:
            with self._lock:
                if self._requests.get(key) is request:
                    del self._requests[key]
            request.result.set_exception(error)

    def _drop_while(self, is_full: Callable[[], bool]) -> None:
        """Forget the oldest requests while `is_full` says so."""
        while self._requests and is_full():
            self._requests.popitem(last=False)


def _reused(request_id: str) -> QuestionError:
    return QuestionError(f"request_id {request_id} 已用于另一个请求", wording.REQUEST_REUSED)
