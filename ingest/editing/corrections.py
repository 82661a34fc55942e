"""Changes to live documents by staff: correct the metadata, read the file again, remove, restore.

Corrections are kept apart from the file (kb.storage.document_edits) and are applied whenever the file is read
again; the files themselves are never touched.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection

from ingest.editing.changes import (
    check_version,
    edit_of,
    follow_up,
    live_document,
    logged,
    named,
    require_for,
    to_change,
)
from ingest.pipeline.process_pool import cut_one, read_one
from ingest.pipeline.reading import Reading, correction_of, fingerprint_of
from ingest.pipeline.storing import Report, remove, store_one
from ingest.sources.side_file import override
from ingest.sources.source import Source, find_sources
from kb.errors import DocumentError, InputError, NotFoundError
from kb.knowledge_base import KnowledgeBase
from kb.models import Correction, PolicyDocument
from kb.staff.permissions import Action, Staff, require
from kb.storage.document_edits import DocumentEdit

CORRECTED = "修改文件信息"


class Corrected(NamedTuple):
    """A document before its correction, its reading and its edit after it."""

    before: PolicyDocument
    reading: Reading
    edit: DocumentEdit


def correct(
    kb: KnowledgeBase,
    document_id: str,
    correction: Correction,
    version: int,
    staff: Staff,
    now: datetime,
    report: Report | None = None,
) -> None:
    """Correct the metadata of a document; fields that are not given stay as they are.

    `report` is called with the passages embedded so far and their total: a new title is part of each passage.

    Raises:
        NotFoundError: there is no such document (any more).
        NotAllowedError: `staff` may not edit it, or would give it to departments for which they may not act.
        ConflictError: somebody else has saved since `version` was read; nothing was changed.
        InputError: the corrected fields contradict each other or name an unknown document.
    """
    with kb.storage.ingesting:
        ready = corrected(kb, document_id, correction, version, staff)
        switch(kb, ready.reading, ready.before, ready.edit, CORRECTED, staff, now, report)


def corrected(
    kb: KnowledgeBase, document_id: str, correction: Correction, version: int, staff: Staff
) -> Corrected:
    """The document with its metadata corrected, read but not stored yet.

    Raises:
        NotFoundError, NotAllowedError, ConflictError, InputError: as `correct`.
    """
    if "boundaries" in correction.model_fields_set:
        raise InputError("分段请在这份文件的段落里改。")  # ingest.editing.passages checks them
    before = live_document(kb, document_id, staff, Action.DOCUMENT_EDIT)
    after = override(before, correction)
    require_for(staff, Action.DOCUMENT_EDIT, after.departments)
    edit = edit_of(kb, before)
    check_version(edit, version)
    merged = Correction.model_validate({**edit.correction.stated(), **correction.stated()})
    _check(kb, after)
    reading = cut_anew(kb, before, after, merged, "信息")
    return Corrected(before, reading, edit.model_copy(update={"correction": merged, "title": after.title}))


def cut_anew(
    kb: KnowledgeBase, before: PolicyDocument, after: PolicyDocument, said: Correction, what: str
) -> Reading:
    """The reading of `after`, which is `before` with `said` by staff; nothing is stored.

    Raises:
        InputError: it cannot be cut; the sentence says that `what` of it has not changed.
    """
    fingerprint = fingerprint_of(before.sha256, None, _all_said(before, said), kb.embedder.name)
    try:
        return cut_one(after, before.source, fingerprint, kb.embedder)
    except DocumentError as error:
        raise InputError(f"《{before.title}》的{what}没有改：{error}。") from error


def reset(
    kb: KnowledgeBase,
    document_id: str,
    version: int,
    staff: Staff,
    now: datetime,
    report: Report | None = None,
) -> None:
    """Drop all corrections of a document, so that its metadata is again that of its file.

    Raises:
        NotFoundError, NotAllowedError, ConflictError: as `correct`.
        InputError: the file is gone or cannot be read.
    """
    with kb.storage.ingesting:
        before, edit = to_change(kb, document_id, version, staff, Action.DOCUMENT_EDIT)
        new = edit.model_copy(update={"correction": Correction()})
        reading = _from_file(kb, new)
        switch(kb, reading, before, new, "恢复文件原有信息", staff, now, report)


def read_again(
    kb: KnowledgeBase, document_id: str, staff: Staff, now: datetime, report: Report | None = None
) -> bool:
    """Read a document's file again; return whether anything has changed.

    Raises:
        NotFoundError, NotAllowedError: as `correct`.
        InputError: the file is gone or cannot be read; what is stored stays.
    """
    with kb.storage.ingesting:
        before = live_document(kb, document_id, staff, Action.DOCUMENT_EDIT)
        edit = edit_of(kb, before)
        reading = _from_file(kb, edit)
        (summary,) = kb.storage.documents.summaries([document_id])
        if reading.fingerprint == summary.fingerprint and reading.document.path == summary.path:
            return False
        switch(kb, reading, before, None, "重新导入文件", staff, now, report)
        return True


def take_out(kb: KnowledgeBase, document_id: str, version: int, staff: Staff, now: datetime) -> None:
    """Remove a document from the knowledge base; later ingests skip its file until it is restored.

    Raises:
        NotFoundError, NotAllowedError, ConflictError: as `correct`.
    """
    with kb.storage.ingesting:
        before, edit = to_change(kb, document_id, version, staff, Action.DOCUMENT_REMOVE)
        new = edit.model_copy(update={"removed": True, "title": before.title, "path": before.path})

        def also(connection: Connection) -> None:
            kb.storage.edits.put(connection, new, staff.name, now)
            subject = named(before.title)
            kb.staff.audit.write(connection, staff.name, "移除文件", subject, logged(before), None, now)

        remove(document_id, kb, also)
        follow_up(kb, document_id)


def bring_back(
    kb: KnowledgeBase, document_id: str, staff: Staff, now: datetime, report: Report | None = None
) -> None:
    """Restore a removed document from its file, with all its corrections.

    Raises:
        NotFoundError: no document with this id was removed.
        NotAllowedError: `staff` may not.
        InputError: its file is gone or cannot be read.
    """
    with kb.storage.ingesting:
        require(staff, Action.DOCUMENT_REMOVE)
        edit = kb.storage.edits.get(document_id)
        if edit is None or not edit.removed:
            raise NotFoundError(f"{document_id} 没有被移除", "这份文件没有被移除过，或已经恢复；请刷新。")
        reading = _from_file(kb, edit)
        require_for(staff, Action.DOCUMENT_REMOVE, reading.document.departments)
        new = edit.model_copy(update={"removed": False})
        switch(kb, reading, None, new, "恢复文件", staff, now, report)


def switch(
    kb: KnowledgeBase,
    reading: Reading,
    before: PolicyDocument | None,
    edit: DocumentEdit | None,
    action: str,
    staff: Staff,
    now: datetime,
    report: Report | None,
    told: tuple[Mapping[str, object], Mapping[str, object]] | None = None,
) -> None:
    """Store the reading, the edits and the audit log entry in one transaction.

    The entry tells the fields of the document before and after, or what `told` holds.
    """
    document = reading.document

    def also(connection: Connection) -> None:
        if edit is not None:
            kb.storage.edits.put(connection, edit, staff.name, now)
        old, new = told or (None if before is None else logged(before), logged(document))
        kb.staff.audit.write(connection, staff.name, action, named(document.title), old, new, now)

    store_one(reading, kb, report, also)
    follow_up(kb, document.id)


def _from_file(kb: KnowledgeBase, edit: DocumentEdit) -> Reading:
    """Read the document's file and apply the corrections of `edit`.

    Raises:
        InputError: the file is gone or cannot be read.
    """
    try:
        source = _source_of(edit)
        correction = correction_of(source, edit.correction)
        return read_one(source, edit.document_id, correction, kb.embedder)
    except DocumentError as error:
        raise InputError(f"《{edit.title}》的原件不能读取：{error}。知识库里的内容没有变。") from error


def _source_of(edit: DocumentEdit) -> Source:
    """The file, or the line of a docs.jsonl, that a document comes from.

    Raises:
        DocumentError: it is gone or cannot be opened.
    """
    sources, failures = find_sources([Path(edit.path)])
    for source in sources:
        if source.document_id in (None, edit.document_id):
            return source
    raise DocumentError(failures[0].reason if failures else "docs.jsonl 里没有这份文件了")


def _all_said(document: PolicyDocument, said: Correction) -> Correction:
    """The corrections of side file and staff; the next ingest reports a side file that is unreadable now."""
    try:
        is_line = Path(document.path).suffix.lower() == ".jsonl"
        source = Source(path=document.path, name=document.source, text="" if is_line else None)
        return correction_of(source, said)
    except DocumentError:
        return said


def _check(kb: KnowledgeBase, document: PolicyDocument) -> None:
    """Raise InputError when fields of a corrected document are empty, contradictory or refer to nothing."""
    if not document.title.strip():
        raise InputError("题名不能为空。")
    starts = document.effective_date or document.published_date or document.written_date
    if document.expiry_date and starts and document.expiry_date < starts:
        raise InputError(f"失效日期 {document.expiry_date} 早于 {starts}，请核对。")
    if document.url and not document.url.startswith(("https://", "http://")):
        raise InputError("网址应以 https:// 或 http:// 开头。")
    if document.replaced_by == document.id:
        raise InputError("文件不能被它自己替代。")
    if document.replaced_by and not kb.storage.documents.summaries([document.replaced_by]):
        raise InputError(f"替代它的文件（编号 {document.replaced_by}）不在知识库里，请重新选择。")
