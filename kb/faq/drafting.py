"""Turns what a person filled in (FaqDraft) into an FAQ entry: permission, faults, audit facts."""

import secrets
from collections.abc import Mapping
from datetime import datetime

from pydantic import ValidationError

from kb.errors import InputError, NotAllowedError
from kb.faq.files import COLUMN_OF, explain
from kb.faq.models import FaqDraft, FaqEntry, FaqRecord, FaqStatus
from kb.faq.source import source_in
from kb.language.masking import mask
from kb.models import MAX_QUESTION_CHARS, FindDocument
from kb.staff.permissions import Action, Staff, require

_ID_BYTES = 6
MAX_ANSWER_CHARS, MAX_VARIANTS = 10_000, 100
WORDS = (
    "question",
    "variants",
    "answer",
    "note",
)  # fields of `changed_facts` that may hold a citizen's words
_NO_DEPARTMENT = "这条问答没有填部门，您只能处理{own}的问答；新写的请把部门填上。"
_QUOTE_OF_NOTHING = "粘贴了引文，还要选择引文所在的出处文件。"


def require_for(staff: Staff, action: Action, department: str | None) -> None:
    """Raise NotAllowedError unless `staff` may do `action` on an entry of `department`, reading included.

    An entry without a department belongs to all, so only staff without department limits may act on it.

    Raises:
        NotAllowedError: the role may not, or the entry belongs to another department.
    """
    require(staff, action, department)
    if department is None and staff.bound_to:
        raise NotAllowedError(_NO_DEPARTMENT.format(own="、".join(staff.bound_to)))


def is_own(staff: Staff, record: FaqRecord) -> bool:
    """Whether `staff` may read an entry that does not answer citizens (yet)."""
    return not staff.bound_to or record.entry.department in staff.bound_to


def check_size(draft: FaqDraft) -> None:
    """Raise InputError when `draft` is longer than what is read, compared and matched in good time.

    Raises:
        InputError: the answer is too long, or it has too many wordings.
    """
    if len(draft.answer) > MAX_ANSWER_CHARS:
        raise InputError(f"答案有 {len(draft.answer)} 个字，请压缩到 {MAX_ANSWER_CHARS:,} 个字以内。")
    if len(draft.variants) > MAX_VARIANTS:
        raise InputError(f"其他问法有 {len(draft.variants)} 种，请留下 {MAX_VARIANTS} 种以内。")


def entry_of(
    draft: FaqDraft, entry_id: str, find: FindDocument, near: int = 0
) -> tuple[FaqEntry, str | None]:
    """The entry made from `draft`, with status draft, and its quote in the document's own words (or None).

    `find` gives a document by its id; of several places of the quote the one closest to offset `near` counts.

    Raises:
        InputError: the document does not exist, the quote is not in it, the dates do not fit together, or the
            draft is too long.
    """
    check_size(draft)
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
        faults = "；".join(explain(detail, COLUMN_OF).removeprefix("：") for detail in error.errors())
        raise InputError(f"{faults}，请改正后再保存。") from error
    return entry, source.quote if source else None


def masked(draft: FaqDraft) -> FaqDraft:
    """The draft without personal data in question and variants: they are in a citizen's words."""
    return draft.model_copy(
        update={
            "question": mask(draft.question)[:MAX_QUESTION_CHARS],
            "variants": tuple(mask(variant)[:MAX_QUESTION_CHARS] for variant in draft.variants),
        }
    )


def new_record(
    staff: Staff,
    draft: FaqDraft,
    status: FaqStatus,
    find: FindDocument,
    now: datetime,
    asked_at: datetime | None = None,
) -> FaqRecord:
    """The first version of a new entry of `staff`; `asked_at`: see FaqRecord."""
    entry, quote = entry_of(draft, f"faq-{secrets.token_hex(_ID_BYTES)}", find)
    return FaqRecord(
        entry=entry.model_copy(update={"status": status}),
        version=1,
        author=staff.name,
        editor=staff.name,
        editor_title=staff.title,
        updated=now,
        quote=quote,
        asked_at=asked_at,
    )


def draft_of(record: FaqRecord) -> FaqDraft:
    """The draft that a person would fill in to get the entry as it is now."""
    fields = record.entry.model_dump(include=set(FaqDraft.model_fields) - {"quote"})
    return FaqDraft(**fields, quote=record.quote if record.entry.document_id else None)


def changed_facts(
    old: FaqRecord | None, new: FaqRecord
) -> tuple[Mapping[str, object] | None, Mapping[str, object]]:
    """The fields that a step changed, before and after, for the audit log; `old` is None for a new entry."""
    after = _facts(new)
    if old is None:
        return None, {name: value for name, value in after.items() if value not in (None, [])}
    before = _facts(old)
    names = [name for name in after if before[name] != after[name]]
    return {name: before[name] for name in names}, {name: after[name] for name in names}


def _facts(record: FaqRecord) -> dict[str, object]:
    life = record.model_dump(mode="json", exclude={"entry", "updated", "editor_title", "checked_title"})
    return {**record.entry.model_dump(mode="json", exclude={"id"}), **life}
