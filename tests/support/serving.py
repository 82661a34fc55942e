"""Runs the program on a real socket in a thread, as tests of streams, addresses and proxies need."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import uvicorn
from fastapi import FastAPI

from app import configure, listen
from kb.settings import Settings


@contextmanager
def serving(app: FastAPI, settings: Settings, lifespan: Literal["on", "off"] = "off") -> Iterator[int]:
    """Context manager: serve `app` as app.py does, yields the port.

    With lifespan "off" neither model nor console start.
    """
    with listen(settings) as bound:
        port: int = bound.getsockname()[1]
        config = configure(settings, app, port)
        config.lifespan = lifespan
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
        thread.start()
        try:
            _wait_for(server)
            yield port
        finally:
            server.should_exit = True
            thread.join(10)


def _wait_for(server: uvicorn.Server) -> None:
    deadline = time.monotonic() + 60  # the console imports Gradio
    while not server.started:
        assert time.monotonic() < deadline, "the server did not start"
        time.sleep(0.01)


def has_ipv6() -> bool:
    """Whether this machine has an IPv6 loopback address."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True
