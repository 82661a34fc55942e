"""Exports all entries to a file for people and for other Q&A bases: Excel, CSV, JSON lines, JSON.

`python -m kb faq import` reads CSV and JSON lines again. Excel has the same columns and more for people to
read; JSON gives the source's title and address. Withdrawn entries are included, with that status.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory

from kb.clock import CHINA_TIME, china_today
from kb.faq.files import COLUMNS, SHEET, SHOWN, WIDTHS, cells_of, write_entries
from kb.faq.models import FaqRecord
from kb.models import DocumentSummary, viewer_url
from kb.storage.documents import Documents
from kb.storage.spreadsheets import write_sheet

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
