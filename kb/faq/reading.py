"""What staff read about the FAQ entries: lists, one entry with its history, all of them as a file."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from difflib import SequenceMatcher
from enum import StrEnum

from kb.clock import china_day
from kb.faq.drafting import require_for
from kb.faq.files import ExportFormat, export
from kb.faq.models import FaqFilter, FaqPage, FaqRecord, FaqVersion
from kb.faq.records import FaqRecords
from kb.models import Model
from kb.staff.permissions import Action, Staff, require
from kb.storage.documents import Documents

_MOST_COMPARED = 1_000_000  # two answers of a thousand characters; the slowest take half a second


class DiffKind(StrEnum):
    """Whether words stayed, were added or were removed."""

    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"


class DiffPiece(Model):
    """Some words of a comparison, and whether they stayed, were added or were removed."""

    kind: DiffKind
    text: str


class FieldChange(Model):
    """How one field changed; all pieces but the removed ones make up the new text."""

    field: str
    pieces: tuple[DiffPiece, ...]


class HistoryLine(Model):
    """One step of an entry's life and what it changed."""

    version: FaqVersion
    changes: tuple[FieldChange, ...]


def history_lines(versions: Sequence[FaqVersion]) -> list[HistoryLine]:
    """Every step with its changes, newest first; `versions` must be newest first as well."""
    before = [*versions[1:], None]
    return [
        HistoryLine(version=version, changes=tuple(changes(older, version)))
        for version, older in zip(versions, before, strict=True)
    ]


def changes(before: FaqVersion | None, after: FaqVersion) -> Iterator[FieldChange]:
    """The fields that differ; when `before` is None, all fields that are filled in."""
    old = _fields(before) if before else {}
    for field, text in _fields(after).items():
        if old.get(field, "") != text:
            yield FieldChange(field=field, pieces=tuple(pieces(old.get(field, ""), text)))


def pieces(before: str, after: str) -> Iterator[DiffPiece]:
    """The words that stayed, were removed and were added from `before` to `after`, as pieces in order.

    >>> [piece.text for piece in pieces("20日内答复", "30日内答复")]
    ['2', '3', '0日内答复']

    Texts of more than _MOST_COMPARED pairs of characters between their common beginning and end count as
    replaced there: to compare them takes time that grows with the pairs.
    """
    start, end = _alike(before, after), _alike(before[::-1], after[::-1])
    end = min(end, len(before) - start, len(after) - start)
    if (len(before) - start - end) * (len(after) - start - end) > _MOST_COMPARED:
        yield from _replaced(before, after, start, end)
        return
    # autojunk would ignore characters that are frequent in texts of 200 characters and more, such as 的
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            yield DiffPiece(kind=DiffKind.SAME, text=after[j1:j2])
            continue
        if i2 > i1:
            yield DiffPiece(kind=DiffKind.REMOVED, text=before[i1:i2])
        if j2 > j1:
            yield DiffPiece(kind=DiffKind.ADDED, text=after[j1:j2])


def _alike(first: str, second: str) -> int:
    """How many characters both texts begin with.

    >>> _alike("20日内", "20天内")
    2
    """
    pairs = zip(first, second, strict=False)
    alike = min(len(first), len(second))
    return next((place for place, (one, other) in enumerate(pairs) if one != other), alike)


def _replaced(before: str, after: str, start: int, end: int) -> Iterator[DiffPiece]:
    """The pieces when all between the first `start` and the last `end` characters was replaced."""
    kinds = (
        (DiffKind.SAME, after[:start]),
        (DiffKind.REMOVED, before[start : len(before) - end]),
        (DiffKind.ADDED, after[start : len(after) - end]),
        (DiffKind.SAME, after[len(after) - end :]),
    )
    yield from (DiffPiece(kind=kind, text=text) for kind, text in kinds if text)


def _fields(version: FaqVersion) -> dict[str, str]:
    entry = version.entry
    return {
        "状态": entry.status.label,
        "问题": entry.question,
        "其他问法": "\n".join(entry.variants),
        "答案": entry.answer,
        "部门": entry.department or "",
        "出处文件": entry.document_id or "",
        "引文": version.quote or "",
        "有效期自": str(entry.valid_from or ""),
        "有效期至": str(entry.valid_until or ""),
    }


PAGE_SIZE = 20


class FaqDetail(Model):
    """An entry, and every step of its life, newest first."""

    record: FaqRecord
    history: tuple[HistoryLine, ...]


def look_up(
    records: FaqRecords, staff: Staff, wanted: FaqFilter, page: int, now: datetime, size: int = PAGE_SIZE
) -> FaqPage:
    """Page `page` (from 1) of the entries that match `wanted`, last changed first; `size` entries a page.

    Staff bound to departments see the entries of those.
    """
    require(staff, Action.SEARCH)
    return records.page(wanted, china_day(now), max(1, page), size, staff.bound_to)


def opened(records: FaqRecords, staff: Staff, entry_id: str) -> FaqRecord:
    """One entry as it is now.

    Raises:
        NotFoundError: no entry has this id.
        NotAllowedError: it belongs to another department.
    """
    require(staff, Action.SEARCH)
    record = records.get(entry_id)
    require_for(staff, Action.SEARCH, record.entry.department)
    return record


def detail(records: FaqRecords, staff: Staff, entry_id: str) -> FaqDetail:
    """One entry with its history.

    Raises:
        NotFoundError, NotAllowedError: as `opened`.
    """
    record = opened(records, staff, entry_id)
    return FaqDetail(record=record, history=tuple(history_lines(records.history(entry_id))))


def export_all(records: FaqRecords, documents: Documents, staff: Staff, form: ExportFormat) -> bytes:
    """The content of a file of all entries, withdrawn ones included, that `staff` may edit."""
    require(staff, Action.FAQ_EDIT)
    return export(records.all(staff.bound_to), documents, form)
