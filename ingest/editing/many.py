"""One correction for many documents: what it would change in each, and all of them or none saved."""

from collections.abc import Collection, Mapping
from datetime import date, datetime

from sqlalchemy import Connection

from ingest.anatomy.doubts import FIELD_NAMES
from ingest.editing.changes import edit_of, follow_up, live_document, logged, named, require_for
from ingest.editing.corrections import CORRECTED, corrected
from ingest.pipeline.storing import Report, store
from ingest.sources.side_file import override
from kb.errors import InputError
from kb.knowledge_base import KnowledgeBase
from kb.models import Correction, Model
from kb.staff.permissions import Action, Staff, require

FIELDS = ("topic", "departments", "validity", "status")  # those that many documents can share
MOST = 100  # documents at once: they are read again, and stored in one transaction


class FieldChange(Model):
    """A field by its Chinese name, before and after; "" where there is nothing."""

    name: str
    before: str
    after: str


class Affected(Model):
    """A document and what the correction would change in it; nothing when it says so already."""

    id: str
    title: str
    dated: date | None
    version: int
    changes: tuple[FieldChange, ...]


def preview(
    kb: KnowledgeBase, ids: Collection[str], correction: Correction, staff: Staff
) -> tuple[Affected, ...]:
    """What `correction` would change in each of the documents; nothing is saved.

    Raises:
        NotFoundError: one of them is not there (any more).
        NotAllowedError: `staff` may not edit one of them, or would give it to departments not theirs.
        InputError: none or too many documents, or nothing to change.
    """
    require(staff, Action.DOCUMENT_EDIT)
    if not ids:
        raise InputError("请先选中要改的文件。")
    if len(ids) > MOST:
        raise InputError(f"一次最多改 {MOST} 份，选中了 {len(ids)} 份。")
    affected = []
    for document_id in ids:
        document = live_document(kb, document_id, staff, Action.DOCUMENT_EDIT)
        after = override(document, correction)
        require_for(staff, Action.DOCUMENT_EDIT, after.departments)
        changes = (
            FieldChange(
                name=FIELD_NAMES[name],
                before=_words(getattr(document, name)),
                after=_words(getattr(after, name)),
            )
            for name in FIELDS
            if getattr(document, name) != getattr(after, name)
        )
        version = edit_of(kb, document).version
        affected.append(
            Affected(
                id=document.id,
                title=document.title,
                dated=document.dated,
                version=version,
                changes=tuple(changes),
            )
        )
    if not correction.stated():
        raise InputError("请填写要改成什么；不填的不改。")
    return tuple(affected)


def correct_many(
    kb: KnowledgeBase,
    versions: Mapping[str, int],
    correction: Correction,
    staff: Staff,
    now: datetime,
    report: Report | None = None,
) -> None:
    """Correct the documents named in `versions` (id -> the version that was read): all of them or none.

    Raises:
        NotFoundError, NotAllowedError, ConflictError, InputError: as ingest.editing.corrections.correct, for
            any of them; none is changed.
    """
    with kb.storage.ingesting:
        ready = [corrected(kb, each, correction, version, staff) for each, version in versions.items()]

        def also(connection: Connection) -> None:
            for one in ready:
                after = one.reading.document
                kb.storage.edits.put(connection, one.edit, staff.name, now)
                kb.staff.audit.write(
                    connection,
                    staff.name,
                    CORRECTED,
                    named(after.title),
                    logged(one.before),
                    logged(after),
                    now,
                )

        store([one.reading for one in ready], kb, report, also)
        follow_up(kb, *versions)


def _words(value: object) -> str:
    if isinstance(value, tuple):
        return "、".join(map(str, value))
    return "" if value is None else str(value)
