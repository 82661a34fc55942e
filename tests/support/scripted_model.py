"""An OpenAI-compatible language model with scripted replies and the faults of real servers.

It is a real HTTP server on loopback. A `Script` answers a request: a function of the messages that yields the
steps to send. `model.asked` holds the messages of every request, in order.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

Messages = list[dict[str, Any]]


@dataclass(frozen=True)
class Wait:
    """Send nothing for `seconds`."""

    seconds: float


@dataclass(frozen=True)
class Raw:
    """Send `content` as it is."""

    content: bytes


@dataclass(frozen=True)
class Status:
    """Answer with the HTTP status `code` instead of a stream."""

    code: int
    headers: dict[str, str] = field(default_factory=dict)


class Cut:
    """Close the connection without sending more."""


class Length:
    """End the answer with finish_reason "length" (token limit reached)."""


Step = str | Wait | Raw | Status | Cut | Length
Script = Callable[[Messages], Iterator[Step]]


def says(*pieces: str) -> Script:
    """A script that sends `pieces` for any request."""

    def script(_messages: Messages) -> Iterator[Step]:
        yield from pieces

    return script


def steps(*wanted: Step) -> Script:
    """A script that does the `wanted` steps for any request."""

    def script(_messages: Messages) -> Iterator[Step]:
        yield from wanted

    return script


def in_turn(*scripts: Script) -> Script:
    """A script that uses `scripts` in order, one a request; the last one for all later requests."""
    remaining = list(scripts)

    def script(messages: Messages) -> Iterator[Step]:
        current = remaining.pop(0) if len(remaining) > 1 else remaining[0]
        yield from current(messages)

    return script


def passages_of(messages: Messages) -> dict[int, str]:
    """The passages in a prompt, by their number."""
    passages: dict[int, str] = {}
    for part in messages[-1]["content"].split("<资料 编号=")[1:]:
        number = int(part.split("]", 1)[0].strip('"[ '))
        passages[number] = part.split(">\n", 1)[1].split("\n</资料>", 1)[0]
    return passages


class ScriptedModel:
    """The server; `url` is the value for KB_LLM_BASE_URL."""

    def __init__(self) -> None:
        self.script: Script = says("资料中没有答案。")
        self.asked: list[Messages] = []
        self.at_once = self.most_at_once = 0
        self.stopped = threading.Event()
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("OfThisModel", (Handler,), {"model": self}))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"

    def close(self) -> None:
        """Stop the server; end all waits."""
        self.stopped.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def begin(self, messages: Messages) -> Iterator[Step]:
        """Record a request; return the steps of its answer."""
        with self._lock:
            self.asked.append(messages)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        return self.script(messages)

    def end(self) -> None:
        """Note that a request has ended."""
        with self._lock:
            self.at_once -= 1


class Handler(BaseHTTPRequestHandler):
    """Answers one request by the script of `model`."""

    model: ClassVar[ScriptedModel]
    begun = False

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with suppress(ConnectionError):
            self.follow(self.model.begin(body["messages"]))
        self.model.end()
        self.close_connection = True

    def follow(self, script: Iterator[Step]) -> None:
        reason = "stop"
        for step in script:
            match step:
                case Wait(seconds):
                    self.model.stopped.wait(seconds)
                case Cut():
                    return
                case Status():
                    self.refuse(step)
                    return
                case Length():
                    reason = "length"
                case Raw(content):
                    self.send(content)
                case str():
                    self.send(_chunk(step, None))
        self.send(_chunk("", reason) + b"data: [DONE]\n\n")

    def refuse(self, status: Status) -> None:
        self.send_response(status.code)
        for name, value in status.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(b'{"error": {"message": "scripted"}}')

    def send(self, content: bytes) -> None:
        if not self.begun:
            self.begun = True
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()

    def log_message(self, *_: object) -> None:
        pass


def _chunk(text: str, reason: str | None) -> bytes:
    choice = {"index": 0, "delta": {"role": "assistant", "content": text}, "finish_reason": reason}
    chunk = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "scripted",
        "choices": [choice],
    }
    return f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n".encode()


@contextmanager
def scripted_model() -> Iterator[ScriptedModel]:
    """Context manager: a ScriptedModel that is closed on exit."""
    model = ScriptedModel()
    try:
        yield model
    finally:
        model.close()


def took(start: float) -> float:
    """Seconds since `start` (monotonic)."""
    return time.monotonic() - start


def prompt_of(asked: Sequence[Messages]) -> str:
    """All messages of the last request, joined by newlines."""
    return "\n".join(str(message["content"]) for message in asked[-1])
