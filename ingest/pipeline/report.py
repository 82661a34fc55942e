"""The report of an ingest, one line for each file: .csv and .xlsx for people, .json for programs."""

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ingest.pipeline.result import ResultRow
from kb.errors import DatasetError
from kb.storage.sheets.writing import FORMULA_STARTS
from kb.storage.spreadsheets import write_sheet

_HEAD = ("文件", "结果", "标题", "页数", "字数", "段数", "新写入段数", "读取秒数", "疑点", "失败原因", "路径")
_WIDTHS = (40, 10, 40, 8, 10, 8, 10, 10, 40, 60, 60)


def write_report(rows: Sequence[ResultRow], file: Path) -> None:
    """Write `rows` to `file`, in the format of its suffix.

    Raises:
        DatasetError: the suffix is none of .csv, .xlsx, .json, or the file cannot be written.
    """
    check_report_name(file)
    _WRITERS[file.suffix.lower()](rows, file)


def check_report_name(file: Path) -> None:
    """Refuse a report file that could not be written, before hours of work are done.

    Raises:
        DatasetError: the suffix is none of .csv, .xlsx, .json, or the folder does not exist.
    """
    if file.suffix.lower() not in _WRITERS:
        raise DatasetError(f"{file.name}：报告只能写成 {'、'.join(_WRITERS)} 文件")
    if not file.parent.is_dir():
        raise DatasetError(f"{file.parent} 不是目录，报告写不进去")


def _cells(row: ResultRow) -> tuple[object, ...]:
    numbers = (row.pages, row.characters, row.chunks, row.fresh, row.seconds)
    return (row.name, row.outcome.value, row.title, *numbers, "".join(row.doubts), row.reason, row.path)


def _write_excel(rows: Sequence[ResultRow], file: Path) -> None:
    write_sheet(file, "导入报告", _HEAD, _WIDTHS, map(_cells, rows))


def _write_csv(rows: Sequence[ResultRow], file: Path) -> None:
    """Write CSV with a byte order mark; without it Excel reads UTF-8 as GB 18030."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(_HEAD)
    writer.writerows([_unlike_formula(cell) for cell in _cells(row)] for row in rows)
    _write(file, "\ufeff" + buffer.getvalue())


def _write_json(rows: Sequence[ResultRow], file: Path) -> None:
    records = [row.model_dump(mode="json") for row in rows]
    _write(file, json.dumps(records, ensure_ascii=False, indent=1))


def _unlike_formula(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA_STARTS) else cell


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise DatasetError(f"{file} 写不进去：{error.strerror or error}") from error


_WRITERS: Mapping[str, Callable[[Sequence[ResultRow], Path], None]] = {
    ".csv": _write_csv,
    ".xlsx": _write_excel,
    ".json": _write_json,
}
