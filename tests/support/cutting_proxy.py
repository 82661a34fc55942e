"""A TCP proxy that cuts a connection in the middle of an answer, as happens to a phone in a lift."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

_CUT_AFTER = b"event: token"


class CuttingProxy:
    """Relays to 127.0.0.1:`target`; cuts the first `cuts` event streams after their first token event.

    `url`: its address. `streams`: the number of event streams relayed, cut ones included.
    """

    def __init__(self, target: int, cuts: int) -> None:
        self._target = target
        self._cuts = cuts
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._opened: list[socket.socket] = []
        self.streams = 0
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._threads: list[threading.Thread] = []
        self._run(self._accept)

    def close(self) -> None:
        """Stop accepting connections and end the open ones."""
        _end(self._listener, socket.SHUT_RDWR)
        for side in self._opened:
            _end(side, socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for side in (self._listener, *self._opened):
            side.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
                self._opened += (client, server)
                self._run(self._forward, client, server)
                self._run(self._back, server, client)

    def _run(self, relay: Callable[..., None], *ends: socket.socket) -> None:
        thread = threading.Thread(target=relay, args=ends)
        self._threads.append(thread)
        thread.start()

    def _forward(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(65_536):
                server.sendall(data)
        _end(server, socket.SHUT_WR)

    def _back(self, server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while data := server.recv(65_536):
                if b"text/event-stream" in data:
                    self.streams += 1
                if _CUT_AFTER in data and self._takes_a_cut():
                    client.sendall(data[: data.index(_CUT_AFTER) + len(_CUT_AFTER) + 30])
                    break
                client.sendall(data)
        _end(client, socket.SHUT_RDWR)
        _end(server, socket.SHUT_RDWR)

    def _takes_a_cut(self) -> bool:
        with self._lock:
            self._cuts -= 1
            return self._cuts >= 0


def _end(side: socket.socket, how: int) -> None:
    """Shut the socket down instead of closing it: closing waits for the other thread, which still reads."""
    with suppress(OSError):
        side.shutdown(how)


@contextmanager
def cutting_proxy(target: int, cuts: int) -> Iterator[CuttingProxy]:
    """Context manager: a CuttingProxy that is closed on exit."""
    proxy = CuttingProxy(target, cuts)
    try:
        yield proxy
    finally:
        proxy.close()
