"""Progress reports of readers, by which a watching process notices a reader that takes too long.

Readers of long files call `step()` after each page. Where nobody watches, `step` does nothing.
"""

from collections.abc import Callable
from contextvars import ContextVar

_report: ContextVar[Callable[[], None] | None] = ContextVar("_report", default=None)


def step() -> None:
    """Report that one more page has been read."""
    report = _report.get()
    if report is not None:
        report()


def watch(report: Callable[[], None]) -> None:
    """Call `report` at every later `step` of this thread."""
    _report.set(report)
