"""Who may ask now: so many questions at once, the others wait, and past that visitors are told when to come.

Without this a crowd makes a queue that only grows: all are answered, minutes late, when nobody waits any
more. Places come free one by one and go to the visitors in turn, so that one who sends twenty questions does
not stand before twenty who send one each. One address may hold half of the waiting places.
"""

import asyncio
import math
from collections import Counter, OrderedDict, deque
from time import monotonic

from starlette.types import ASGIApp, Receive, Scope, Send

from web.addresses import KEY_SCOPE, client_address
from web.display import refuse
from web.edge.rate_limits import session_of

ASKING = ("/api/ask", "/v1/chat/completions", "/api/search")
POSTING = ("/chat", "/mcp", "/api/questions")  # a GET of these asks nothing
_BUSY = "现在提问的人很多，请 {seconds} 秒后再试。"
_LONGEST = 60  # seconds that a visitor is asked to wait
_MEMORY = 0.1  # weight of the last question in the mean time of one

Visitor = tuple[str, str]  # address, and conversation or key


class BusyError(Exception):
    """No place to wait is free; `seconds` after which one may be."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"busy for {seconds} s")
        self.seconds = seconds


class Turns:
    """Gives `places` to visitors in turn, `most_waiting` of whom wait; used in one event loop."""

    def __init__(self, places: int, most_waiting: int) -> None:
        self._places = self._free = places
        self._most = most_waiting
        self._waiting: OrderedDict[Visitor, deque[asyncio.Future[None]]] = OrderedDict()
        self._of_address: Counter[str] = Counter()
        self._mean = 0.1  # seconds that a question takes

    @property
    def waiting(self) -> int:
        """How many questions wait."""
        return self._of_address.total()

    async def take(self, visitor: Visitor) -> None:
        """Return when `visitor` has a place, to be given back by `give_back`.

        Raises:
            BusyError: too many wait already.
        """
        if self._free:
            self._free -= 1
            return
        address, turn = visitor[0], asyncio.get_running_loop().create_future()
        if self.waiting >= self._most or self._of_address[address] >= max(1, self._most // 2):
            raise BusyError(self._seconds())
        self._waiting.setdefault(visitor, deque()).append(turn)
        self._of_address[address] += 1
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._pass_on()  # it came at the moment at which nobody wanted it any more
            raise
        finally:
            self._of_address[address] -= 1
            if not self._of_address[address]:
                del self._of_address[address]

    def give_back(self, seconds: float) -> None:
        """Free a place that was used for `seconds`."""
        self._mean += _MEMORY * (seconds - self._mean)
        self._pass_on()

    def _pass_on(self) -> None:
        """Give a place to the visitor whose turn it is."""
        while self._waiting:
            visitor, turns = self._waiting.popitem(last=False)
            turn = turns.popleft()
            if turns:
                self._waiting[visitor] = turns  # behind all others
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1

    def _seconds(self) -> int:
        """After how long those who wait now will have been answered."""
        return min(_LONGEST, max(1, math.ceil(self.waiting * self._mean / self._places)))


class InTurn:
    """ASGI middleware: questions wait for their turn, or are refused with 503 and Retry-After."""

    def __init__(self, app: ASGIApp, turns: Turns) -> None:
        self._app = app
        self._turns = turns

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a question on when its turn has come; anything else at once."""
        if not _asks(scope):
            await self._app(scope, receive, send)
            return
        try:
            await self._turns.take(_visitor(scope))
        except BusyError as error:
            sentence = _BUSY.format(seconds=error.seconds)
            await refuse(503, sentence, scope, receive, send, {"Retry-After": str(error.seconds)})
            return
        begun = monotonic()
        try:
            await self._app(scope, receive, send)
        finally:
            self._turns.give_back(monotonic() - begun)


def _asks(scope: Scope) -> bool:
    """Whether a request makes the program search or answer."""
    if scope["type"] != "http":
        return False
    return scope["path"] in ASKING or (scope["method"] == "POST" and scope["path"] in POSTING)


def _visitor(scope: Scope) -> Visitor:
    """Who asks: the address and the conversation; another program counts by its key."""
    if (key := scope.get(KEY_SCOPE)) is not None:
        return f"key {key.id}", ""
    return client_address(scope), session_of(scope)
