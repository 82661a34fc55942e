"""What the portal's own Q&A base has to know: entries that answer, and those that do not any more.

Every change of what the portal should show gets the next number of one counter. The row of the counter is
locked until the commit, so the order of the numbers is that of the commits: who reads on from the number of
the last change gets every change once, also when many share one time. An entry that was never given out is
not told of. An entry whose time begins or is over is noticed when the feed is next read (`note_day`).
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
    """Where an answer comes from."""

    document: str
    number: str | None
    url: str


class FeedItem(Model):
    """An entry to show, or (`removed`) one to take away, which then has only id, sequence and updated."""

    id: str
    sequence: int
    updated: datetime
    removed: bool = False
    question: str | None = None
    variants: tuple[str, ...] = ()
    answer: str | None = None
    department: str | None = None
    source: FeedSource | None = None
    valid_from: date | None = None
    valid_until: date | None = None

    def as_json(self) -> dict[str, object]:
        """The item as the portal gets it."""
        short = {"id", "removed", "sequence", "updated"} if self.removed else None
        return self.model_dump(mode="json", include=short, exclude=None if self.removed else {"removed"})


class FeedPage(Model):
    """Changes in their order; reading on after `next` gives those that follow."""

    items: tuple[FeedItem, ...]
    next: int
    more: bool


class FaqFeed:
    """The feed, read from SQL. All methods raise StoreError when the database fails."""

    def __init__(self, engine: Engine, documents: Documents) -> None:
        self._engine = engine
        self._documents = documents

    def read(self, after: int, since: datetime | None, now: datetime, limit: int = FEED_PAGE) -> FeedPage:
        """At most `limit` changes with numbers above `after`, not older than `since`."""
        self.note_day(now)
        table = tables.faq_entries
        wanted = [table.c.sequence > after]
        if since is not None:
            wanted.append(table.c.listed_at >= since)
        rows = select(table).where(*wanted).order_by(table.c.sequence).limit(limit + 1)
        with transaction(self._engine) as connection:
            found = list(connection.execute(rows).mappings())
        page = found[:limit]
        ids = {row["document_id"] for row in page if row["document_id"]}
        documents = {summary.id: summary for summary in self._documents.summaries(ids)}
        items = tuple(_item(row, documents) for row in page)
        return FeedPage(items=items, next=items[-1].sequence if items else after, more=len(found) > limit)

    def note_day(self, now: datetime) -> None:
        """Number the changes that came with the day: entries whose time has begun, or is over."""
        day = china_day(now)
        table = tables.faq_entries.c
        over = table.valid_until < day
        waiting = and_(
            table.status == FaqStatus.APPROVED.value,
            table.review_reason.is_(None),
            or_(table.valid_from.is_(None), table.valid_from <= day),
            or_(table.valid_until.is_(None), ~over),
        )
        rows = select(table.id).where(or_(and_(table.listed, over), and_(~table.listed, waiting)))
        with transaction(self._engine) as connection:
            due = list(connection.scalars(rows))
            if due:
                list_again(connection, due, now)


def list_again(connection: Connection, ids: Sequence[str], now: datetime) -> None:
    """Number the changes of what the portal should show, among the entries `ids`, in their order.

    To be called in the transaction of the change, after it.
    """
    day = china_day(now)
    table = tables.faq_entries
    for portion in portions(ids):
        mine = table.c.id.in_(portion)
        rows = list(connection.execute(select(table).where(mine).order_by(table.c.id)).mappings())
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
    """The last of `count` new numbers; others who want some wait until this transaction ends."""
    table = tables.counters
    mine = table.c.name == _COUNTER
    if not connection.execute(update(table).where(mine).values(value=table.c.value + count)).rowcount:
        connection.execute(insert(table).values(name=_COUNTER, value=count))
    return int(connection.execute(select(table.c.value).where(mine)).scalar_one())


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
        answer=entry.answer,
        department=entry.department,
        source=source,
        valid_from=entry.valid_from,
        valid_until=entry.valid_until,
    )
