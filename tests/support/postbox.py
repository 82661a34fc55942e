"""A mail server and an HTTP receiver on loopback, which keep what they get, and refuse when told to."""

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Postbox:
    """The letters that a mail server has taken (RFC 5321); with `refuses` it takes none."""

    port: int = 0
    refuses: bool = False
    letters: list[EmailMessage] = field(default_factory=list)


@dataclass(frozen=True)
class Posted:
    """One request: its path with the query, its headers, its JSON, and the bytes of that."""

    path: str
    headers: dict[str, str]
    content: dict[str, Any]
    body: bytes


@dataclass
class Receiver:
    """What an HTTP server was sent; `answer` and `status` are what it answers."""

    port: int = 0
    status: int = 200
    answer: dict[str, object] = field(default_factory=dict)
    posted: list[Posted] = field(default_factory=list)

    def url(self, path: str = "/hook") -> str:
        return f"http://127.0.0.1:{self.port}{path}"


@contextmanager
def postbox() -> Iterator[Postbox]:
    """Context manager: a mail server."""
    box = Postbox()

    class Talk(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            def say(line: str) -> None:
                self.wfile.write(f"{line}\r\n".encode())

            say("220 postbox")
            while line := self.rfile.readline():
                word = line.strip().upper()
                if word.startswith(b"EHLO") or word.startswith(b"HELO"):
                    say("250 postbox")
                elif word.startswith(b"MAIL") and box.refuses:
                    say("451 try again later")
                elif word == b"DATA":
                    say("354 go on")
                    lines = []
                    while (part := self.rfile.readline()) != b".\r\n":
                        lines.append(part.removeprefix(b".") if part.startswith(b"..") else part)
                    letter = message_from_bytes(b"".join(lines), policy=policy.default)
                    assert isinstance(letter, EmailMessage)
                    box.letters.append(letter)
                    say("250 taken")
                elif word == b"QUIT":
                    say("221 bye")
                    return
                else:
                    say("250 ok")

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    with Server(("127.0.0.1", 0), Talk) as server:
        box.port = server.server_address[1]
        yield from served(server, box)


@contextmanager
def receiver() -> Iterator[Receiver]:
    """Context manager: an HTTP receiver."""
    kept = Receiver()

    class Take(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept.posted.append(Posted(self.path, dict(self.headers), json.loads(body), body))
            answer = json.dumps(kept.answer).encode()
            self.send_response(kept.status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_arguments: object) -> None:
            """Say nothing on stderr."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Take) as server:
        kept.port = server.server_address[1]
        yield from served(server, kept)


def served(server: socketserver.BaseServer, kept: Any) -> Iterator[Any]:
    """Yield `kept` while a thread serves; the server has stopped at the end."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield kept
    finally:
        server.shutdown()
        thread.join()
