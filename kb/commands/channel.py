"""The way from a command to the service that holds the knowledge base: a Unix socket in KB_HOME.

Chosen over a loopback port with a token because the kernel does the checking: the socket's folder entry is
0600, and the user id of the caller is known (SO_PEERCRED). Nothing listens on the network, and there is no
secret that could leak. The service makes the socket while it holds the lock of KB_HOME, so there is one at
most; a socket left by a killed service refuses connections and is replaced.

A connection carries one command: a line `Call`, answered by lines `Said` until one has an exit code. A second
line from the caller, or the end of the connection, asks for the command to be stopped.
"""

import os
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from pydantic import ValidationError

from kb.commands.terminal import Console, ProgressStep
from kb.errors import SettingsError, StoreError
from kb.models import Model

SOCKET = "control.sock"
_PEER = struct.Struct("3i")  # struct ucred: pid, uid, gid
_STOP = b"stop\n"
_MAX_LINE = 1 << 20  # bytes of a call: a question or some paths


class Call(Model):
    """A command by name, and its arguments as JSON."""

    command: str
    arguments: str


class Said(Model):
    """One line of the answer: a result, a sentence, a step, or the exit code."""

    result: str | None = None
    tell: str | None = None
    step: ProgressStep | None = None
    code: int | None = None


class FarTerminal:
    """The caller's terminal, as the command in the service sees it."""

    def __init__(self, connection: socket.socket) -> None:
        self._file = connection.makefile("wb")
        self._lock = threading.Lock()
        self._stop = threading.Event()

    @property
    def stopped(self) -> bool:
        """Whether the caller wants the command to stop."""
        return self._stop.is_set()

    def stop(self) -> None:
        """End the command at its next good place."""
        self._stop.set()

    def result(self, text: str) -> None:
        """Send a result."""
        self._send(Said(result=text))

    def tell(self, text: str) -> None:
        """Send a sentence."""
        self._send(Said(tell=text))

    def step(self, step: ProgressStep) -> None:
        """Send progress."""
        self._send(Said(step=step))

    def finish(self, code: int) -> None:
        """Send the exit code, as the last line."""
        self._send(Said(code=code))

    def _send(self, said: Said) -> None:
        """Send a line; if the caller is gone, stop the command instead of failing."""
        with self._lock:
            try:
                self._file.write(said.model_dump_json(exclude_none=True).encode() + b"\n")
                self._file.flush()
            except OSError:
                self._stop.set()


def listen(home: Path) -> socket.socket:
    """Open the socket of the service on `home`; the service must hold the lock of `home`.

    Raises:
        SettingsError: the socket cannot be made there.
    """
    listening = socket.socket(socket.AF_UNIX)
    try:
        (home / SOCKET).unlink(missing_ok=True)
        with _short_name(home) as name:
            listening.bind(name)
            os.chmod(home / SOCKET, 0o600)
        listening.listen()
    except OSError as error:
        listening.close()
        raise SettingsError(
            f"KB_HOME={home} 里不能建套接字 {SOCKET}：{error}；请换本机磁盘上的目录"
        ) from error
    return listening


def is_own_user(connection: socket.socket) -> bool:
    """Whether the process that connected runs as the user of this process, or as root."""
    peer = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size)
    _, user, _ = _PEER.unpack(peer)
    return user in (os.getuid(), 0)


def read_call(file: BinaryIO) -> Call | None:
    """The call at the beginning of a connection; None when the first line is no call."""
    try:
        return Call.model_validate_json(file.readline(_MAX_LINE))
    except (OSError, ValidationError):
        return None


def wait_for_stop(file: BinaryIO, stop: Callable[[], None]) -> None:
    """Wait until the caller asks to stop or is gone, then call `stop`."""
    with suppress(OSError, ValueError):
        file.readline(_MAX_LINE)
    stop()


def call_service(home: Path, call: Call, console: Console) -> int | None:
    """Let the service on `home` run `call`, show its output at `console`, and return the exit code.

    Returns None when no service listens there.

    Raises:
        StoreError: the service ended in the middle.
    """
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            with _short_name(home) as name:
                connection.connect(name)
        except OSError:
            return None
        connection.sendall(call.model_dump_json().encode() + b"\n")

        def ask_to_stop() -> None:
            with suppress(OSError):
                connection.sendall(_STOP)

        with connection.makefile("rb") as lines, console.stops_cleanly(ask_to_stop):
            for line in lines:
                message = Said.model_validate_json(line)
                if message.code is not None:
                    return message.code
                _show(message, console)
    raise StoreError("服务在命令完成之前停止了；已存入的都在，服务重新启动后可再执行一次")


def _show(said: Said, console: Console) -> None:
    if said.result is not None:
        console.result(said.result)
    if said.tell is not None:
        console.tell(said.tell)
    if said.step is not None:
        console.step(said.step)


@contextmanager
def _short_name(home: Path) -> Iterator[str]:
    """The socket's path through a descriptor of its folder: an address holds 107 bytes, KB_HOME more."""
    folder = os.open(home, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{SOCKET}"
    finally:
        os.close(folder)
