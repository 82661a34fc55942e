"""Watch folders and ingest them whenever a file in them changes.

The system reports changes (inotify, through watchfiles). With `poll` the folders are scanned every two
seconds instead, because a network share does not report changes made on other machines. A file is not read
until it has stayed unchanged for a while, so that a half-copied file is not read. Then the folders are
ingested whole: an unchanged file costs one hash, and changes made meanwhile are not missed.

A deleted file stays in the knowledge base unless `prune` is set. A missing folder (a share that is not
mounted) never removes any document.
"""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event
from time import monotonic

import watchfiles

from ingest.commands import Ingest
from ingest.readers.read import SUPPORTED_SUFFIXES
from ingest.sources.folders import HIDDEN
from kb.commands.tasks import perform
from kb.commands.terminal import STOPPED, Console
from kb.errors import KbError
from kb.settings import Settings

SETTLED = 3.0  # seconds without a change after which a file counts as complete
_PATIENCE = 300.0  # seconds after which a file that keeps changing no longer holds up the others
_TICK_MS = 1_000
_POLL_MS = 2_000
_SUFFIXES = (*SUPPORTED_SUFFIXES, ".jsonl", ".yaml")


class Settling:
    """The changed files, and whether they have stopped changing."""

    def __init__(self, settled: float = SETTLED, clock: Callable[[], float] = monotonic) -> None:
        self._settled = settled
        self._clock = clock
        self._files: dict[str, tuple[int, int] | None] = {}
        self._first = self._last = 0.0

    def changed(self, paths: Sequence[str]) -> None:
        """Record a change of `paths`."""
        now = self._clock()
        if not self._files:
            self._first = now
        self._last = now
        self._files |= {path: _look(path) for path in paths}

    def is_ready(self) -> bool:
        """Whether files have changed and none of them has changed again since."""
        if not self._files:
            return False
        moving = [path for path, seen in self._files.items() if _look(path) != seen]
        if moving:
            self.changed(moving)
        now = self._clock()
        return now - self._last >= self._settled or now - self._first >= _PATIENCE

    def clear(self) -> None:
        """Forget all recorded changes, once they are handled."""
        self._files = {}


def watch(
    folders: Sequence[Path],
    settings: Settings,
    *,
    prune: bool,
    poll: bool,
    console: Console | None = None,
    stop: Event | None = None,
) -> None:
    """Ingest `folders` now and after each change, until Ctrl-C or `stop`.

    A failed ingest is reported, and tried again after the next change or in a minute.
    """
    terminal = console or Console()
    command = Ingest(paths=tuple(folders), prune=prune)
    settling = Settling()
    retry_at = 0.0  # the first ingest is due at once
    names = "、".join(str(folder) for folder in folders)
    changes = watchfiles.watch(
        *folders,
        watch_filter=_is_wanted,
        stop_event=stop,
        rust_timeout=_TICK_MS,
        yield_on_timeout=True,
        raise_interrupt=False,
        force_polling=poll or None,
        poll_delay_ms=_POLL_MS,
    )
    terminal.tell(f"正在监视 {names}，按 Ctrl-C 结束")
    for change in changes:
        if change:
            settling.changed([path for _, path in change])
        if not settling.is_ready() and monotonic() < retry_at:
            continue
        settling.clear()
        try:
            if perform(command, settings, terminal) == STOPPED:
                return
            retry_at = float("inf")
        except KbError as error:
            terminal.tell(f"{error}；一分钟后再试")
            retry_at = monotonic() + 60


def _is_wanted(change: watchfiles.Change, path: str) -> bool:
    """Whether a path may be a source or a side file; a deleted path may have been a folder of them."""
    name = os.path.basename(path)
    if name.startswith(HIDDEN):
        return False
    return change is watchfiles.Change.deleted or name.lower().endswith(_SUFFIXES) or os.path.isdir(path)


def _look(path: str) -> tuple[int, int] | None:
    """Size and time of a file; None when there is none."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns
