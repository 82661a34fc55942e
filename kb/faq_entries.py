"""Where FAQ entries are kept (SQL), how they come and go (JSON lines, CSV), and a cache of their vectors.

A file is taken whole or not at all: every row that cannot be read is named with its row and column.
CSV has the columns 编号,问题,其他问法,答案,部门,有效期自,有效期至 (other wordings separated by |) and, so
that an export loses nothing, may have 状态,来源文件,来源起,来源止. A row without 编号 gets one made from
its question; one without 状态 is approved.
"""

import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError
from sqlalchemy import Engine, Select, insert, select

from kb import tables
from kb.embedding import Vectors
from kb.errors import DatasetError
from kb.faq import FaqEntry, FaqStatus
from kb.models import Model
from kb.normalise import canonical
from kb.text_files import FIELD_ERRORS, read_text_file

_COLUMNS = {
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
_REQUIRED_COLUMNS = ("问题", "答案")
_COLUMN_OF = {field: column for column, field in _COLUMNS.items()} | {"span": "来源起、来源止"}
_BETWEEN_VARIANTS = "|"
_DATE_WORDS = str.maketrans({"年": "-", "月": "-", "日": None, "/": "-", ".": "-"})
_STATUS_WORDS = {FaqStatus.DRAFT: "草稿", FaqStatus.APPROVED: "已审核", FaqStatus.WITHDRAWN: "已撤下"}
_ERROR_WORDS: Mapping[str, str] = {
    **FIELD_ERRORS,
    "int_type": "应为整数",
    "int_parsing": "应为整数",
    "date_from_datetime_parsing": "应为日期，如 2023-09-01",
    "date_type": "应为日期，如 2023-09-01",
    "date_parsing": "应为日期，如 2023-09-01",
    "enum": "应为 " + "、".join(f"{word}（{status.value}）" for status, word in _STATUS_WORDS.items()),
    "extra_forbidden": "没有这一项",
    "greater_than_equal": "不能小于 0",
}
_IN_LIMIT = 500


class ImportCounts(Model):
    """What an import did."""

    added: int
    changed: int
    unchanged: int

    def __str__(self) -> str:
        return f"新增 {self.added} 条，更新 {self.changed} 条，未变 {self.unchanged} 条"


class FaqEntries:
    """FAQ entries in SQL, given in the order of their ids."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(self) -> list[FaqEntry]:
        """Every entry, whatever its status."""
        return self._read(select(tables.faq_entries.c.body))

    def approved(self) -> list[FaqEntry]:
        """The entries that may answer."""
        table = tables.faq_entries.c
        return self._read(select(table.body).where(table.status == FaqStatus.APPROVED.value))

    def put(self, entries: Sequence[FaqEntry]) -> ImportCounts:
        """Store `entries` in place of those with the same id, in one transaction; others stay."""
        table = tables.faq_entries
        with self._engine.begin() as connection:
            before = {row.id: row.body for row in connection.execute(select(table.c.id, table.c.body))}
            rows = [_row(entry) for entry in entries]
            added = [row for row in rows if row["id"] not in before]
            changed = [row for row in rows if row["id"] in before and row["body"] != before[row["id"]]]
            for row in changed:
                connection.execute(table.update().where(table.c.id == row["id"]).values(**row))
            if added:
                connection.execute(insert(table), added)
        return ImportCounts(
            added=len(added), changed=len(changed), unchanged=len(rows) - len(added) - len(changed)
        )

    def _read(self, rows: Select[Any]) -> list[FaqEntry]:
        with self._engine.connect() as connection:
            bodies = connection.scalars(rows.order_by(tables.faq_entries.c.id))
            return [FaqEntry.model_validate_json(body) for body in bodies]


class FaqVectors:
    """Texts -> vectors by `embed`, kept in SQL under the model's name, so that a restart embeds none."""

    def __init__(self, engine: Engine, model: str, embed: Callable[[Sequence[str]], Vectors]) -> None:
        self._engine = engine
        self._model = model
        self._embed = embed

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """Vectors of `texts`, shape [n, size], in the order given."""
        keys = [hashlib.sha256(f"{self._model}\0{text}".encode()).hexdigest() for text in texts]
        known = self._known(set(keys))
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        keys_missing = list(missing)
        for start in range(0, len(missing), _IN_LIMIT):  # what is done stays, should the process be killed
            batch = keys_missing[start : start + _IN_LIMIT]
            made = self._embed([missing[key] for key in batch])
            known |= dict(zip(batch, made, strict=True))
            rows = [{"key": key, "vector": known[key].astype("<f4").tobytes()} for key in batch]
            with self._engine.begin() as connection:
                connection.execute(insert(tables.faq_vectors).prefix_with("OR REPLACE"), rows)
        return np.array([known[key] for key in keys], dtype=np.float32)

    def _known(self, keys: set[str]) -> dict[str, Vectors]:
        table, wanted = tables.faq_vectors.c, sorted(keys)
        found: dict[str, Vectors] = {}
        with self._engine.connect() as connection:
            for start in range(0, len(wanted), _IN_LIMIT):
                rows = select(table.key, table.vector).where(table.key.in_(wanted[start : start + _IN_LIMIT]))
                found |= {row.key: np.frombuffer(row.vector, "<f4") for row in connection.execute(rows)}
        return found


def read_entries(path: Path) -> list[FaqEntry]:
    """The entries of a .jsonl or .csv file.

    Raises:
        DatasetError: the file cannot be read; one line for every row and column that is wrong.
    """
    rows = {".csv": _csv_rows, ".jsonl": _json_rows}.get(path.suffix.lower())
    if rows is None:
        raise DatasetError(f"{path.name}：只认识 .jsonl 和 .csv 文件")
    entries: list[FaqEntry] = []
    errors: list[str] = []
    first_seen: dict[tuple[str, str], int] = {}
    for number, row in rows(path):
        place = f"{path.name} 第 {number} 行"
        if isinstance(row, str):
            errors.append(f"{place}：{row}")
            continue
        try:
            entry = FaqEntry.model_validate({"id": _id_of(row), **row})
        except ValidationError as error:
            errors += [f"{place}{_explain(detail, path.suffix)}" for detail in error.errors()]
            continue
        for column, value in (("编号", entry.id), ("问题", canonical(entry.question))):
            first = first_seen.setdefault((column, value), number)
            if first != number:
                errors.append(f"{place}“{column}”：与第 {first} 行重复")
        entries.append(entry)
    if errors:
        raise DatasetError("\n".join(errors))
    return entries


def write_entries(entries: Sequence[FaqEntry], path: Path) -> None:
    """Write `entries` so that `read_entries` gives them back; CSV with the mark Excel needs to see UTF-8.

    Raises:
        DatasetError: the file cannot be written, or its suffix is neither .jsonl nor .csv.
    """
    if path.suffix.lower() == ".jsonl":
        text = "".join(f"{entry.model_dump_json(exclude_defaults=True)}\n" for entry in entries)
    elif path.suffix.lower() == ".csv":
        file = io.StringIO()
        writer = csv.DictWriter(file, list(_COLUMNS))
        writer.writeheader()
        writer.writerows(_cells(entry) for entry in entries)
        text = f"\ufeff{file.getvalue()}"
    else:
        raise DatasetError(f"{path.name}：只认识 .jsonl 和 .csv 文件")
    try:
        path.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise DatasetError(f"{path} 写不进去：{error}") from error


def _json_rows(path: Path) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """Line number and fields of every line; a sentence instead of fields when the line is not an object."""
    for number, line in enumerate(read_text_file(path).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            yield number, f"不是 JSON：{error}"
        else:
            yield number, row if isinstance(row, dict) else "应为一个 JSON 对象"


def _csv_rows(path: Path) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """Row number as a spreadsheet shows it (the head is row 1), and its fields."""
    table = list(csv.reader(io.StringIO(read_text_file(path), newline="")))
    head = [name.strip() for name in table[0]] if table else []
    unknown = [name for name in head if name not in _COLUMNS]
    missing = [name for name in _REQUIRED_COLUMNS if name not in head]
    if unknown or missing or len(set(head)) != len(head):
        yield (
            1,
            f"表头应为 {','.join(_COLUMNS)}；缺少 {missing or '无'}，不认识 {unknown or '无'}，列名不能重复",
        )
        return
    for number, cells in enumerate(table[1:], start=2):
        if len(cells) > len(head):
            yield number, f"有 {len(cells)} 列，表头只有 {len(head)} 列"
        elif any(cell.strip() for cell in cells):
            yield number, _fields(dict(zip((_COLUMNS[name] for name in head), cells, strict=False)))


def _fields(cells: Mapping[str, str]) -> dict[str, Any]:
    """Fields of an entry from the texts of its cells; an empty cell is no field."""
    fields: dict[str, Any] = {field: cell.strip() for field, cell in cells.items() if cell.strip()}
    if "variants" in fields:
        parts = (part.strip() for part in fields["variants"].split(_BETWEEN_VARIANTS))
        fields["variants"] = tuple(part for part in parts if part)
    for field in ("valid_from", "valid_until"):
        if field in fields:
            fields[field] = _iso_date(fields[field])
    if "status" in fields:
        by_word = {word: status.value for status, word in _STATUS_WORDS.items()}
        fields["status"] = by_word.get(fields["status"], fields["status"])
    if "start" in fields or "end" in fields:
        fields["span"] = {name: fields.pop(name) for name in ("start", "end") if name in fields}
    return fields


def _iso_date(cell: str) -> str:
    """2023年9月1日, 2023/9/1 -> 2023-09-01; anything else as it is."""
    parts = cell.translate(_DATE_WORDS).split("-")
    return "-".join(part.zfill(2) for part in parts)


def _cells(entry: FaqEntry) -> dict[str, Any]:
    fields = entry.model_dump(mode="json", exclude={"span"})
    fields["variants"] = _BETWEEN_VARIANTS.join(entry.variants)
    fields["status"] = _STATUS_WORDS[entry.status]
    fields |= {"start": entry.span.start, "end": entry.span.end} if entry.span else {}
    return {column: fields.get(field) for column, field in _COLUMNS.items()}


def _explain(error: Mapping[str, Any], suffix: str) -> str:
    """Column and reason of one of pydantic's errors, in Chinese."""
    names = [str(part) for part in error["loc"] if isinstance(part, str)]
    if suffix.lower() == ".csv":
        names = [_COLUMN_OF.get(name, name) for name in names[-1:]]
    reason = _ERROR_WORDS.get(error["type"]) or str(error.get("ctx", {}).get("error", error["msg"]))
    return f"“{'.'.join(names)}”：{reason}" if names else f"：{reason}"


def _id_of(row: Mapping[str, Any]) -> str:
    """Id of an entry that brings none: the same question gets the same one each time."""
    digest = hashlib.sha256(canonical(str(row.get("question", ""))).encode()).hexdigest()
    return f"faq-{digest[:12]}"


def _row(entry: FaqEntry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "status": entry.status.value,
        "question": entry.question,
        "body": entry.model_dump_json(exclude_defaults=True),
        "updated": datetime.now(UTC).replace(tzinfo=None),
    }
