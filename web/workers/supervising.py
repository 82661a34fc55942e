"""One parent and its workers on one listening socket: a killed worker is replaced, SIGTERM drains all.

The parent opens nothing: it forks, waits for signals and for ends. Workers share what it has imported. A
worker that fails in the first seconds is started again with growing pauses; when all fail at the very start,
as with a wrong setting, the program ends like a single process. A worker whose parent is gone ends in order.
"""

import ctypes
import os
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

from kb.models import Model

_ASKED = (signal.SIGTERM, signal.SIGINT)
_WATCHED = (*_ASKED, signal.SIGCHLD)
_SETTLED = 30.0  # seconds after which a worker that ends is started again at once
_LONGEST_PAUSE = 30.0
_PR_SET_PDEATHSIG = 1  # prctl(2)


class Worker(Model):
    """A worker process: its number, from 0, and whether it replaces one that ended."""

    number: int
    is_replacement: bool = False


@dataclass
class _Crew:
    """The workers that run, by process id, with when they began; and those that are due again."""

    serve: Callable[[Worker], int]
    running: dict[int, tuple[Worker, float]] = field(default_factory=dict)
    due: list[tuple[float, Worker]] = field(default_factory=list)
    failures: dict[int, int] = field(default_factory=dict)
    was_settled: bool = False
    code: int = 0

    def start(self, worker: Worker) -> None:
        """Fork a process that serves as `worker`."""
        sys.stdout.flush()
        sys.stderr.flush()
        process = os.fork()
        if process == 0:
            _be_worker(self.serve, worker)
        self.running[process] = worker, monotonic()

    def signal_all(self) -> None:
        """Ask every worker to end in order."""
        for process in self.running:
            os.kill(process, signal.SIGTERM)

    def reap(self) -> None:
        """Note the ends of workers, and when each is due again."""
        while self.running:
            process, status = os.waitpid(-1, os.WNOHANG)
            if process == 0:
                return
            if process not in self.running:
                continue
            worker, begun = self.running.pop(process)
            lived = monotonic() - begun
            self.was_settled = self.was_settled or lived >= _SETTLED
            self.code = self.code or max(0, os.waitstatus_to_exitcode(status))
            fails = self.failures[worker.number] = (
                0 if lived >= _SETTLED else self.failures.get(worker.number, 0) + 1
            )
            pause = min(2.0 ** (fails - 2), _LONGEST_PAUSE) if fails > 1 else 0.0
            self.due.append((monotonic() + pause, Worker(number=worker.number, is_replacement=True)))


def supervise(count: int, serve: Callable[[Worker], int], say: Callable[[str], None]) -> int:
    """Run `serve` in `count` processes until SIGTERM or SIGINT; return the exit code.

    `serve` gets SIGTERM as KeyboardInterrupt, unless it handles it.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, _WATCHED)
    crew = _Crew(serve)
    for number in range(count):
        crew.start(Worker(number=number))
    is_stopping = False
    while crew.running or (crew.due and not is_stopping):
        pause = min((at for at, _ in crew.due), default=monotonic() + 60) - monotonic()
        got = signal.sigtimedwait(_WATCHED, max(0.0, pause) if not is_stopping else 60)
        if got is not None and got.si_signo in _ASKED:
            is_stopping = True
            crew.signal_all()
        crew.reap()
        if is_stopping:
            continue
        if crew.code and not crew.was_settled and not crew.running:
            return crew.code
        for at, worker in tuple(crew.due):
            if at <= monotonic():
                crew.due.remove((at, worker))
                say(f"第 {worker.number + 1} 个工作进程已结束，重新启动")
                crew.start(worker)
    return 0


def _be_worker(serve: Callable[[Worker], int], worker: Worker) -> None:
    """In the forked process: serve, and end without going back to what the parent does."""
    code = 1
    try:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        os.setpgrp()  # Ctrl-C goes to the parent alone: a second signal would cut off running answers
        for number in _ASKED:
            signal.signal(number, signal.default_int_handler)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _WATCHED)
        code = serve(worker)
    except KeyboardInterrupt:
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
