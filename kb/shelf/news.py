"""What is new: documents that came in and FAQ entries that were approved, newest first, for feeds.

When a document came in is noted when somebody next looks (`note`): a document that is read again, or whose
text changed, keeps its day. Those that are there at the very first look came in on their own day, so that a
feed does not begin with the whole collection.
"""

from collections.abc import Set
from datetime import UTC, date, datetime, time

from sqlalchemy import Engine, delete, insert, select

from kb.clock import CHINA_TIME, china_day
from kb.faq.feed import FaqFeed
from kb.faq.models import FaqEntry
from kb.faq.records import record_of
from kb.models import DocumentSummary, Model
from kb.storage import tables
from kb.storage.database import portions, reading, transaction
from kb.storage.documents import Documents
from kb.storage.queue_tables import document_arrivals

FEED_LENGTH = 40


class NewDocument(Model):
    """A document and when it came in."""

    document: DocumentSummary
    at: datetime


class NewEntry(Model):
    """An FAQ entry that answers, and when it was last approved."""

    entry: FaqEntry
    at: datetime


class News:
    """Reads and notes what is new. All methods raise StoreError when the database fails."""

    def __init__(self, engine: Engine, documents: Documents, feed: FaqFeed) -> None:
        self._engine = engine
        self._documents = documents
        self._feed = feed
        self._noted = -1  # revision of the documents at the last look

    def note(self, now: datetime) -> None:
        """Note the documents that came in or went since the last look."""
        revision = self._documents.revision
        if revision == self._noted:
            return
        table = document_arrivals
        days = {summary.id: summary.dated for summary in self._documents.summaries()}
        with transaction(self._engine) as connection:
            known = set(connection.scalars(select(table.c.document_id)))
            new = [document_id for document_id in days if document_id not in known]
            rows = [
                {"document_id": each, "arrived_at": now if known else _morning(days[each], now)}
                for each in new
            ]
            for batch in portions(rows):
                connection.execute(insert(table), batch)
            for gone in portions(known - days.keys()):
                connection.execute(delete(table).where(table.c.document_id.in_(gone)))
        self._noted = revision

    def documents(
        self, now: datetime, excluded: Set[str], length: int | None = FEED_LENGTH
    ) -> list[NewDocument]:
        """The documents that came in last, without those of the ids `excluded`; `length` None: all."""
        self.note(now)
        table = document_arrivals.c
        rows = select(table.document_id, table.arrived_at).order_by(
            table.arrived_at.desc(), table.document_id
        )
        with reading(self._engine) as connection:
            arrived = {row.document_id: row.arrived_at for row in connection.execute(rows)}
        summaries = {one.id: one for one in self._documents.summaries() if one.id not in excluded}
        known = [
            NewDocument(document=summaries[each], at=at) for each, at in arrived.items() if each in summaries
        ]
        return known if length is None else known[:length]

    def entries(self, now: datetime, length: int | None = FEED_LENGTH) -> list[NewEntry]:
        """The entries that answer, those approved or changed last first; `length` None: all."""
        self._feed.note_day(now)
        table = tables.faq_entries
        rows = select(table).where(table.c.listed).order_by(table.c.sequence.desc())
        with reading(self._engine) as connection:
            found = list(connection.execute(rows if length is None else rows.limit(length)).mappings())
        return [NewEntry(entry=record_of(row).entry, at=row["listed_at"]) for row in found]


def _morning(dated: date | None, now: datetime) -> datetime:
    """The beginning of a document's own day in China; `now` where it has none, or one still to come."""
    if dated is None or dated > china_day(now):
        return now
    return datetime.combine(dated, time(), CHINA_TIME).astimezone(UTC)
