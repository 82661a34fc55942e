"""What staff do with the questions that wait for them: claim, reply, dismiss, hand over to an FAQ entry.

Concurrency: the row of a group is locked while the group changes, and it changes only if it still is as it
was read; the second writer gets an error and nothing is lost. A reply goes to every citizen who left one of
the group's questions, signed with the replier's department and title; it is official speech, so the audit log
records who said what.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, Engine, and_, insert, update

from kb.errors import ConflictError, InputError, NotFoundError
from kb.faq.models import FaqEntry
from kb.language.masking import mask
from kb.queue.filters import GroupCounts, GroupFilter, read_counts, read_departments
from kb.queue.grouping import Grouping, begin_group, reword
from kb.queue.items import OPEN, ItemKind, ItemSource, NewItem, QueueState, place_of
from kb.queue.replies import reply_to_citizens
from kb.queue.view import (
    Group,
    GroupDetail,
    may_release,
    read_group,
    read_groups,
    read_items,
    read_unwritten,
    require_concern,
)
from kb.staff.audit import Audit
from kb.staff.permissions import Action, Staff, require
from kb.storage.database import transaction
from kb.storage.queue_tables import queue_departments, queue_groups, queue_items

ANY_OPEN = GroupFilter()
MOST = 200  # groups in one list
MAX_REPLY_CHARS, MAX_NOTE_CHARS = 4_000, 500
WORDS = ("text", "closed_text", "reason", "moved", "note", "url")  # fields in which citizens' words stand
_UNCLAIMED: Mapping[str, object] = {"claimed_by": None, "claimed_title": None, "claimed_at": None}


class Queue:
    """The work list in SQL; `approved` gives the FAQ entries that answer citizens.

    All methods raise StoreError when the database fails. Those on one group also raise NotFoundError when it
    is gone, and NotAllowedError when it belongs to other departments.
    """

    def __init__(
        self, engine: Engine, grouping: Grouping, audit: Audit, approved: Callable[[], Sequence[FaqEntry]]
    ) -> None:
        self._engine = engine
        self._audit = audit
        self._approved = approved
        self.grouping = grouping

    def groups(
        self, staff: Staff, now: datetime, wanted: GroupFilter = ANY_OPEN, limit: int = MOST, offset: int = 0
    ) -> list[Group]:
        """The groups that `staff` may see: overdue ones first, then by how many asked, then the oldest."""
        require(staff, Action.QUEUE)
        self.grouping.try_gather()
        with transaction(self._engine) as connection:
            return read_groups(connection, staff, wanted, limit, offset, now)

    def counts(self, staff: Staff, now: datetime) -> GroupCounts:
        """How many groups wait for `staff`, and how many are closed."""
        require(staff, Action.QUEUE)
        with transaction(self._engine) as connection:
            return read_counts(connection, staff, now)

    def departments(self, staff: Staff) -> tuple[str, ...]:
        """The departments by which `staff` may filter groups."""
        require(staff, Action.QUEUE)
        with transaction(self._engine) as connection:
            return read_departments(connection, staff)

    def unwritten(self, staff: Staff, now: datetime, limit: int) -> list[Group]:
        """The groups for which no FAQ entry is written yet, those asked most first."""
        require(staff, Action.QUEUE)
        self.grouping.try_gather()
        with transaction(self._engine) as connection:
            return read_unwritten(connection, staff, limit, now)

    def group(self, staff: Staff, group_id: int, now: datetime) -> GroupDetail:
        """A group with its questions; citizens' contacts only for staff whom the question concerns."""
        with transaction(self._engine) as connection:
            group = read_group(connection, group_id, now)
            require_concern(staff, group.departments)
            return GroupDetail(group=group, items=read_items(connection, staff, group_id))

    def claim(self, staff: Staff, group_id: int, now: datetime) -> Group:
        """Claim a group; colleagues see who has it.

        Raises:
            ConflictError: the group is not waiting any more.
        """
        values = {
            "state": QueueState.CLAIMED.value,
            "claimed_by": staff.name,
            "claimed_title": staff.title,
            "claimed_at": now,
        }
        with transaction(self._engine) as connection:
            before = _held(connection, staff, group_id, now)
            if before.state is not QueueState.WAITING:
                raise ConflictError(_standing(before))
            return self._change(connection, staff, before, values, "认领提问", {}, now)

    def release(self, staff: Staff, group_id: int, now: datetime) -> Group:
        """Give a group back; reviewers and admins may do so for others.

        Raises:
            ConflictError: it is not claimed, or claimed by somebody else.
        """
        values = {"state": QueueState.WAITING.value, **_UNCLAIMED}
        with transaction(self._engine) as connection:
            before = _held(connection, staff, group_id, now)
            if not may_release(staff, before):
                raise ConflictError(_standing(before))
            return self._change(connection, staff, before, values, "退回提问", {}, now)

    def reply(self, staff: Staff, group_id: int, version: int, text: str, now: datetime) -> Group:
        """Answer every citizen of the group who waits; a second reply corrects the group's last one.

        Raises:
            InputError: the reply is empty or too long, or nobody left a question here.
            ConflictError: somebody else holds the group or has changed it.
        """
        reply = _checked(text, "答复", MAX_REPLY_CHARS)
        with transaction(self._engine) as connection:
            before = _held_as_read(connection, staff, group_id, version, now)
            replied = reply_to_citizens(connection, staff, before, reply, now)
            if not replied.codes:
                raise InputError("这一组没有等待答复的群众留言，答复没有人能看到；请把答案写成常见问答。")
            values = _closed(QueueState.ANSWERED, staff, reply, now)
            return self._change(connection, staff, before, values, "答复群众", replied.model_dump(), now)

    def dismiss(self, staff: Staff, group_id: int, version: int, reason: str, now: datetime) -> Group:
        """Dismiss a group, giving `reason`, which colleagues see.

        Raises:
            InputError: no reason is given, or a citizen was promised a reply.
            ConflictError: somebody else holds the group or has changed it.
        """
        reason = mask(_checked(reason, "原因", MAX_NOTE_CHARS))
        with transaction(self._engine) as connection:
            before = _held_as_read(connection, staff, group_id, version, now)
            if before.waiting:
                raise InputError(
                    f"这一组还有 {before.waiting} 条群众留言等待答复，不能搁置；"
                    "不予受理的，请用“答复”说明理由。"
                )
            values = _closed(QueueState.DISMISSED, staff, reason, now)
            return self._change(connection, staff, before, values, "搁置提问", {"reason": reason}, now)

    def answer_by_faq(self, staff: Staff, group_id: int, version: int, faq_id: str, now: datetime) -> Group:
        """Close a group that an approved entry answers; citizens who left a question get the entry's answer.

        Raises:
            InputError: there is no such approved entry.
            ConflictError: somebody else holds the group or has changed it.
        """
        entry = next((entry for entry in self._approved() if entry.id == faq_id.strip()), None)
        if entry is None:
            raise InputError(f"没有编号为“{faq_id}”的已审核问答，请核对编号；草稿要先审核。")
        with transaction(self._engine) as connection:
            before = _held_as_read(connection, staff, group_id, version, now)
            replied = reply_to_citizens(connection, staff, before, entry.answer, now)
            values = {**_closed(QueueState.ANSWERED, staff, entry.answer, now), "faq_id": entry.id}
            return self._change(
                connection, staff, before, values, "用常见问答答复", replied.model_dump(), now
            )

    def link_draft(self, staff: Staff, group_id: int, faq_id: str, now: datetime) -> Group:
        """Note the FAQ draft that was made from a group, whatever its state."""
        with transaction(self._engine) as connection:
            before = _held(connection, staff, group_id, now)
            return self._change(connection, staff, before, {"faq_id": faq_id}, "提问写成问答", {}, now)

    def separate(self, staff: Staff, group_id: int, source: ItemSource, ref: str, now: datetime) -> Group:
        """Move a question that asks something else out of a group into a new group; return the new group.

        Raises:
            InputError: it is the only question of the group.
        """
        with transaction(self._engine) as connection:
            before = _held(connection, staff, group_id, now)
            items = read_items(connection, staff, group_id)
            moved = next((item for item in items if (item.source, item.ref) == (source, ref)), None)
            if moved is None:
                raise NotFoundError("这个提问不在这一组里", "这个提问已不在这一组里，请刷新。")
            if len(items) == 1:
                raise InputError("这一组只有这一个提问，不用移出。")
            own_id = begin_group(connection, moved.text)
            item = queue_items.c
            is_moved = and_(item.source == source.value, item.ref == ref)
            connection.execute(update(queue_items).where(is_moved).values(group_id=own_id))
            rows = [{"group_id": own_id, "department": name} for name in before.departments]
            if rows:
                connection.execute(insert(queue_departments), rows)
            if before.text not in {other.text for other in items if other is not moved}:
                reword(connection, group_id)
            self._change(connection, staff, before, {}, "移出提问", {"moved": moved.text, "to": own_id}, now)
            return read_group(connection, own_id, now)

    def report(
        self, staff: Staff, text: str, note: str, url: str | None, departments: Sequence[str], now: datetime
    ) -> int:
        """Put an answerer's report of an error into the queue; return the id of its group.

        `text` is the question that was asked, `note` what is wrong (both are masked), `url` the place.

        Raises:
            InputError: the question or the note is empty or too long.
        """
        require(staff, Action.QUEUE)
        item = NewItem(
            source=ItemSource.REPORT,
            ref=secrets.token_urlsafe(12),
            kind=ItemKind.REPORT,
            text=mask(_checked(text, "问题", MAX_NOTE_CHARS)),
            asker=f"staff:{staff.name}",
            asked_at=now,
            departments=tuple(departments),
            note=mask(_checked(note, "哪里有误", MAX_NOTE_CHARS)),
            reported_by=staff.title,
            url=place_of(url),
        )

        def log(connection: Connection, group_id: int) -> None:
            after = item.model_dump(include={"text", "note", "url"})
            self._audit.write(
                connection, staff.name, "报告有误", f"提问组 {group_id}", None, after, now, WORDS
            )

        return self.grouping.add(item, log)

    def _change(
        self,
        connection: Connection,
        staff: Staff,
        before: Group,
        values: Mapping[str, object],
        action: str,
        said: Mapping[str, object],
        now: datetime,
    ) -> Group:
        """Set `values` on a locked group, with an audit entry; return the changed group."""
        table = queue_groups
        statement = update(table).where(table.c.id == before.id)
        connection.execute(statement.values(**values, version=before.version + 1))
        group = read_group(connection, before.id, now)
        old = {"state": before.state, **{name: getattr(before, name) for name in values if name != "state"}}
        new = {"state": group.state, "text": group.text, **values, **said}
        self._audit.write(connection, staff.name, action, f"提问组 {group.id}", old, new, now, WORDS)
        return group


def _held(connection: Connection, staff: Staff, group_id: int, now: datetime) -> Group:
    """The group, locked: nobody else changes it until the end of the transaction."""
    table = queue_groups
    touch = update(table).where(table.c.id == group_id).values(version=table.c.version)
    connection.execute(touch)  # comes first: SQLite cannot always turn a read into a write
    group = read_group(connection, group_id, now)
    require_concern(staff, group.departments)
    return group


def _held_as_read(connection: Connection, staff: Staff, group_id: int, version: int, now: datetime) -> Group:
    """The group, locked as by `_held`; ConflictError unless it is at `version` and not another's."""
    group = _held(connection, staff, group_id, now)
    is_others = group.state is QueueState.CLAIMED and group.claimed_by != staff.name
    if is_others or group.version != version:
        raise ConflictError(_standing(group))
    return group


def _closed(state: QueueState, staff: Staff, text: str, now: datetime) -> dict[str, object]:
    who = {"closed_by": staff.name, "closed_title": staff.title, "closed_at": now, "closed_text": text}
    return {"state": state.value, **who, **_UNCLAIMED}


def _standing(group: Group) -> str:
    """What state a group is in, as a sentence for the person whose change came second."""
    if group.state is QueueState.CLAIMED:
        return f"这一组已由{group.claimed_title}认领，没有改动；请刷新列表。"
    by = f"，由{group.closed_title}处理" if group.closed_title and group.state not in OPEN else ""
    return f"这一组刚有变动（现为{group.state.label}{by}），没有保存；请刷新后再试。"


def _checked(text: str, what: str, limit: int) -> str:
    text = text.strip()
    if not text:
        raise InputError(f"请填写{what}。")
    if len(text) > limit:
        raise InputError(f"{what}有 {len(text)} 个字，请压缩到 {limit} 个字以内。")
    return text
