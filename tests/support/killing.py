"""The program in processes that end by SIGKILL, at a chosen storage step or whenever the test says.

The processes are forked from one that has imported the program and loaded the model, so that a start costs a
second. A storage step is a commit, a write to the index, or a change of a file in KB_HOME; the process counts
a shared number down and dies before the step at which it reaches zero.
"""

import multiprocessing
import os
import re
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from kb import knowledge_base

if TYPE_CHECKING:
    from kb.embedding.embedder import Embedder

REPOSITORY = Path(__file__).parents[2]
START_SECONDS = 240
_LISTENS = re.compile(r"已启动：http://127\.0\.0\.1:(\d+)")
_MODELS = "KILLING_MODELS"  # set for the process to fork from: the folder of the unpacked model
_WRITES = os.O_WRONLY | os.O_RDWR
_FILE_STEPS = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.truncate", "shutil.rmtree")


def _loaded_model(folder: str) -> "Embedder":
    """The bundled model, loaded on one thread: a fork has only the thread that forks."""
    import torch

    from kb.embedding.embedder import Embedder

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    embedder = Embedder("bundled", Path(folder))
    embedder.load()
    torch.set_num_threads(threads)
    return embedder


def context() -> ForkServerContext:
    """The way to make the processes; the first of them imports the program."""
    made = multiprocessing.get_context("forkserver")
    made.set_forkserver_preload(["killing", "app", "sentence_transformers", "ingest.__main__"])
    return made


class Victim:
    """A running process of the program; it dies before its `steps_left`-th storage step, 0: before none."""

    def __init__(
        self,
        target: Callable[..., None],
        arguments: tuple[object, ...],
        environment: Mapping[str, str],
        log: Path,
        steps_left: int = 0,
    ) -> None:
        forking = context()
        self.log = log
        self._steps = cast("Synchronized[int]", forking.RawValue("i", steps_left))
        log.write_text("", encoding="utf-8")
        home = environment["KB_HOME"]
        # The process to fork from takes its environment from this process when it starts.
        paths = os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "tests" / "support")])
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PYTHONPATH", paths)
            patch.setenv(_MODELS, str((Path(home) / "models").resolve()))
            self.process: BaseProcess = forking.Process(
                target=_run, args=(target, arguments, dict(environment), str(log), home, self._steps)
            )
            self.process.start()

    def die_after(self, steps: int) -> None:
        """Let the process die before its `steps`-th storage step from now."""
        self._steps.value = steps

    @property
    def steps_left(self) -> int:
        """Storage steps before it dies; negative or 0: it does not count."""
        return self._steps.value

    def kill(self) -> None:
        """SIGKILL, and wait for the end."""
        assert self.process.pid is not None
        with suppress(ProcessLookupError):
            os.kill(self.process.pid, signal.SIGKILL)
        self.process.join()

    def words(self) -> str:
        """All that it has printed so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def port(self) -> int | None:
        """The port on which it listens, once it does; None when it died before."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if found := _LISTENS.search(self.words()):
                return int(found[1])
            if not self.process.is_alive():
                return None
            time.sleep(0.02)
        raise AssertionError(f"the server did not start: {self.words()}")


def serve(corpus: Path, *arguments: str) -> None:
    """`python app.py` with `arguments` and with `corpus` as the folder that it ingests when it starts.

    Building the console takes three seconds of a processor and stores nothing, so it is put off.
    """
    import app
    from web import startup

    make_console = startup.make_console

    def later(kb: object) -> object:
        time.sleep(START_SECONDS)
        return make_console(kb)

    startup.make_console = later
    app.CORPUS = corpus
    sys.exit(app.main(arguments))


def serve_without_console(corpus: Path, *arguments: str) -> None:
    """Like `serve`, for tests that end the process in order: the console fails, no starter is tried."""
    import app
    from kb.citizens import parts
    from kb.errors import KbError
    from web import startup

    def none(_kb: object) -> object:
        raise KbError("没有控制台")

    startup.make_console = none  # type: ignore[assignment]
    parts.read_starters = lambda: ()
    app.CORPUS = corpus
    sys.exit(app.main(arguments))


def bring_in(folder: Path) -> None:
    """`python -m ingest` of a folder."""
    from ingest.__main__ import cli

    cli([str(folder)])


def _run(
    target: Callable[..., None],
    arguments: tuple[object, ...],
    environment: Mapping[str, str],
    log: str,
    home: str,
    steps: "Synchronized[int]",
) -> None:
    if _model is not None:
        knowledge_base.load_embedder = lambda settings, report: _model
    os.environ.update(environment)
    descriptor = os.open(log, os.O_WRONLY | os.O_APPEND)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    _die_at_storage_steps(home, steps)
    target(*arguments)


def _die_at_storage_steps(home: str, steps: "Synchronized[int]") -> None:
    from sqlalchemy import Engine, event

    from kb.retrieval.qdrant_edge import QdrantEdgeStore

    lock = threading.Lock()

    def step(*_: object, **__: object) -> None:
        with lock:
            if steps.value > 0:
                steps.value -= 1
                if steps.value == 0:
                    os.kill(os.getpid(), signal.SIGKILL)

    def watched(method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            step()
            result = method(*arguments, **named)
            step()
            return result

        return call

    def audited(name: str, arguments: tuple[object, ...]) -> None:
        writes = name == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITES
        if (writes or name in _FILE_STEPS) and str(arguments[0]).startswith(home):
            step()

    event.listen(Engine, "commit", step)
    event.listen(Engine, "checkin", step)
    for name in ("_update", "flush"):
        setattr(QdrantEdgeStore, name, watched(getattr(QdrantEdgeStore, name)))
    sys.addaudithook(audited)


_model = _loaded_model(os.environ[_MODELS]) if _MODELS in os.environ else None
