"""What an operator sees while documents go in, on stderr.

On a terminal a bar with documents done, chunks a second and time left; in a log a line for each document
that is safely stored. A document is only ever reported after it is.
"""

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress


class Progress:
    """Counts documents out of `total`; silent when not `enabled`."""

    def __init__(self, total: int, *, enabled: bool) -> None:
        self._console = Console(stderr=True, quiet=not enabled, soft_wrap=True, highlight=False)
        self._bar = RichProgress(
            TextColumn("导入"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("份 {task.fields[chunks]} 段 {task.fields[rate]:.0f} 段/秒 剩余"),
            TimeRemainingColumn(),
            console=self._console,
            disable=not (enabled and self._console.is_terminal),
        )
        self._task = self._bar.add_task("", total=total, chunks=0, rate=0.0)
        self._chunks = 0

    def skip(self) -> None:
        """Count a document that is unchanged or cannot be read."""
        self._bar.advance(self._task)

    def done(self, name: str, chunks: int) -> None:
        """Count a document that is stored, and the chunks that were cut from it."""
        self._chunks += chunks
        elapsed = self._bar.tasks[0].elapsed or 0.0
        rate = self._chunks / elapsed if elapsed else 0.0
        self._bar.update(self._task, advance=1, chunks=self._chunks, rate=rate)
        if not self._console.is_terminal:
            self._console.print(f"已入库：{name}（{chunks} 段）")

    def __enter__(self) -> "Progress":
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()
