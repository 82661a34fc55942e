"""How a reader says that it is getting on: whoever watches it gives up when it has not for too long.

Readers of long files call `step()` after each page. Outside of a watched process nothing happens.
"""

from collections.abc import Callable
from contextvars import ContextVar

_report: ContextVar[Callable[[], None] | None] = ContextVar("_report", default=None)


def step() -> None:
    """One more page is read."""
    report = _report.get()
    if report is not None:
        report()


def watch(report: Callable[[], None]) -> None:
    """From now on `report` is called at each step of this thread."""
    _report.set(report)
