"""python -m ingest ledger FILE --out x.xlsx: write the ledger of a work plan, one row for each measure.

Item (十六) of the district's plan requires such a ledger (工作任务台账) of each department. Needs only the
file, no knowledge base.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from ingest.pipeline.process_pool import Readers
from ingest.pipeline.reading_process import Task
from ingest.sources.side_file import read_side_file
from ingest.sources.source import Source
from kb.answering.work_plan import Measure, measures, unassigned
from kb.errors import DocumentError, KbError
from kb.hits import Chunk
from kb.models import Model
from kb.retrieval.ranking import is_bare_head
from kb.storage.spreadsheets import write_sheet

HEAD = ("序号", "任务", "举措", "牵头单位", "责任单位", "完成时限", "页", "原文位置")
NOT_SAID = "未注明"
_WIDTHS = (6, 36, 80, 24, 36, 16, 6, 18)


class WorkPlanLedger(Model):
    """The measures of one document, in the order of its text."""

    document: str
    source: str
    rows: tuple[Measure, ...]


def read_ledger(path: Path) -> WorkPlanLedger:
    """The ledger of the work plan in `path`.

    Raises:
        DocumentError: the file cannot be read, or names no units behind any measure.
    """
    if not path.is_file():
        raise DocumentError(f"没有 {path} 这个文件")
    source = Source(path=str(path), name=path.name)
    task = Task(source=source, document_id=path.name, sha256="", correction=read_side_file(path))
    with Readers(1, count_tokens=len) as readers:
        reading = readers.read(task)
    rows = _rows(reading.chunks)
    if not rows:
        raise DocumentError(f"{path.name} 里没有写明牵头单位或责任单位的举措，做不出台账")
    return WorkPlanLedger(document=reading.document.title, source=path.name, rows=tuple(rows))


def _rows(stored: Sequence[Chunk]) -> list[Measure]:
    """The measures in the order of the text, each in one piece even where chunking cut it.

    Measures without units are included when other measures of the document name units.
    """
    chunks = [chunk for chunk in stored if not is_bare_head(chunk)]
    rows = measures(chunks)
    return sorted((*rows, *unassigned(chunks, rows)), key=lambda row: row.span.start)


def cells(number: int, row: Measure) -> tuple[object, ...]:
    """The cells of measure `row`, the `number`-th of the sheet; its place is in characters, from 1."""
    return (
        number,
        " > ".join(row.task),
        row.words,
        "、".join(row.lead) or ("" if row.responsible else NOT_SAID),
        "、".join(row.responsible) or ("" if row.lead else NOT_SAID),
        row.deadline,
        row.page or "",
        f"第 {row.span.start + 1}–{row.span.end} 字",
    )


def main(
    file: Annotated[Path, typer.Argument(help="工作要点、工作方案等文件")],
    out: Annotated[Path, typer.Option("--out", help="写到哪个 .xlsx 文件")],
    as_json: Annotated[bool, typer.Option("--json", help="台账的每一行另以 JSON 输出")] = False,
) -> None:
    """由工作要点生成工作任务台账：每条举措一行，写明牵头单位、责任单位和完成时限。"""
    try:
        if out.suffix.lower() != ".xlsx":
            raise DocumentError(f"--out {out}：台账只能写成 .xlsx 文件")
        ledger = read_ledger(file)
        rows = [cells(number, row) for number, row in enumerate(ledger.rows, start=1)]
        write_sheet(out, "工作任务台账", HEAD, _WIDTHS, rows)
    except KbError as error:
        print(error, file=sys.stderr)
        raise typer.Exit(1) from error
    if as_json:
        print(ledger.model_dump_json())
        return
    timed = sum(bool(row.deadline) for row in ledger.rows)
    print(f"《{ledger.document}》共 {len(ledger.rows)} 条举措，其中 {timed} 条写明时限，已写入 {out}")
