"""Where a command's words go: results on stdout, the rest on stderr, here or at another process's terminal.

A command knows only `Terminal`. `Console` is this process's own; kb.commands.channel has the one at the other
end of a connection, so that a command prints the same wherever it runs.
"""

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Protocol

from rich.console import Console as RichConsole
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as RichProgress

from kb.models import Model

STOPPED = 130  # exit code of a command that ended early because it was asked to: 128 + SIGINT, as in a shell


class ProgressStep(Model):
    """Progress of a long task: `share` of it is done (0 to 1), `note` says how far in words.

    `line` is printed where no bar can be drawn, as in a log.
    """

    what: str
    share: float
    note: str
    line: str | None = None


class Terminal(Protocol):
    """Where a command prints, and whether it has been asked to stop."""

    @property
    def stopped(self) -> bool:
        """Whether the command should end at the next good place."""

    def result(self, text: str) -> None:
        """A result, for stdout."""

    def tell(self, text: str) -> None:
        """A sentence for a person, for stderr."""

    def step(self, step: ProgressStep) -> None:
        """Progress, for stderr."""


class Silence:
    """A Terminal that discards everything, and stops when `is_stopped` says so."""

    def __init__(self, is_stopped: Callable[[], bool] = lambda: False) -> None:
        self._is_stopped = is_stopped

    @property
    def stopped(self) -> bool:
        """Whether the command should end."""
        return self._is_stopped()

    def result(self, text: str) -> None:
        """Discard the call."""

    def tell(self, text: str) -> None:
        """Discard the call."""

    def step(self, step: ProgressStep) -> None:
        """Discard the call."""


class Kept(Silence):
    """A Terminal that keeps the last thing said."""

    text = ""

    def result(self, text: str) -> None:
        """Keep the result."""
        self.text = text

    def tell(self, text: str) -> None:
        """Keep the sentence."""
        self.text = text


class Console:
    """This process's stdout and stderr: a bar where stderr is a screen, lines where it is a log.

    It asks the command to end early when `is_over` says so.
    """

    def __init__(self, is_over: Callable[[], bool] = lambda: False) -> None:
        self._is_over = is_over
        self._stopped = False
        self._stderr = RichConsole(stderr=True, soft_wrap=True, highlight=False, markup=False)
        self._bar = RichProgress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.fields[note]}", markup=False),
            console=self._stderr,
            transient=True,
        )
        self._drawn = False

    @property
    def stopped(self) -> bool:
        """Whether Ctrl-C was pressed within `stops_cleanly`, or it is over."""
        return self._stopped or self._is_over()

    def result(self, text: str) -> None:
        """Print a result."""
        self._clear()
        print(text, flush=True)

    def tell(self, text: str) -> None:
        """Print a sentence."""
        self._stderr.print(text)

    def step(self, step: ProgressStep) -> None:
        """Move the bar, or print the line of a log."""
        if not self._stderr.is_terminal:
            if step.line:
                self._stderr.print(step.line)
            return
        if not self._drawn:
            self._drawn = True
            self._bar.add_task(step.what, total=1.0, note="")
            self._bar.start()
        self._bar.update(self._bar.task_ids[0], description=step.what, completed=step.share, note=step.note)

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Remove the bar at the end of the block, however the block ends."""
        try:
            yield
        finally:
            self._clear()

    def _clear(self) -> None:
        if self._drawn:
            self._bar.stop()
            self._drawn = False
            self._bar.remove_task(self._bar.task_ids[0])

    @contextmanager
    def stops_cleanly(self, also: Callable[[], None] = lambda: None) -> Iterator[None]:
        """Within the block, the first Ctrl-C only sets `stopped` and calls `also`; the second one interrupts.

        Outside of the main thread signals are left as they are: they never arrive there.
        """
        if threading.current_thread() is not threading.main_thread():
            with self.shown():
                yield
            return

        def stop(_number: int, _frame: FrameType | None) -> None:
            if self._stopped:
                raise KeyboardInterrupt
            self._stopped = True
            print("正在停止：手上这一批存好就结束；再按一次立即退出", file=sys.stderr, flush=True)
            also()

        before = signal.signal(signal.SIGINT, stop)
        try:
            with self.shown():
                yield
        finally:
            signal.signal(signal.SIGINT, before)
