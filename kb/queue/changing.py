"""How a group changes: its row locked, only as it was read, and with an entry in the audit log."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, update

from kb.errors import ConflictError, InputError
from kb.queue.items import OPEN, QueueState
from kb.queue.view import Group, read_group, require_concern
from kb.staff.audit import Audit
from kb.staff.permissions import Staff
from kb.storage.queue_tables import queue_groups

# Fields in which citizens' words stand.
WORDS = ("text", "closed_text", "reason", "moved", "note", "url")
UNCLAIMED: Mapping[str, object] = {"claimed_by": None, "claimed_title": None, "claimed_at": None}


def change_group(
    audit: Audit,
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
    audit.write(connection, staff.name, action, f"提问组 {group.id}", old, new, now, WORDS)
    return group


def held(connection: Connection, staff: Staff, group_id: int, now: datetime) -> Group:
    """The group, locked: nobody else changes it until the end of the transaction."""
    table = queue_groups
    touch = update(table).where(table.c.id == group_id).values(version=table.c.version)
    connection.execute(touch)  # comes first: SQLite cannot always turn a read into a write
    group = read_group(connection, group_id, now)
    require_concern(staff, group.departments)
    return group


def held_as_read(connection: Connection, staff: Staff, group_id: int, version: int, now: datetime) -> Group:
    """The group, locked as by `held`; ConflictError unless it is at `version` and not another's."""
    group = held(connection, staff, group_id, now)
    is_others = group.state is QueueState.CLAIMED and group.claimed_by != staff.name
    if is_others or group.version != version:
        raise ConflictError(standing(group))
    return group


def closed(state: QueueState, staff: Staff, text: str, now: datetime) -> dict[str, object]:
    """The values of a group that `staff` close with `text`, the reply or the reason."""
    who = {"closed_by": staff.name, "closed_title": staff.title, "closed_at": now, "closed_text": text}
    return {"state": state.value, **who, **UNCLAIMED}


def standing(group: Group) -> str:
    """What state a group is in, as a sentence for the person whose change came second."""
    if group.state is QueueState.CLAIMED:
        return f"这一组已由{group.claimed_title}认领，没有改动；请刷新列表。"
    by = f"，由{group.closed_title}处理" if group.closed_title and group.state not in OPEN else ""
    return f"这一组刚有变动（现为{group.state.label}{by}），没有保存；请刷新后再试。"


def checked(text: str, what: str, limit: int) -> str:
    """`text` without white space around it.

    Raises:
        InputError: it is empty or too long; `what` names it.
    """
    text = text.strip()
    if not text:
        raise InputError(f"请填写{what}。")
    if len(text) > limit:
        raise InputError(f"{what}有 {len(text)} 个字，请压缩到 {limit} 个字以内。")
    return text
