"""The preview of an uploaded file before it goes live: metadata, outline, passages and warnings."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import PurePath

from ingest.anatomy.doubts import FIELD_NAMES, by_confidence, place_doubts_of
from ingest.anatomy.validity import outcomes
from ingest.pipeline.reading import Reading, cautions_of
from kb.hits import Chunk
from kb.knowledge_base import KnowledgeBase
from kb.models import Finding, Model, Particulars, PlaceDoubt, PolicyDocument, Section, Status
from kb.staff.permissions import Staff

# Files whose pages can be shown as pictures (ingest.readers.paged.showing).
PICTURED_SUFFIXES = (".pdf", ".ofd", ".png", ".jpg", ".jpeg", ".tif", ".tiff")


class Heading(Model):
    """A line of the outline."""

    level: int
    label: str


class PreviewPassage(Model):
    """A stored passage for display: its place in the outline, page, units and text."""

    place: str
    page: int | None
    units: tuple[str, ...]
    text: str


class Preview(Particulars):
    """An uploaded file that waits for approval; `replaces` is the title of the document it would replace.

    `size` is in bytes; `findings`: how sure each field is, the least sure first. `place_doubts`: where what
    was read may be wrong; `pictured`: its pages can be shown beside it (ingest.editing.showing).
    """

    id: str
    uploaded_as: str
    name: str
    size: int
    owner: str
    owner_title: str = ""
    owner_departments: tuple[str, ...] = ()  # those that the uploader's work is limited to
    staged_at: datetime
    document_id: str
    replaces: str | None
    title: str
    status: Status
    departments: tuple[str, ...]
    characters: int
    pages: int
    outline: tuple[Heading, ...]
    passages: tuple[PreviewPassage, ...]
    warnings: tuple[str, ...]
    findings: tuple[Finding, ...] = ()
    place_doubts: tuple[PlaceDoubt, ...] = ()
    pictured: bool = False


def make_preview(
    kb: KnowledgeBase,
    reading: Reading,
    staged_id: str,
    uploaded_as: str,
    size: int,
    owner: Staff,
    now: datetime,
) -> Preview:
    """The preview of `reading`, uploaded by `owner` under the name `uploaded_as` with `size` bytes."""
    document = reading.document
    before = kb.storage.documents.summaries([document.id])
    return Preview(
        **document.model_dump(include=set(Particulars.model_fields)),
        id=staged_id,
        uploaded_as=uploaded_as,
        name=document.source,
        size=size,
        owner=owner.name,
        owner_title=owner.title,
        owner_departments=owner.bound_to,
        staged_at=now,
        document_id=document.id,
        replaces=before[0].title if before else None,
        title=document.title,
        status=document.status,
        departments=document.departments,
        characters=len(document.text),
        pages=len(document.page_starts),
        outline=outline_of(document.sections),
        passages=passages_of(reading.chunks),
        warnings=tuple(_warnings(kb, reading, uploaded_as)),
        findings=by_confidence(document),
        place_doubts=place_doubts_of(document),
        pictured=PurePath(document.source).suffix.lower() in PICTURED_SUFFIXES,
    )


def outline_of(sections: tuple[Section, ...]) -> tuple[Heading, ...]:
    """The lines of the outline, one for each section."""
    return tuple(Heading(level=section.level, label=section.label) for section in sections)


def passages_of(chunks: Sequence[Chunk]) -> tuple[PreviewPassage, ...]:
    """The chunks as passages for display."""
    return tuple(
        PreviewPassage(
            place=" > ".join(chunk.heading_path),
            page=chunk.page,
            units=(*chunk.lead_units, *chunk.responsible_units),
            text=chunk.text,
        )
        for chunk in chunks
    )


def _warnings(kb: KnowledgeBase, reading: Reading, uploaded_as: str) -> Iterator[str]:
    """Sentences for staff on what to check before the file goes live."""
    yield from _beside_others(kb, reading.document, uploaded_as)
    edit = kb.storage.edits.get(reading.document.id)
    if edit is not None and (stated_fields := edit.correction.stated()):
        names = [FIELD_NAMES[name] for name in stated_fields if name in FIELD_NAMES]
        names += ["分段"] if stated_fields.get("boundaries") else []
        if names:
            yield f"以前对这份文件人工填写的信息会继续使用：{'、'.join(names)}。"
    yield from cautions_of(reading)


def _beside_others(kb: KnowledgeBase, document: PolicyDocument, uploaded_as: str) -> Iterator[str]:
    """Sentences on same names, same contents and same titles among the stored documents."""
    if document.source != uploaded_as:
        yield (
            f"知识库里已有另一份名为“{uploaded_as}”的文件，这一份将以“{document.source}”保存，两份会同时存在；"
            "如果是新版，请把旧的标为已修改或已废止。"
        )
    for other in kb.storage.documents.summaries():
        if other.id == document.id:
            yield "已上传过同名文件，上线后由这一份替换。"
        elif other.sha256 == document.sha256:
            yield f"内容与《{other.title}》完全相同。"
        elif other.title == document.title:
            yield f"已有同一标题的文件（{other.dated or '日期不详'}）。"
    yield from _consequences(kb, document)


def _consequences(kb: KnowledgeBase, document: PolicyDocument) -> Iterator[str]:
    """Sentences on the documents whose status would change once `document` is live, and why."""
    before = {head.id: head for head in kb.storage.documents.heads() if head.id != document.id}
    after = outcomes([*before.values(), document], date.today())
    for document_id, outcome in after.items():
        affected = before.get(document_id, document)
        if affected.status is not outcome.status:
            reason = f"（{outcome.standing.sentence}）" if outcome.standing else ""
            name = f"《{affected.title}》（{affected.dated or '日期不详'}）"
            yield f"上线后，{name}将标为{outcome.status.value}{reason}。"
    yield from (f"{doubt}。" for doubt in after[document.id].doubts)
