"""What is on its way: events are written down before anything is sent, and sent until they have arrived.

A killed program loses nothing: what it had sent and not yet marked is sent again, under the same id.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from kb.citizens.working_days import is_working_day
from kb.clock import CHINA_TIME, china_day
from kb.models import Model
from kb.notices.models import Event, Message, Subscription, wants
from kb.notices.subscriptions import own_departments, read_subscriptions, read_time
from kb.storage.database import portions
from kb.storage.queue_tables import notice_outbox

_MOST_AT_ONCE = 20  # lines of one message
_FIRST_WAIT, _LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)
_MOST_TRIES = 78  # three days
_KEPT = timedelta(days=400)  # an event whose row is deleted would be told again
_OUTBOX = notice_outbox


class Parcel(Model):
    """Rows of the outbox that go to one subscription in one message."""

    subscription: Subscription
    rows: tuple[int, ...]
    message: Message
    tries: int


def put_events(connection: Connection, events: Sequence[Event], now: datetime) -> int:
    """Write down the events that somebody wants and that were not written before; return how many rows."""
    subscriptions = [one for one in read_subscriptions(connection) if one.is_on]
    people = own_departments(connection, {one.person for one in subscriptions if one.person})
    count = 0
    for subscription in subscriptions:
        if subscription.person is not None and subscription.person not in people:
            continue
        own = people.get(subscription.person or "", ())
        wanted = {event.key: event for event in events if wants(subscription, own, event)}
        for key in _known(connection, subscription.id, wanted):
            del wanted[key]
        times = {"made_at": now, "not_before": now}
        rows = [
            {
                "subscription_id": subscription.id,
                **event.model_dump(mode="json", include={"key", "kind", "text", "link"}),
                **times,
                "tries": 0,
            }
            for event in wanted.values()
        ]
        if rows:
            connection.execute(insert(_OUTBOX), rows)
        count += len(rows)
    return count


def take_due(connection: Connection, public_url: str, now: datetime) -> list[Parcel]:
    """What is to be sent now: not in quiet hours, once a day where a digest is wanted."""
    row = _OUTBOX.c
    due = select(_OUTBOX).where(row.sent_at.is_(None), row.not_before <= now, row.tries < _MOST_TRIES)
    waiting = defaultdict(list)
    for found in connection.execute(due.order_by(row.id)).mappings():
        waiting[found["subscription_id"]].append(found)
    parcels = []
    for subscription in read_subscriptions(connection):
        if not subscription.is_on or is_quiet(subscription, now):
            continue
        until = digest_until(subscription, now)
        ready = [one for one in waiting[subscription.id] if one["made_at"] <= until][:_MOST_AT_ONCE]
        if not ready:
            continue
        ids = tuple(one["id"] for one in ready)
        message = Message(
            id=hashlib.sha256(f"{subscription.id}:{ids}".encode()).hexdigest()[:24],
            title=f"政策问答知识库：{len(ready)} 条提醒" if len(ready) > 1 else "政策问答知识库提醒",
            lines=tuple(one["text"] for one in ready),
            links=tuple(f"{public_url}{one['link']}" if public_url else "" for one in ready),
            keys=tuple(one["key"] for one in ready),
        )
        tries = max(one["tries"] for one in ready)
        parcels.append(Parcel(subscription=subscription, rows=ids, message=message, tries=tries))
    return parcels


def mark_sent(connection: Connection, parcel: Parcel, now: datetime) -> None:
    """Note that a parcel has arrived."""
    mine = _OUTBOX.c.id.in_(parcel.rows)
    connection.execute(update(_OUTBOX).where(mine).values(sent_at=now, failure=None))


def mark_failed(connection: Connection, parcel: Parcel, reason: str, now: datetime) -> None:
    """Note that a parcel has not arrived: it goes out again after a minute, then two, at most an hour."""
    wait = min(_FIRST_WAIT * 2**parcel.tries, _LONGEST_WAIT)
    values = {"tries": parcel.tries + 1, "not_before": now + wait, "failure": reason[:500]}
    connection.execute(update(_OUTBOX).where(_OUTBOX.c.id.in_(parcel.rows)).values(**values))


def forget_old(connection: Connection, now: datetime) -> None:
    """Delete what was written down long ago."""
    connection.execute(delete(_OUTBOX).where(_OUTBOX.c.made_at < now - _KEPT))


def last_failures(connection: Connection) -> dict[int, str]:
    """The last failure of each subscription with something that has not arrived."""
    row = _OUTBOX.c
    rows = select(row.subscription_id, row.failure).where(row.sent_at.is_(None), row.failure.is_not(None))
    return {found.subscription_id: found.failure for found in connection.execute(rows.order_by(row.id))}


def is_quiet(subscription: Subscription, now: datetime) -> bool:
    """Whether nothing may be sent to `subscription` now; quiet hours may go past midnight."""
    if subscription.quiet_from is None or subscription.quiet_until is None:
        return False
    begin, end = read_time(subscription.quiet_from), read_time(subscription.quiet_until)
    clock = now.astimezone(CHINA_TIME).time()
    return begin <= clock < end if begin <= end else clock >= begin or clock < end


def digest_until(subscription: Subscription, now: datetime) -> datetime:
    """Up to which moment events are sent now: all of them, or those before the last working day's digest."""
    if subscription.digest_at is None:
        return now
    day = china_day(now)
    moment = datetime.combine(day, read_time(subscription.digest_at), CHINA_TIME)
    while moment > now or not is_working_day(moment.date()):
        moment -= timedelta(days=1)
    return moment


def _known(connection: Connection, subscription_id: int, keys: Iterable[str]) -> list[str]:
    row = _OUTBOX.c
    known: list[str] = []
    for portion in portions(keys):
        rows = select(row.key).where(row.subscription_id == subscription_id, row.key.in_(portion))
        known += connection.scalars(rows)
    return known
