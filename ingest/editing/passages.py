"""The boundaries of a document's passages, changed by staff: two joined, one parted, all as they were cut.

A change is a part of the document's correction (kb.models.Boundary), so that it outlives every later reading
of the file as a corrected title does. Only the passages that are new by it are embedded.
"""

from collections.abc import Sequence
from datetime import datetime

from ingest.editing.changes import edit_of, live_document, to_change
from ingest.editing.corrections import cut_anew, switch
from ingest.pipeline.storing import Report
from ingest.structure.boundaries import boundary_at, fault_of, openings, shown
from kb.errors import ConflictError, InputError
from kb.hits import Chunk
from kb.knowledge_base import KnowledgeBase
from kb.models import Boundary, Correction, Model, PolicyDocument
from kb.staff.permissions import Action, Staff
from kb.storage.document_edits import DocumentEdit

_MOST = 500  # changed places of one document
_REPEATED = "这个地方前后的文字在文件里重复出现，认不准是哪一处，不能改。"


class PassagePlace(Model):
    """A passage to be changed: the pieces it can be parted into, and the passage behind it.

    `starts` are where the pieces begin in its text, the first 0; `fault` says why it cannot be joined with
    the passage behind it. `version` must be sent back when a change is saved.
    """

    id: str
    number: int
    count: int
    version: int
    place: str
    page: int | None
    text: str
    starts: tuple[int, ...]
    behind: str | None
    fault: str | None


def passage(kb: KnowledgeBase, document_id: str, number: int, staff: Staff) -> PassagePlace:
    """The passage `number` (from 0) of a document; the last one when there are not so many.

    Raises:
        NotAllowedError: `staff` may not edit the document.
        NotFoundError: no document has this id.
    """
    document = live_document(kb, document_id, staff, Action.DOCUMENT_EDIT)
    chunks = kb.storage.documents.chunks_of(document_id)
    number = max(0, min(number, len(chunks) - 1))
    chunk, behind = chunks[number], chunks[number + 1] if number + 1 < len(chunks) else None
    return PassagePlace(
        id=chunk.id_,
        number=number,
        count=len(chunks),
        version=edit_of(kb, document).version,
        place=" > ".join(chunk.heading_path),
        page=chunk.page,
        text=chunk.text,
        starts=(0, *openings(chunk)),
        behind=behind.text if behind else None,
        fault=fault_of(document, chunk, behind, kb.embedder.count_tokens) if behind else None,
    )


def join(
    kb: KnowledgeBase,
    document_id: str,
    passage_id: str,
    version: int,
    staff: Staff,
    now: datetime,
    report: Report | None = None,
) -> None:
    """Join a passage with the one behind it.

    Raises:
        NotFoundError: there is no such document (any more).
        NotAllowedError: `staff` may not edit it.
        ConflictError: somebody else has saved since `version` was read, or the passage has changed.
        InputError: the two cannot be joined.
    """
    with kb.storage.ingesting:
        document, edit, chunks, number = _found(kb, document_id, passage_id, version, staff)
        if number + 1 == len(chunks):
            raise InputError("这是最后一段，后面没有可以合并的。")
        first, second = chunks[number : number + 2]
        if fault := fault_of(document, first, second, kb.embedder.count_tokens):
            raise InputError(f"不能合并：{fault}。")
        boundary = _boundary(document, second.span.start, parts=False)
        _save(kb, document, edit, boundary, "合并段落", len(chunks), staff, now, report)


def part(
    kb: KnowledgeBase,
    document_id: str,
    passage_id: str,
    place: int,
    version: int,
    staff: Staff,
    now: datetime,
    report: Report | None = None,
) -> None:
    """Part a passage before the character `place` of its text, where a sentence or a line begins.

    Raises:
        NotFoundError, NotAllowedError, ConflictError: as `join`.
        InputError: it cannot be parted there.
    """
    with kb.storage.ingesting:
        document, edit, chunks, number = _found(kb, document_id, passage_id, version, staff)
        chunk = chunks[number]
        if place not in openings(chunk):
            raise InputError("只能在一句话或一行的开头拆开。")
        boundary = _boundary(document, chunk.span.start + place, parts=True)
        _save(kb, document, edit, boundary, "拆分段落", len(chunks), staff, now, report)


def as_cut(
    kb: KnowledgeBase,
    document_id: str,
    version: int,
    staff: Staff,
    now: datetime,
    report: Report | None = None,
) -> None:
    """Drop all changes of a document's boundaries.

    Raises:
        NotFoundError, NotAllowedError, ConflictError: as `join`.
        InputError: there are none.
    """
    with kb.storage.ingesting:
        document, edit = to_change(kb, document_id, version, staff, Action.DOCUMENT_EDIT)
        if not document.boundaries and not edit.correction.boundaries:
            raise InputError("这份文件的分段没有改过。")
        count = len(kb.storage.documents.chunks_of(document_id))
        _save(kb, document, edit, None, "恢复自动分段", count, staff, now, report)


def _found(
    kb: KnowledgeBase, document_id: str, passage_id: str, version: int, staff: Staff
) -> tuple[PolicyDocument, DocumentEdit, Sequence[Chunk], int]:
    """The document, its edit, its chunks, and which of them has the id `passage_id`.

    Raises:
        ConflictError: none has; the file was read again meanwhile.
    """
    document, edit = to_change(kb, document_id, version, staff, Action.DOCUMENT_EDIT)
    chunks = kb.storage.documents.chunks_of(document_id)
    number = next((number for number, chunk in enumerate(chunks) if chunk.id_ == passage_id), None)
    if number is None:
        raise ConflictError("这份文件刚刚重新导入过，这一段已经变了，您的修改没有保存；请重新打开再改。")
    return document, edit, chunks, number


def _boundary(document: PolicyDocument, place: int, *, parts: bool) -> Boundary:
    boundary = boundary_at(document.text, place, parts=parts)
    if boundary is None:
        raise InputError(_REPEATED)
    return boundary


def _save(
    kb: KnowledgeBase,
    before: PolicyDocument,
    edit: DocumentEdit,
    boundary: Boundary | None,
    action: str,
    count: int,
    staff: Staff,
    now: datetime,
    report: Report | None,
) -> None:
    """Put `boundary` in force, in place of its opposite; None puts all away. `count`: passages before."""
    boundaries = () if boundary is None else _with(before.boundaries, boundary)
    if len(boundaries) > _MOST:
        raise InputError(f"一份文件最多改 {_MOST} 处分段。")
    said = Correction.model_validate({**edit.correction.stated(), "boundaries": boundaries})
    after = before.model_copy(update={"boundaries": boundaries})
    reading = cut_anew(kb, before, after, said, "分段")
    if reading.document.boundaries != boundaries:
        raise InputError(f"《{before.title}》的分段没有改：{reading.document.remarks[-1]}")
    where = {"boundary": shown(boundary)} if boundary else {}
    told = ({"passages": count}, {"passages": len(reading.chunks), **where})
    new = edit.model_copy(update={"correction": said, "title": before.title})
    switch(kb, reading, before, new, action, staff, now, report, told)


def _with(boundaries: Sequence[Boundary], boundary: Boundary) -> tuple[Boundary, ...]:
    """`boundaries` and `boundary`; where its opposite stands, that goes instead."""
    opposite = boundary.model_copy(update={"parts": not boundary.parts})
    if opposite in boundaries:
        return tuple(one for one in boundaries if one != opposite)
    return (*(one for one in boundaries if one != boundary), boundary)
