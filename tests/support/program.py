"""The program app.py as a process of its own, for tests that fill its disk, damage its files or kill it."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

REPOSITORY = Path(__file__).parents[2]
SECONDS = 240  # a start on a busy machine that unpacks the model
_ADDRESS = re.compile(r"政策问答知识库已启动：http://127\.0\.0\.1:(\d+)\D")
_START = "import sys, app; app.CORPUS = app.Path(sys.argv[1]); sys.exit(app.main())"
_NO_CONSOLE = """
from kb.errors import KbError
from web import startup

def make_console(kb):
    raise KbError("没有控制台")

startup.make_console = make_console
"""


class Program:
    """A running service: its process, its log, and a client with its address."""

    def __init__(self, process: "subprocess.Popen[bytes]", log: Path, begin: int) -> None:
        self.process = process
        self._log, self._begin = log, begin
        port = self.wait_for(lambda: _port_in(self.log))
        self.client = httpx.Client(
            base_url=f"http://127.0.0.1:{port}",
            timeout=60,
            trust_env=False,
            limits=httpx.Limits(max_keepalive_connections=0),  # a busy server closes idle ones late
        )

    @property
    def log(self) -> str:
        """What it has printed since it started."""
        return self._log.read_bytes()[self._begin :].decode("utf-8", "replace")

    def wait_for(self, found: "Callable[[], object]") -> object:
        """What `found` gives once that is true; fails when the process ends first."""
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            with suppress(httpx.TransportError):  # explained below when the process has ended
                if result := found():
                    return result
            time.sleep(0.1)
            assert self.process.poll() is None, f"ended with {self.process.returncode}:\n{self.log}"
        raise AssertionError(self.log)

    def wait_until_ready(self) -> None:
        """Return when it answers questions."""
        self.wait_for(lambda: self.client.get("/readyz").status_code == 200)

    def ask(self, question: str) -> httpx.Response:
        """POST /api/ask."""
        return self.client.post("/api/ask", json={"question": question})

    @property
    def documents(self) -> int:
        """The number of documents."""
        return int(self.client.get("/readyz").json()["documents"])

    def kill(self) -> None:
        """End it with kill -9."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """Stop it like systemd does; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(SECONDS)


def environment(home: Path) -> dict[str, str]:
    """The environment of a program on `home`."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("KB_")}
    return {
        **inherited,
        "KB_HOME": str(home),
        "KB_PORT": "0",
        "KB_RATE_ADDRESS": "0",
        "PYTHONFAULTHANDLER": "1",
    }


@contextmanager
def running(
    home: Path,
    corpus: Path,
    log: Path,
    umask: int = -1,
    *,
    console: bool = True,
    variables: Mapping[str, str] | None = None,
) -> Iterator[Program]:
    """Context manager: the service on `home` with `corpus` for its documents, printing into the file `log`.

    Without its `console`, which touches no document and no index, a start takes four seconds less of a
    processor. `variables` are more of its environment. It is killed at the end, if it still runs.
    """
    begin = log.stat().st_size if log.exists() else 0
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", _START if console else _NO_CONSOLE + _START, str(corpus)],
            cwd=REPOSITORY,
            env={**environment(home), **(variables or {})},
            stdout=output,
            stderr=output,
            umask=umask,
        )
    try:
        program = Program(process, log, begin)
        with program.client:
            yield program
    finally:
        process.kill()
        process.wait()


def _port_in(log: str) -> int | None:
    found = _ADDRESS.search(log)
    return int(found[1]) if found else None
