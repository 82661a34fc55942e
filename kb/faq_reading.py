"""What staff read of the FAQ entries: lists, one entry with its history, all of them as a file."""

from datetime import datetime

from kb.clock import china_day
from kb.documents import Documents
from kb.faq_export import ExportFormat, export
from kb.faq_history import HistoryLine, history_lines
from kb.faq_models import FaqFilter, FaqPage, FaqRecord
from kb.faq_records import FaqRecords
from kb.models import Model
from kb.staff import Action, Staff, require

PAGE_SIZE = 20


class FaqDetail(Model):
    """An entry, and every step of its life, the last one first."""

    record: FaqRecord
    history: tuple[HistoryLine, ...]


def look_up(
    records: FaqRecords, staff: Staff, wanted: FaqFilter, page: int, now: datetime, size: int = PAGE_SIZE
) -> FaqPage:
    """Page `page` (from 1) of the entries that fit, the ones changed last first."""
    require(staff, Action.SEARCH)
    return records.page(wanted, china_day(now), max(1, page), size)


def detail(records: FaqRecords, staff: Staff, entry_id: str) -> FaqDetail:
    """All about one entry.

    Raises:
        NotFoundError: there is none.
    """
    require(staff, Action.SEARCH)
    record = records.get(entry_id)
    return FaqDetail(record=record, history=tuple(history_lines(records.history(entry_id))))


def export_all(records: FaqRecords, documents: Documents, staff: Staff, form: ExportFormat) -> bytes:
    """Every entry, withdrawn ones as such, as a file."""
    require(staff, Action.FAQ_EDIT)
    return export(records.all(), documents, form)
