"""Reads and writes files of FAQ entries: JSON lines, CSV and Excel; a file is read whole or not at all.

Every fault is reported with its row and column. Tables have the columns
编号,问题,其他问法,答案,部门,有效期自,有效期至 (other wordings separated by |) and, so that an export loses
nothing, may have 状态,来源文件,来源起,来源止. A row without 编号 gets an id made from its question; a row
without 状态 is approved. Columns that an export adds for people (SHOWN) are ignored.

An export holds all entries, withdrawn ones with that status; JSON gives the source's title and address.
"""

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pydantic import ValidationError

from kb.clock import CHINA_TIME, china_today
from kb.errors import DatasetError
from kb.faq.models import FaqEntry, FaqRecord, FaqStatus
from kb.language.normalise import canonical
from kb.models import DocumentSummary, viewer_url
from kb.storage.documents import Documents
from kb.storage.spreadsheets import MOST_BYTES, csv_cell, few, read_rows, told, write_sheet
from kb.storage.text_files import FIELD_ERRORS, read_file, read_text_file

COLUMNS = {
    "编号": "id",
    "问题": "question",
    "其他问法": "variants",
    "答案": "answer",
    "部门": "department",
    "有效期自": "valid_from",
    "有效期至": "valid_until",
    "状态": "status",
    "来源文件": "document_id",
    "来源起": "start",
    "来源止": "end",
}
SHOWN = ("需复核", "文件标题", "发文字号", "引文", "作者", "审核人", "审核时间", "更新时间")
_REQUIRED_COLUMNS = ("问题", "答案")
COLUMN_OF = {field: column for column, field in COLUMNS.items()} | {"span": "来源起、来源止"}
_BETWEEN_VARIANTS = "|"
_VARIANTS_APART = re.compile(r"[|｜\n]")
WIDTHS = (14, 36, 36, 60, 14, 12, 12, 10, 20, 10, 10)
_DATE_WORDS = str.maketrans({"年": "-", "月": "-", "日": None, "/": "-", ".": "-"})
_ERROR_WORDS: Mapping[str, str] = {
    **FIELD_ERRORS,
    "int_type": "应为整数",
    "int_parsing": "应为整数",
    "date_from_datetime_parsing": "应为日期，如 2023-09-01",
    "date_type": "应为日期，如 2023-09-01",
    "date_parsing": "应为日期，如 2023-09-01",
    "enum": "应为 " + "、".join(f"{status.label}（{status.value}）" for status in FaqStatus),
    "extra_forbidden": "没有这一项",
    "greater_than_equal": "不能小于 0",
}
SHEET = "常见问答"
_MOST_JSON_BYTES = 100_000_000
_ONLY = "只认识 .jsonl、.csv 和 .xlsx 文件"


def read_entries(path: Path) -> list[FaqEntry]:
    """The entries of a .jsonl, .csv or .xlsx file.

    Raises:
        DatasetError: the file cannot be read; one line for every row and column that is wrong.
    """
    suffix = path.suffix.lower()
    if suffix not in (".csv", ".xlsx", ".jsonl"):
        raise DatasetError(f"{path.name}：{_ONLY}")
    rows = _json_rows(path) if suffix == ".jsonl" else _table_rows(path)
    entries: list[FaqEntry] = []
    errors: list[str] = []
    first_seen: dict[tuple[str, str], int] = {}
    for number, row in rows:
        place = f"{path.name} 第 {number} 行"
        if isinstance(row, str):
            errors.append(f"{place}：{row}")
            continue
        try:
            entry = FaqEntry.model_validate({"id": _id_of(row), **row})
        except ValidationError as error:
            columns = None if suffix == ".jsonl" else COLUMN_OF
            errors += [f"{place}{explain(detail, columns)}" for detail in error.errors()]
            continue
        for column, value in (("编号", entry.id), ("问题", canonical(entry.question))):
            first = first_seen.setdefault((column, value), number)
            if first != number:
                errors.append(f"{place}“{column}”：与第 {first} 行重复")
        entries.append(entry)
    if errors:
        raise DatasetError("\n".join(told(errors)))
    return entries


def write_entries(entries: Sequence[FaqEntry], path: Path) -> None:
    """Write `entries` so that `read_entries` gives them back; CSV with the byte order mark that Excel needs.

    Raises:
        DatasetError: the file cannot be written, or its suffix is not .jsonl, .csv or .xlsx.
    """
    if path.suffix.lower() == ".xlsx":
        rows = (list(cells_of(entry).values()) for entry in entries)
        write_sheet(path, SHEET, list(COLUMNS), WIDTHS, rows)
        return
    if path.suffix.lower() == ".jsonl":
        text = "".join(f"{entry.model_dump_json(exclude_defaults=True)}\n" for entry in entries)
    elif path.suffix.lower() == ".csv":
        file = io.StringIO()
        writer = csv.DictWriter(file, list(COLUMNS))
        writer.writeheader()
        for entry in entries:
            writer.writerow({column: csv_cell(cell) for column, cell in cells_of(entry).items()})
        text = f"\ufeff{file.getvalue()}"
    else:
        raise DatasetError(f"{path.name}：{_ONLY}")
    try:
        path.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise DatasetError(f"{path} 写不进去：{error}") from error


def _json_rows(path: Path) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """Line number and fields of every line; the fault in place of the fields when the line is no object."""
    for number, line in enumerate(read_text_file(path, _MOST_JSON_BYTES).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield number, f"不是 JSON：{error}"
        else:
            yield number, row if isinstance(row, dict) else "应为一个 JSON 对象"


def _table_rows(path: Path) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """Row number as a spreadsheet shows it (the head is row 1) and fields of every row, or its fault."""
    table = read_rows(path.name, read_file(path, MOST_BYTES))
    head = table[0] if table else []
    unknown = [name for name in head if name not in COLUMNS and name not in SHOWN]
    missing = [name for name in _REQUIRED_COLUMNS if name not in head]
    if unknown or missing or len(set(head)) != len(head):
        yield 1, f"表头应为 {','.join(COLUMNS)}；缺少 {few(missing)}，不认识 {few(unknown)}，列名不能重复"
        return
    for number, cells in enumerate(table[1:], start=2):
        if len(cells) > len(head):
            yield number, f"有 {len(cells)} 列，表头只有 {len(head)} 列"
        elif any(cells):
            named = zip(head, cells, strict=False)
            yield number, fields_of({COLUMNS[name]: cell for name, cell in named if name in COLUMNS})


def fields_of(cells: Mapping[str, str]) -> dict[str, Any]:
    """The fields of an entry from the texts of its cells; empty cells are left out."""
    fields: dict[str, Any] = {field: cell.strip() for field, cell in cells.items() if cell.strip()}
    if "variants" in fields:
        parts = (part.strip() for part in _VARIANTS_APART.split(fields["variants"]))
        fields["variants"] = tuple(part for part in parts if part)
    for field in ("valid_from", "valid_until"):
        if field in fields:
            fields[field] = _iso_date(fields[field])
    if "status" in fields:
        by_word = {status.label: status.value for status in FaqStatus}
        fields["status"] = by_word.get(fields["status"], fields["status"])
    if "start" in fields or "end" in fields:
        fields["span"] = {name: fields.pop(name) for name in ("start", "end") if name in fields}
    return fields


def _iso_date(cell: str) -> str:
    """2023年9月1日, 2023/9/1 -> 2023-09-01; anything else as it is."""
    parts = cell.translate(_DATE_WORDS).split("-")
    return "-".join(part.zfill(2) for part in parts)


def cells_of(entry: FaqEntry) -> dict[str, Any]:
    """Column -> cell of an entry."""
    fields = entry.model_dump(mode="json", exclude={"span"})
    fields["variants"] = _BETWEEN_VARIANTS.join(entry.variants)
    fields["status"] = entry.status.label
    fields |= {"start": entry.span.start, "end": entry.span.end} if entry.span else {}
    return {column: fields.get(field) for column, field in COLUMNS.items()}


def explain(error: Mapping[str, Any], columns: Mapping[str, str] | None) -> str:
    """Place and reason of one pydantic error, in Chinese; `columns`: field -> its name for people."""
    names = [str(part) for part in error["loc"] if isinstance(part, str)]
    if columns is not None:
        names = [columns.get(name, name) for name in names[-1:]]
    reason = _ERROR_WORDS.get(error["type"]) or str(error.get("ctx", {}).get("error", error["msg"]))
    return f"“{'.'.join(names)}”：{reason}" if names else f"：{reason}"


def _id_of(row: Mapping[str, Any]) -> str:
    """The id of an entry that comes without one; the same question always gets the same id."""
    digest = hashlib.sha256(canonical(str(row.get("question", ""))).encode()).hexdigest()
    return f"faq-{digest[:12]}"


_SHOWN_WIDTHS = (24, 30, 18, 40, 12, 12, 18, 18)

_TIME = "%Y-%m-%d %H:%M"


class ExportFormat(StrEnum):
    """The formats of an export."""

    XLSX = "xlsx"
    CSV = "csv"
    JSONL = "jsonl"
    JSON = "json"


def export(records: Sequence[FaqRecord], documents: Documents, form: ExportFormat) -> bytes:
    """The content of a file of `records` in the format `form`."""
    summaries = {summary.id: summary for summary in documents.summaries()}
    if form is ExportFormat.JSON:
        items = [as_json(record, summaries, china_today()) for record in records]
        return json.dumps(items, ensure_ascii=False, indent=1).encode()
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"faq.{form.value}"
        if form is ExportFormat.XLSX:
            rows = ([*cells_of(record.entry).values(), *_shown(record, summaries)] for record in records)
            write_sheet(path, SHEET, [*COLUMNS, *SHOWN], [*WIDTHS, *_SHOWN_WIDTHS], rows)
        else:
            write_entries([record.entry for record in records], path)
        return path.read_bytes()


def as_json(record: FaqRecord, documents: Mapping[str, DocumentSummary], day: date) -> dict[str, object]:
    """An entry and its life as a JSON object for other programs; `day` decides whether it has expired."""
    entry, document = record.entry, documents.get(record.entry.document_id or "")
    source = None
    if document is not None:
        source = {
            "document_id": document.id,
            "document": document.title,
            "number": document.number,
            "status": document.status.value,
            "quote": record.quote,
            "url": viewer_url(document.id, entry.span) if entry.span else f"/doc/{document.id}",
        }
    life = record.model_dump(mode="json", exclude={"entry", "quote", "source_status"})
    shown = entry.model_dump(mode="json", exclude={"span", "document_id", "status"})
    state = record.state(day)
    shown |= {"answer_text": entry.plain, "answer_html": entry.html}
    return {**shown, "state": state.value, "state_label": state.label, "source": source, **life}


def _shown(record: FaqRecord, documents: Mapping[str, DocumentSummary]) -> list[str | None]:
    document = documents.get(record.entry.document_id or "")
    return [
        record.review_reason,
        document.title if document else None,
        document.number if document else None,
        record.quote,
        record.author,
        record.checked_title,
        record.checked_at.astimezone(CHINA_TIME).strftime(_TIME) if record.checked_at else None,
        record.updated.astimezone(CHINA_TIME).strftime(_TIME),
    ]
