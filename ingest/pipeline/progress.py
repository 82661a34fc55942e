"""The progress of an ingest for the operator: documents done, speed, time left.

A document is reported only after it is safely stored. Time left is computed from bytes, because one file may
be a thousand times as long as another.
"""

from collections.abc import Mapping
from time import monotonic

from kb.commands.terminal import ProgressStep, Terminal

_BETWEEN_FORECASTS = 15.0  # seconds between two forecasts in a log


class Progress:
    """Counts the documents of an ingest; `weights` are their sizes, by document id."""

    def __init__(self, weights: Mapping[str, int], terminal: Terminal) -> None:
        self._weights = weights
        self._terminal = terminal
        self._total = max(1, sum(weights.values()))
        self._weight = self._documents = self._chunks = 0
        self._start = self._told = monotonic()

    def failed(self, document_id: str) -> None:
        """Count a document that could not be read."""
        self._count(document_id, 0, None)

    def done(self, document_id: str, name: str, chunks: int) -> None:
        """Count a stored document called `name` and its `chunks` chunks."""
        self._count(document_id, chunks, f"已入库：{name}（{chunks} 段）")

    def _count(self, document_id: str, chunks: int, line: str | None) -> None:
        self._documents += 1
        self._chunks += chunks
        self._weight += self._weights[document_id]
        now = monotonic()
        elapsed, share = now - self._start, self._weight / self._total
        rate = self._chunks / elapsed if elapsed else 0.0
        time_left = f"剩余{duration(elapsed * (1 - share) / share)}" if share and elapsed > 1 else ""
        note = f"{self._documents}/{len(self._weights)} 份 {self._chunks} 段 {rate:.0f} 段/秒 {time_left}"
        if now - self._told > _BETWEEN_FORECASTS:
            self._told = now
            line = "\n".join(filter(None, (line, f"进度：{note}")))
        self._terminal.step(ProgressStep(what="导入", share=share, note=note, line=line))


def duration(seconds: float) -> str:
    """A duration in words, rounded.

    >>> duration(8), duration(150), duration(7_500)
    ('约 8 秒', '约 3 分钟', '约 2 小时 5 分钟')
    """
    if seconds < 90:
        return f"约 {max(1, round(seconds))} 秒"
    minutes = round(seconds / 60 + 0.001)
    hours, minutes = divmod(minutes, 60)
    return f"约 {hours} 小时 {minutes} 分钟" if hours else f"约 {minutes} 分钟"
