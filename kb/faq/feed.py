"""The feed for the portal's own Q&A base: entries that answer, and entries that no longer do.

Every change of what the portal should show gets the next number of one counter. The counter's row is locked
until the commit, so the numbers have the order of the commits: a reader who continues after the last number
gets every change once, even when many changes have the same time. An entry that was never in the feed gets no
removal there. An entry whose validity begins or ends is noticed when the feed is next read (`note_day`).
"""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import Connection, Engine, RowMapping, and_, insert, or_, select, update

from kb.clock import china_day
from kb.faq.models import FaqRecord, FaqStatus
from kb.faq.records import record_of
from kb.models import DocumentSummary, Model, viewer_url
from kb.storage import tables
from kb.storage.database import portions, transaction
from kb.storage.documents import Documents

_COUNTER = "faq_feed"
FEED_PAGE = 200


class FeedSource(Model):
    """The document that an answer comes from; `url` shows the place in it."""

    document: str
    number: str | None
    url: str


class FeedItem(Model):
    """An entry to show or (`removed`) to take away; a removal has only id, sequence and updated."""

    id: str
    sequence: int
    updated: datetime
    removed: bool = False
    question: str | None = None
    variants: tuple[str, ...] = ()
    answer: str | None = None  # without markup
    answer_html: str | None = None  # with it, safe to show; None where the entry has no markup
    department: str | None = None
    source: FeedSource | None = None
    valid_from: date | None = None
    valid_until: date | None = None

    def as_json(self) -> dict[str, object]:
        """The item as the JSON object that the portal gets."""
        short = {"id", "removed", "sequence", "updated"} if self.removed else None
        return self.model_dump(mode="json", include=short, exclude=None if self.removed else {"removed"})


class FeedPage(Model):
    """Changes in order; `more` says whether others follow, to be read with `after` = `next`."""

    items: tuple[FeedItem, ...]
    next: int
    more: bool


class FaqFeed:
    """Reads the feed from SQL. All methods raise StoreError when the database fails."""

    def __init__(self, engine: Engine, documents: Documents) -> None:
        self._engine = engine
        self._documents = documents

    def read(self, after: int, since: datetime | None, now: datetime, limit: int = FEED_PAGE) -> FeedPage:
        """At most `limit` changes with numbers above `after`, made at `since` (None: any time) or later."""
        self.note_day(now)
        table = tables.faq_entries
        conditions = [table.c.sequence > after]
        if since is not None:
            conditions.append(table.c.listed_at >= since)
        rows = select(table).where(*conditions).order_by(table.c.sequence).limit(limit + 1)
        with transaction(self._engine) as connection:
            changes = list(connection.execute(rows).mappings())
        page = changes[:limit]
        ids = {row["document_id"] for row in page if row["document_id"]}
        documents = {summary.id: summary for summary in self._documents.summaries(ids)}
        items = tuple(_item(row, documents) for row in page)
        return FeedPage(items=items, next=items[-1].sequence if items else after, more=len(changes) > limit)

    def note_day(self, now: datetime) -> None:
        """Number the changes that the date brought: entries whose validity has begun or ended."""
        day = china_day(now)
        table = tables.faq_entries.c
        has_expired = table.valid_until < day
        may_answer = and_(
            table.status == FaqStatus.APPROVED.value,
            table.review_reason.is_(None),
            or_(table.valid_from.is_(None), table.valid_from <= day),
            or_(table.valid_until.is_(None), ~has_expired),
        )
        rows = select(table.id).where(or_(and_(table.listed, has_expired), and_(~table.listed, may_answer)))
        with transaction(self._engine) as connection:
            ids = list(connection.scalars(rows))
            if ids:
                list_again(connection, ids, now)


def list_again(connection: Connection, ids: Sequence[str], now: datetime) -> None:
    """Give the next numbers to those of the entries `ids` that the portal shows or should show, in id order.

    Call this in the transaction of the change, after the change.
    """
    day = china_day(now)
    table = tables.faq_entries
    for portion in portions(ids):
        in_batch = table.c.id.in_(portion)
        rows = list(connection.execute(select(table).where(in_batch).order_by(table.c.id)).mappings())
        changed = [(row, shown) for row in rows if (shown := _shows(record_of(row), day)) or row["listed"]]
        if not changed:
            continue
        last = _take_numbers(connection, len(changed))
        for number, (row, shown) in enumerate(changed, start=last - len(changed) + 1):
            values = {"listed": shown, "sequence": number, "listed_at": now}
            connection.execute(update(table).where(table.c.id == row["id"]).values(values))


def _shows(record: FaqRecord, day: date) -> bool:
    return record.answers and record.entry.holds_on(day)


def _take_numbers(connection: Connection, count: int) -> int:
    """Take `count` new numbers and return the last; other transactions wait for this one to end."""
    table = tables.counters
    own_row = table.c.name == _COUNTER
    if not connection.execute(update(table).where(own_row).values(value=table.c.value + count)).rowcount:
        connection.execute(insert(table).values(name=_COUNTER, value=count))
    return int(connection.execute(select(table.c.value).where(own_row)).scalar_one())


def _item(row: RowMapping, documents: dict[str, DocumentSummary]) -> FeedItem:
    if not row["listed"]:
        return FeedItem(id=row["id"], sequence=row["sequence"], updated=row["listed_at"], removed=True)
    entry = record_of(row).entry
    document = documents.get(entry.document_id or "")
    source = None
    if document is not None:
        url = viewer_url(document.id, entry.span) if entry.span else f"/doc/{document.id}"
        source = FeedSource(document=document.title, number=document.number, url=url)
    return FeedItem(
        id=entry.id,
        sequence=row["sequence"],
        updated=row["listed_at"],
        question=entry.question,
        variants=entry.variants,
        answer=entry.plain,
        answer_html=entry.html,
        department=entry.department,
        source=source,
        valid_from=entry.valid_from,
        valid_until=entry.valid_until,
    )
