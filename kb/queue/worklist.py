"""What staff do with the questions that wait for them: claim, reply, dismiss, hand over to an FAQ entry.

Concurrency: the row of a group is locked while the group changes, and it changes only if it still is as it
was read; the second writer gets an error and nothing is lost. A reply goes to every citizen who left one of
the group's questions, signed with the replier's department and title; it is official speech, so the audit log
records who said what.
"""

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection, Engine, and_, insert, update

from kb.errors import ConflictError, InputError, NotFoundError
from kb.faq.models import FaqEntry
from kb.language.masking import mask
from kb.queue.changing import (
    UNCLAIMED,
    WORDS,
    change_group,
    checked,
    closed,
    held,
    held_as_read,
    standing,
)
from kb.queue.filters import GroupCounts, GroupFilter, read_counts, read_departments
from kb.queue.grouping import Grouping, begin_group, reword
from kb.queue.handing import Handing
from kb.queue.items import ItemKind, ItemSource, NewItem, QueueState, place_of
from kb.queue.notes import read_notes
from kb.queue.replies import reply_to_citizens
from kb.queue.templates import Templates
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
from kb.storage.queue_tables import queue_departments, queue_items

ANY_OPEN = GroupFilter()
MOST = 200  # groups in one list
MAX_REPLY_CHARS, MAX_NOTE_CHARS = 4_000, 500


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
        self.handing = Handing(engine, audit)
        self.templates = Templates(engine, audit)

    def groups(
        self, staff: Staff, now: datetime, wanted: GroupFilter = ANY_OPEN, limit: int = MOST, offset: int = 0
    ) -> list[Group]:
        """The groups that `staff` may see: people who wait first, then by harm (kb.queue.view)."""
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
        """A group with its questions and notes; citizens' contacts only for staff whom they concern."""
        with transaction(self._engine) as connection:
            group = read_group(connection, group_id, now)
            require_concern(staff, group.departments)
            items, notes = read_items(connection, staff, group_id), read_notes(connection, group_id)
            return GroupDetail(group=group, items=items, notes=notes)

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
            before = held(connection, staff, group_id, now)
            if before.state is not QueueState.WAITING:
                raise ConflictError(standing(before))
            return change_group(self._audit, connection, staff, before, values, "认领提问", {}, now)

    def release(self, staff: Staff, group_id: int, now: datetime) -> Group:
        """Give a group back; reviewers and admins may do so for others.

        Raises:
            ConflictError: it is not claimed, or claimed by somebody else.
        """
        values = {"state": QueueState.WAITING.value, **UNCLAIMED}
        with transaction(self._engine) as connection:
            before = held(connection, staff, group_id, now)
            if not may_release(staff, before):
                raise ConflictError(standing(before))
            return change_group(self._audit, connection, staff, before, values, "退回提问", {}, now)

    def reply(self, staff: Staff, group_id: int, version: int, text: str, now: datetime) -> Group:
        """Answer every citizen of the group who waits; a second reply corrects the group's last one.

        Raises:
            InputError: the reply is empty or too long, or nobody left a question here.
            ConflictError: somebody else holds the group or has changed it.
        """
        reply = checked(text, "答复", MAX_REPLY_CHARS)
        with transaction(self._engine) as connection:
            before = held_as_read(connection, staff, group_id, version, now)
            replied = reply_to_citizens(connection, staff, before, reply, now)
            if not replied.codes:
                raise InputError("这一组没有等待答复的群众留言，答复没有人能看到；请把答案写成常见问答。")
            values = closed(QueueState.ANSWERED, staff, reply, now)
            return change_group(
                self._audit, connection, staff, before, values, "答复群众", replied.model_dump(), now
            )

    def dismiss(self, staff: Staff, group_id: int, version: int, reason: str, now: datetime) -> Group:
        """Dismiss a group, giving `reason`, which colleagues see.

        Raises:
            InputError: no reason is given, or a citizen was promised a reply.
            ConflictError: somebody else holds the group or has changed it.
        """
        reason = mask(checked(reason, "原因", MAX_NOTE_CHARS))
        with transaction(self._engine) as connection:
            before = held_as_read(connection, staff, group_id, version, now)
            if before.waiting:
                raise InputError(
                    f"这一组还有 {before.waiting} 条群众留言等待答复，不能搁置；"
                    "不予受理的，请用“答复”说明理由。"
                )
            values = closed(QueueState.DISMISSED, staff, reason, now)
            return change_group(
                self._audit, connection, staff, before, values, "搁置提问", {"reason": reason}, now
            )

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
            before = held_as_read(connection, staff, group_id, version, now)
            words = entry.plain
            replied = reply_to_citizens(connection, staff, before, words, now)
            values = {**closed(QueueState.ANSWERED, staff, words, now), "faq_id": entry.id}
            return change_group(
                self._audit, connection, staff, before, values, "用常见问答答复", replied.model_dump(), now
            )

    def link_draft(self, staff: Staff, group_id: int, faq_id: str, now: datetime) -> Group:
        """Note the FAQ draft that was made from a group, whatever its state."""
        with transaction(self._engine) as connection:
            before = held(connection, staff, group_id, now)
            return change_group(
                self._audit, connection, staff, before, {"faq_id": faq_id}, "提问写成问答", {}, now
            )

    def separate(self, staff: Staff, group_id: int, source: ItemSource, ref: str, now: datetime) -> Group:
        """Move a question that asks something else out of a group into a new group; return the new group.

        Raises:
            InputError: it is the only question of the group.
        """
        with transaction(self._engine) as connection:
            before = held(connection, staff, group_id, now)
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
            change_group(
                self._audit,
                connection,
                staff,
                before,
                {},
                "移出提问",
                {"moved": moved.text, "to": own_id},
                now,
            )
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
            text=mask(checked(text, "问题", MAX_NOTE_CHARS)),
            asker=f"staff:{staff.name}",
            asked_at=now,
            departments=tuple(departments),
            note=mask(checked(note, "哪里有误", MAX_NOTE_CHARS)),
            reported_by=staff.title,
            url=place_of(url),
        )

        def log(connection: Connection, group_id: int) -> None:
            after = item.model_dump(include={"text", "note", "url"})
            self._audit.write(
                connection, staff.name, "报告有误", f"提问组 {group_id}", None, after, now, WORDS
            )

        return self.grouping.add(item, log)
