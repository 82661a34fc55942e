"""What there is to be told now, read from the database: nothing is told twice, because each event has a key.

A citizen's question stands in a key as a digest of its code, which is the only key to it.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, and_, select

from kb.citizens.working_days import working_days_between
from kb.clock import china_day
from kb.faq.models import FaqStatus
from kb.models import Status
from kb.notices.models import Event, NoticeKind
from kb.queue.items import ItemSource
from kb.queue.notes import NoteKind
from kb.storage.queue_tables import left_returns, queue_departments, queue_groups, queue_items, queue_notes
from kb.storage.tables import documents, faq_entries, questions

DUE_SOON = 2  # working days before the day promised
_ESCALATED = 3  # working days after it
_EXPIRING = timedelta(days=30)
_HANDED_SINCE = timedelta(days=7)  # older ones are known by now, or nobody subscribed then
_QUEUE, _FAQ, _DOCUMENTS = "/console", "/console?entry={id}", "/doc/{id}"


def question_events(connection: Connection, now: datetime) -> Iterator[Event]:
    """New questions, those that are nearly or long overdue, and what citizens ask further."""
    item, question, group = queue_items.c, questions.c, queue_groups.c
    is_its = and_(item.source == ItemSource.LEFT.value, item.ref == question.code)
    rows = connection.execute(
        select(question.code, question.departments, question.due, group.claimed_by)
        .add_columns(left_returns.c.text.label("further"))
        .outerjoin(queue_items, is_its)
        .outerjoin(queue_groups, group.id == item.group_id)
        .outerjoin(left_returns, left_returns.c.code == question.code)
        .where(question.replied_at.is_(None))
        .order_by(question.asked_at)
    ).mappings()
    today = china_day(now)
    for row in rows:
        whose = "、".join(row["departments"]) or "未归口"
        due: date | None = row["due"]
        name = hashlib.sha256(row["code"].encode()).hexdigest()[:16]
        about: dict[str, object] = {"link": _QUEUE, "departments": tuple(row["departments"])}
        by = f"，承诺 {due} 前答复" if due else ""
        if row["further"] is None:
            text = f"新的群众留言（{whose}）{by}。"
            yield _event(f"new:{name}", text, about)
        else:
            text = f"群众对答复又问了一次（{whose}）{by}。"
            yield _event(f"further:{name}", text, about)
        if due is not None:
            more = about | {"person": row["claimed_by"]}
            yield from _due_events(f"{name}:{due}", due, today, whose, more)


def _event(key: str, text: str, about: dict[str, object]) -> Event:
    return Event.model_validate({"key": key, "kind": NoticeKind.NEW, "text": text, **about})


def _due_events(key: str, due: date, today: date, whose: str, about: dict[str, object]) -> Iterator[Event]:
    def event(kind: NoticeKind, text: str, **more: object) -> Event:
        return Event.model_validate(
            {"key": f"{kind.value}:{key}", "kind": kind, "text": text, **about, **more}
        )

    left = working_days_between(today, due)
    if due >= today and left <= DUE_SOON:
        when = "今天到期" if due == today else f"还有 {left} 个工作日到期"
        yield event(NoticeKind.DUE_SOON, f"群众留言（{whose}）{when}，请在 {due} 前答复。")
    if due < today:
        yield event(NoticeKind.OVERDUE, f"群众留言（{whose}）已过承诺的 {due}，请尽快答复。")
    if left <= -_ESCALATED:
        text = f"群众留言（{whose}）逾期 {-left} 个工作日仍未答复，请督办。"
        yield event(NoticeKind.ESCALATED, text, person=None)


def handing_events(connection: Connection, now: datetime) -> Iterator[Event]:
    """Groups that were handed on, given to somebody, or sent back."""
    note, group = queue_notes.c, queue_groups.c
    kinds = [NoteKind.HANDED.value, NoteKind.ASSIGNED.value, NoteKind.SENT_BACK.value]
    rows = connection.execute(
        select(note.id, note.group_id, note.kind, note.written_title, group.claimed_by)
        .join(queue_groups, group.id == note.group_id)
        .where(note.kind.in_(kinds), note.written_at > now - _HANDED_SINCE)
        .order_by(note.id)
    ).all()
    table = queue_departments.c
    departments: defaultdict[int, list[str]] = defaultdict(list)
    ids = {row.group_id for row in rows}
    owners = select(table.group_id, table.department).where(table.group_id.in_(ids))
    for owner in connection.execute(owners):
        departments[owner.group_id].append(owner.department)
    for row in rows:
        own = tuple(sorted(departments[row.group_id]))
        yield Event(
            key=f"handed:{row.id}",
            kind=NoticeKind.HANDED,
            text=f"{row.written_title}{NoteKind(row.kind).label}了一组提问（{'、'.join(own) or '未归口'}）。",
            link=_QUEUE,
            departments=own,
            person=row.claimed_by,
        )


def entry_events(connection: Connection) -> Iterator[Event]:
    """FAQ entries that wait for a review, and those whose source no longer holds (需复核)."""
    entry = faq_entries.c
    columns = (entry.id, entry.version, entry.status, entry.question, entry.department, entry.review_reason)
    waits = (entry.status == FaqStatus.SUBMITTED.value) | entry.review_reason.is_not(None)
    for row in connection.execute(select(*columns).where(waits).order_by(entry.updated)).mappings():
        flagged = row["review_reason"] is not None
        kind = NoticeKind.FLAGGED if flagged else NoticeKind.REVIEW
        what = f"需复核：{row['review_reason']}" if flagged else "待审核"
        yield Event(
            key=f"{kind.value}:{row['id']}:{row['version']}",
            kind=kind,
            text=f"常见问答 {row['id']} {what}。",
            link=_FAQ.format(id=row["id"]),
            departments=(row["department"],) if row["department"] else (),
        )


def document_events(connection: Connection, now: datetime) -> Iterator[Event]:
    """Documents in force that lose it within 30 days."""
    today, table = china_day(now), documents.c
    rows = select(table.id, table.title, table.head).where(table.status == Status.IN_FORCE.value)
    for row in connection.execute(rows).mappings():
        last = _last_day(row["head"])
        if last is not None and today <= last <= today + _EXPIRING:
            yield Event(
                key=f"expiring:{row['id']}:{last}",
                kind=NoticeKind.EXPIRING,
                text=f"《{row['title']}》将于 {last} 失效，请确认是否延续。",
                link=_DOCUMENTS.format(id=row["id"]),
            )


def _last_day(head: str | None) -> date | None:
    """The last day on which a document holds, of its stored head (PolicyDocument without its text)."""
    written = json.loads(head).get("expiry_date") if head else None
    return date.fromisoformat(written) if written else None
