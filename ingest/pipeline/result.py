"""The result of an ingest, file by file (Row) and in one sentence (IngestResult)."""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Self

from pydantic import Field

from ingest.pipeline.plan import Plan
from ingest.pipeline.reading import Reading, cautions_of
from ingest.sources.folders import Failure
from kb.models import Model


class FileOutcome(StrEnum):
    """What the ingest did with a file."""

    CREATED = "新增"
    REPLACED = "更新"
    UNCHANGED = "未变"
    REMOVED = "移除"
    WITHHELD = "管理员已移除"
    FAILED = "失败"


class ResultRow(Model):
    """A file in the report; a file that was not read has no numbers. `fresh`: chunks newly embedded."""

    name: str
    outcome: FileOutcome
    path: str = ""
    title: str = ""
    pages: int | None = None
    characters: int | None = None
    chunks: int | None = None
    fresh: int | None = None
    seconds: float | None = None
    doubts: tuple[str, ...] = ()
    reason: str = ""


def read_row(reading: Reading, outcome: FileOutcome, fresh: int, seconds: float) -> ResultRow:
    """The row of a stored document, read in `seconds`, with `fresh` newly embedded chunks."""
    document = reading.document
    return ResultRow(
        name=reading.name,
        outcome=outcome,
        path=document.path,
        title=document.title,
        pages=len(document.page_starts) or None,
        characters=len(document.text),
        chunks=len(reading.chunks),
        fresh=fresh,
        seconds=round(seconds, 3),
        doubts=tuple(cautions_of(reading)),
    )


def failed_row(name: str, path: str, reason: str, seconds: float | None = None) -> ResultRow:
    """The row of a source that failed, with the reason."""
    rounded = None if seconds is None else round(seconds, 3)
    return ResultRow(name=name, outcome=FileOutcome.FAILED, path=path, seconds=rounded, reason=reason)


def rows_of(plan: Plan) -> Iterator[ResultRow]:
    """The rows of the sources a plan does not read: failed, unchanged and withheld ones."""
    for failure in plan.failed:
        yield failed_row(failure.name, "", failure.reason)
    for outcome, names in ((FileOutcome.UNCHANGED, plan.unchanged), (FileOutcome.WITHHELD, plan.withheld)):
        for name in names:
            yield ResultRow(name=name, outcome=outcome)


class IngestResult(Model):
    """The outcome of an ingest; documents are named by file name (or docs.jsonl id)."""

    created: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()  # removed by staff: not read
    failed: tuple[Failure, ...] = ()
    chunks: int = 0
    seconds: float = 0.0
    stopped: bool = False  # before everything was done
    rows: tuple[ResultRow, ...] = Field(default=(), exclude=True, repr=False)

    @classmethod
    def of(cls, rows: Iterable[ResultRow], seconds: float, stopped: bool) -> Self:
        """The result that sums up `rows`."""
        all_rows = tuple(rows)

        def named(outcome: FileOutcome) -> tuple[str, ...]:
            return tuple(row.name for row in all_rows if row.outcome is outcome)

        return cls(
            created=named(FileOutcome.CREATED),
            replaced=named(FileOutcome.REPLACED),
            unchanged=named(FileOutcome.UNCHANGED),
            removed=named(FileOutcome.REMOVED),
            withheld=named(FileOutcome.WITHHELD),
            failed=tuple(
                Failure(name=row.name, reason=row.reason)
                for row in all_rows
                if row.outcome is FileOutcome.FAILED
            ),
            chunks=sum(row.fresh or 0 for row in all_rows),
            seconds=seconds,
            stopped=stopped,
            rows=all_rows,
        )

    def with_failures(self, failures: Iterable[Failure]) -> "IngestResult":
        """This result plus the sources that failed before the ingest began."""
        rows = (*(failed_row(failure.name, "", failure.reason) for failure in failures), *self.rows)
        return IngestResult.of(rows, self.seconds, self.stopped)

    def __str__(self) -> str:
        """The sentence for the operator, then a line for each failure."""
        withheld = f"管理员已移除而不导入 {len(self.withheld)}，" if self.withheld else ""
        summary = (
            f"新增 {len(self.created)}，更新 {len(self.replaced)}，未变 {len(self.unchanged)}，"
            f"移除 {len(self.removed)}，{withheld}失败 {len(self.failed)} 份；"
            f"新写入 {self.chunks} 段，用时 {self.seconds:.1f} 秒"
        )
        early = ("已按要求停止，已入库的都在，其余的下次导入时继续",) if self.stopped else ()
        return "\n".join((summary, *early, *(f"  失败：{f.name}：{f.reason}" for f in self.failed)))
