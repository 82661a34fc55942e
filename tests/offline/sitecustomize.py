"""Put on PYTHONPATH for programs that tests start: any connection but to this machine is an error.

The test process itself is guarded by pytest-socket; a child process is not, so it gets this. The attempt is
also appended to the file named by OFFLINE_LOG, so that a caught exception cannot hide it.
"""

import os
import socket
from typing import Any

_LOCAL = ("127.", "::1", "localhost", "0.0.0.0", "::")


def _refuse(target: object) -> None:
    if path := os.environ.get("OFFLINE_LOG"):
        with open(path, "a", encoding="utf-8") as file:
            file.write(f"{target}\n")
    raise OSError(f"tests run offline, refused: {target}")


def _guarded(real: Any, host_of: Any) -> Any:
    def call(*args: Any, **kwargs: Any) -> Any:
        host = host_of(*args, **kwargs)
        if host is not None and not str(host).startswith(_LOCAL):
            _refuse(host)
        return real(*args, **kwargs)

    return call


def _address_host(_self: object, address: object) -> object:
    return address[0] if isinstance(address, tuple) else None


socket.socket.connect = _guarded(socket.socket.connect, _address_host)  # type: ignore[method-assign]
socket.socket.connect_ex = _guarded(socket.socket.connect_ex, _address_host)  # type: ignore[method-assign]
socket.getaddrinfo = _guarded(socket.getaddrinfo, lambda host, *_a, **_k: host or None)
