"""How long a client may take to send a request: uvicorn's HTTP/1.1 protocol with time limits on it.

uvicorn limits only the idle time between two requests, so a client that sends a byte now and then (Slowloris)
would keep its connection, and what it holds, for ever. As in Apache's RequestReadTimeout (mod_reqtimeout),

    the head must be complete HEAD_SECONDS after the connection opened, or after its first byte on a
    connection that had a request before;
    the body must be complete BODY_SECONDS after that, and a second later for every BODY_RATE bytes of it.

Answers may take as long as they take: while a request is answered, nothing is timed, but a client that reads
nothing of its answer for READ_SECONDS is cut off.
"""

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 15.0
BODY_SECONDS = 20.0
BODY_RATE = 16_384  # bytes a second: 64 KB within 24 s, a file of 20 MB within 21 minutes
READ_SECONDS = 60.0
_TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class PatientProtocol(H11Protocol):
    """A connection that is closed when its request does not arrive in time, with 408 when it can be told."""

    _timer: asyncio.TimerHandle | None = None
    _phase: object = None  # what is awaited: h11.IDLE is the head, h11.SEND_BODY the body
    _deadline = 0.0  # by the loop's clock
    _reading: asyncio.TimerHandle | None = None  # while more of an answer waits than the socket takes

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Await a head."""
        super().connection_made(transport)
        self._watch(0)

    def data_received(self, data: bytes) -> None:
        """Await what is still missing."""
        super().data_received(data)
        self._watch(len(data))

    def on_response_complete(self) -> None:
        """Between requests uvicorn's own limit holds; but the next one may have begun, sent ahead."""
        self._stop()
        super().on_response_complete()
        if self.conn.their_state is h11.SEND_BODY or self.conn.trailing_data[0]:
            self._watch(0)

    def connection_lost(self, exc: Exception | None) -> None:
        """Await nothing any more."""
        self._stop()
        self._stop_reading()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """The client reads more slowly than the answer is made: see that it reads at all."""
        super().pause_writing()
        self._await_reading()

    def resume_writing(self) -> None:
        """The client has read."""
        self._stop_reading()
        super().resume_writing()

    def _watch(self, received: int) -> None:
        """Set the limit of what is awaited now; a body that goes on arriving extends its own."""
        phase = self.conn.their_state
        if self.transport.is_closing() or phase not in (h11.IDLE, h11.SEND_BODY):
            self._stop()
            return
        if phase is not self._phase or self._timer is None:
            self._stop()
            self._phase = phase
            self._deadline = self.loop.time() + (HEAD_SECONDS if phase is h11.IDLE else BODY_SECONDS)
        elif phase is h11.SEND_BODY:
            self._deadline += received / BODY_RATE
        if self._timer is None:
            self._timer = self.loop.call_at(self._deadline, self._expire)

    def _expire(self) -> None:
        """Close the connection, unless the limit has been extended meanwhile."""
        self._timer = None
        if self.loop.time() < self._deadline:
            self._timer = self.loop.call_at(self._deadline, self._expire)
            return
        has_begun = bool(self.conn.trailing_data[0]) if self._phase is h11.IDLE else True
        is_answered = self._phase is h11.SEND_BODY and self.cycle.response_started
        if has_begun and not is_answered:
            self.transport.write(_TOO_SLOW)
        self.transport.close()

    def _await_reading(self) -> None:
        unread = self.transport.get_write_buffer_size()
        self._reading = self.loop.call_later(READ_SECONDS, self._expect_less, unread)

    def _expect_less(self, unread: int) -> None:
        """Cut the connection off, unless something was read since `unread` bytes waited."""
        if self.transport.get_write_buffer_size() < unread:
            self._await_reading()
        else:
            self.transport.abort()

    def _stop_reading(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
