"""Clients that send a request slowly, on a real socket: each test waits until the server has closed it."""

import asyncio
import re
import socket
import threading
from collections.abc import Iterator

import pytest
from fastapi import FastAPI, Request
from serving import serving
from starlette.types import Receive, Scope, Send

from kb.settings import Settings
from web.edge import patience

pytestmark = pytest.mark.hostile

GET = b"GET /here HTTP/1.1\r\nHost: a\r\n"
POST = b"POST /here HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n"
CHUNKED = b"POST /here HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab"
IN_TIME = 20  # seconds that a test waits at most


class House:
    """The program's server with short limits, and a route that answers when `go` is set."""

    def __init__(self) -> None:
        self.go, self.asked, self.cut = threading.Event(), threading.Event(), threading.Event()
        self.app = FastAPI()
        self.port = 0

        @self.app.post("/here")
        @self.app.get("/here")
        async def here(request: Request) -> int:
            return len(await request.body())

        @self.app.get("/later")
        def later() -> str:
            self.asked.set()
            assert self.go.wait(IN_TIME)
            return "later"

        self.app.mount("/endless", self._endless)

    async def _endless(self, scope: Scope, receive: Receive, send: Send) -> None:
        """An answer that goes on until its client is gone, which sets `cut`."""
        await receive()
        gone = asyncio.ensure_future(receive())
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while not gone.done():
            await send({"type": "http.response.body", "body": bytes(65_536), "more_body": True})
            await asyncio.sleep(0)
        self.cut.set()

    def connect(self, sent: bytes = b"") -> socket.socket:
        """A connection on which `sent` was sent."""
        connection = socket.create_connection(("127.0.0.1", self.port), IN_TIME)
        connection.sendall(sent)
        return connection

    def rest(self, sent: bytes) -> bytes:
        """All that a connection gives on which `sent` and nothing more is sent, until it is closed."""
        with self.connect(sent) as connection:
            return read_all(connection)


def read_answer(connection: socket.socket) -> bytes:
    """One answer of the route /here, which is a digit; or what comes until the connection is closed."""
    given = b""
    while not re.search(rb"\r\n\r\n\d$", given) and (piece := connection.recv(65_536)):
        given += piece
    return given


def read_all(connection: socket.socket) -> bytes:
    pieces = []
    while piece := connection.recv(65_536):
        pieces.append(piece)
    return b"".join(pieces)


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setattr(patience, "HEAD_SECONDS", 0.2)
    monkeypatch.setattr(patience, "BODY_SECONDS", 0.2)
    made = House()
    with serving(made.app, Settings(port=0)) as made.port:
        yield made
        made.go.set()


@pytest.mark.parametrize(
    ("sent", "answers"),
    [
        pytest.param(b"", [], id="nothing"),
        pytest.param(b"G", [b"408"], id="a byte"),
        pytest.param(GET, [b"408"], id="a head without an end"),
        pytest.param(POST, [b"408"], id="no body"),
        pytest.param(POST + b"ab", [b"408"], id="half a body"),
        pytest.param(CHUNKED, [b"408"], id="half a chunk"),
        pytest.param(GET + b"\r\n" + GET, [b"200", b"408"], id="half a second head"),
        pytest.param(GET + b"\r\n" + POST, [b"200", b"408"], id="a second request without its body"),
    ],
)
def test_unfinished_request_is_closed(house: House, sent: bytes, answers: list[bytes]):
    given = house.rest(sent).split(b"HTTP/1.1 ")[1:]
    assert [answer[:3] for answer in given] == answers


def test_trickling_head_is_closed(house: House):
    with house.connect() as connection, pytest.raises(OSError):
        for _ in range(1_000_000):  # until the server has closed
            connection.sendall(b"G")
        read_all(connection)


def test_second_request_on_a_connection_has_its_own_limit(house: House):
    with house.connect(GET + b"\r\n") as connection:
        assert read_answer(connection).startswith(b"HTTP/1.1 200")
        connection.sendall(GET)
        assert read_all(connection).startswith(b"HTTP/1.1 408")


def test_body_that_goes_on_arriving_is_waited_for(house: House, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(patience, "BODY_SECONDS", 1.5)
    monkeypatch.setattr(patience, "BODY_RATE", 0.01)
    with house.connect(POST.replace(b"Host", b"Expect: 100-continue\r\nHost")) as patient:
        assert patient.recv(65_536).startswith(b"HTTP/1.1 100")
        patient.sendall(b"ab")
        assert b"408" in house.rest(POST)  # began later and is over
        patient.sendall(b"cd")
        assert read_answer(patient).startswith(b"HTTP/1.1 200")


def test_answer_may_take_longer_than_a_request(house: House):
    with house.connect(b"GET /later HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n") as waiting:
        assert house.asked.wait(IN_TIME)
        assert house.rest(b"G").startswith(b"HTTP/1.1 408")  # began later and is over
        house.go.set()
        assert read_all(waiting).endswith(b'"later"')


def test_answered_connection_is_kept_for_the_next_request(house: House):
    with house.connect(GET + b"\r\n") as connection:
        assert read_answer(connection).startswith(b"HTTP/1.1 200")
        assert house.rest(b"G").startswith(b"HTTP/1.1 408")
        connection.sendall(GET + b"\r\n")
        assert read_answer(connection).startswith(b"HTTP/1.1 200")


def test_client_that_stops_reading_is_cut_off_and_one_that_reads_is_not(
    house: House, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(patience, "READ_SECONDS", 2.0)
    ask = b"GET /endless/ HTTP/1.1\r\nHost: a\r\n\r\n"
    with house.connect(ask) as reading, house.connect(ask):
        while not house.cut.is_set():
            assert reading.recv(65_536)
        assert reading.recv(65_536)
