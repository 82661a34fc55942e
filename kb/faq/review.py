"""Review (需复核): finds entries whose source no longer holds and flags them, so that they stop answering.

A quote that merely moved inside its document gets its new place. Code that changes a document calls
kb.faq.life.FaqLife.review afterwards; the program reviews all documents when it starts.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, Engine, and_, update

from kb.faq.drafting import WORDS, changed_facts
from kb.faq.feed import list_again
from kb.faq.models import FaqRecord, FaqStep
from kb.faq.records import FaqRecords, row_of, try_store
from kb.faq.source import SourceVerdict, judge
from kb.staff.audit import Audit
from kb.staff.permissions import Role, Staff
from kb.storage import tables
from kb.storage.database import transaction
from kb.storage.documents import Documents

SYSTEM = Staff(name="系统", title="系统", role=Role.ADMIN)  # no account has this name


def review_sources(
    engine: Engine,
    audit: Audit,
    records: FaqRecords,
    documents: Documents,
    document_ids: Iterable[str] | None,
    now: datetime,
) -> tuple[list[str], list[str]]:
    """Check the entries that cite `document_ids` (None: any document); the ids flagged, and the ids moved.

    An entry that somebody saves at the same moment is skipped: saving checks its source.
    """
    by_document: dict[str, list[FaqRecord]] = {}
    for record in records.citing(document_ids):
        by_document.setdefault(record.entry.document_id or "", []).append(record)
    judged: list[tuple[FaqRecord, SourceVerdict]] = []
    for document_id, citing in by_document.items():
        document = documents.get(document_id)
        judged += [(record, judge(record, document)) for record in citing]
    flagged, moved = [], []
    with transaction(engine) as connection:
        for record, verdict in judged:
            if verdict.reason is not None and record.review_reason is None:
                if _flag(connection, audit, record, verdict.reason, now):
                    flagged.append(record.entry.id)
            elif _follow(connection, audit, record, verdict, now):
                moved.append(record.entry.id)
        list_again(connection, [*flagged, *moved], now)
    return flagged, moved


def _flag(connection: Connection, audit: Audit, record: FaqRecord, reason: str, now: datetime) -> bool:
    new = record.model_copy(update={"review_reason": reason, "version": record.version + 1, "updated": now})
    if not try_store(connection, new, FaqStep.FLAGGED, SYSTEM):
        return False
    subject = f"问答 {new.entry.id}"
    audit.write(connection, SYSTEM.name, "问答需复核", subject, *changed_facts(record, new), now, WORDS)
    return True


def _follow(
    connection: Connection, audit: Audit, record: FaqRecord, verdict: SourceVerdict, now: datetime
) -> bool:
    """Store the new place of the entry's quote; the version stays, as nothing that a person reads changed."""
    source = verdict.source
    if source is None or (source.span == record.entry.span and source.quote == record.quote):
        return False
    entry = record.entry.model_copy(update={"span": source.span})
    new = record.model_copy(update={"entry": entry, "quote": source.quote})
    table = tables.faq_entries
    own_row = and_(table.c.id == entry.id, table.c.version == record.version)
    if not connection.execute(update(table).where(own_row).values(row_of(new))).rowcount:
        return False
    if source.span == record.entry.span:  # only the quote was missing, its place is the same
        return False
    subject = f"问答 {entry.id}"
    audit.write(connection, SYSTEM.name, "问答引文移位", subject, *changed_facts(record, new), now, WORDS)
    return True
