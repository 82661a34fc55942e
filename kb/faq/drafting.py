"""From what a person filled in to an FAQ entry: who may, what is wrong with it, and what changed."""

import secrets
from collections.abc import Mapping
from datetime import datetime

from pydantic import ValidationError

from kb.errors import InputError, NotAllowedError
from kb.faq.files import COLUMN_OF, explain
from kb.faq.models import FaqDraft, FaqEntry, FaqRecord, FaqStatus
from kb.faq.source import source_in
from kb.models import FindDocument
from kb.staff.permissions import Action, Staff, require

_ID_BYTES = 6
_NO_DEPARTMENT = "这条问答没有填部门，您只能处理{own}的问答；请把部门填上。"
_QUOTE_OF_NOTHING = "粘贴了引文，还要选择引文所在的出处文件。"


def require_for(staff: Staff, action: Action, department: str | None) -> None:
    """Pass only who may do `action` on an entry of `department`.

    An entry of no department is everybody's, so it is for those who are bound to none.

    Raises:
        NotAllowedError: the role may not, or the entry is another department's.
    """
    require(staff, action, department)
    if department is None and staff.departments:
        raise NotAllowedError(_NO_DEPARTMENT.format(own="、".join(staff.departments)))


def entry_of(
    draft: FaqDraft, entry_id: str, find: FindDocument, near: int = 0
) -> tuple[FaqEntry, str | None]:
    """The entry that `draft` makes, as a draft, and the document's own words that it quotes.

    Raises:
        InputError: there is no such document, the words are not in it, or the dates do not fit together.
    """
    document = find(draft.document_id) if draft.document_id else None
    if draft.document_id and document is None:
        raise InputError(f"出处文件 {draft.document_id} 已不在知识库里，请另选一份。")
    if draft.quote and document is None:
        raise InputError(_QUOTE_OF_NOTHING)
    source = source_in(draft.quote, document, near) if draft.quote and document else None
    fields = draft.model_dump(exclude={"quote"})
    try:
        entry = FaqEntry(id=entry_id, status=FaqStatus.DRAFT, span=source.span if source else None, **fields)
    except ValidationError as error:
        told = "；".join(explain(detail, COLUMN_OF).removeprefix("：") for detail in error.errors())
        raise InputError(f"{told}，请改正后再保存。") from error
    return entry, source.quote if source else None


def new_record(
    staff: Staff, draft: FaqDraft, status: FaqStatus, find: FindDocument, now: datetime
) -> FaqRecord:
    """The first version of a new entry of `staff`."""
    entry, quote = entry_of(draft, f"faq-{secrets.token_hex(_ID_BYTES)}", find)
    return FaqRecord(
        entry=entry.model_copy(update={"status": status}),
        version=1,
        author=staff.name,
        editor=staff.name,
        editor_title=staff.title,
        updated=now,
        quote=quote,
    )


def draft_of(record: FaqRecord) -> FaqDraft:
    """What a person would fill in for the entry as it is."""
    fields = record.entry.model_dump(include=set(FaqDraft.model_fields) - {"quote"})
    return FaqDraft(**fields, quote=record.quote if record.entry.document_id else None)


def changed_facts(
    old: FaqRecord | None, new: FaqRecord
) -> tuple[Mapping[str, object] | None, Mapping[str, object]]:
    """What the audit log keeps of a step: the fields that changed, before and after."""
    after = _facts(new)
    if old is None:
        return None, {name: value for name, value in after.items() if value not in (None, [])}
    before = _facts(old)
    names = [name for name in after if before[name] != after[name]]
    return {name: before[name] for name in names}, {name: after[name] for name in names}


def _facts(record: FaqRecord) -> dict[str, object]:
    life = record.model_dump(mode="json", exclude={"entry", "updated", "editor_title", "checked_title"})
    return {**record.entry.model_dump(mode="json", exclude={"id"}), **life}
