"""The documents as staff see them: a list with one line each, and the details of one document."""

from collections.abc import Callable, Iterator
from datetime import date

from ingest.anatomy.doubts import FIELD_NAMES, by_confidence, doubts_of
from ingest.editing.changes import edit_of, live_document
from ingest.editing.previews import Heading, PreviewPassage, outline_of, passages_of
from ingest.editing.staging import live_folder
from ingest.structure.boundaries import not_held
from kb.knowledge_base import KnowledgeBase
from kb.language.normalise import canonical
from kb.models import Finding, Model, Particulars, PolicyDocument, Standing, Status
from kb.staff.permissions import Action, Staff, require
from kb.storage.document_edits import DocumentEdit


class Card(Model):
    """A line of the list. A removed document has no status and no passages.

    `version` must be sent back when a change is saved; `uploaded`: staff published it; `doubts`: sentences on
    what to check.
    """

    id: str
    title: str
    number: str | None
    source: str
    dated: date | None
    status: Status | None
    passages: int
    version: int
    edited_by: str
    uploaded: bool
    excluded: bool
    removed: bool
    doubts: tuple[str, ...] = ()


class Detail(Particulars):
    """The details of a live document; `stated` names the fields that staff gave.

    `findings`: how sure each field is and where it was found, the least sure first; `doubts`: sentences on
    what to check; `standing`: why it has its status; `rebounded`: at how many places staff parted or joined.
    """

    id: str
    title: str
    source: str
    status: Status
    departments: tuple[str, ...]
    url: str | None
    replaced_by: str | None
    version: int
    edited_by: str
    stated: tuple[str, ...]
    outline: tuple[Heading, ...]
    passages: tuple[PreviewPassage, ...]
    findings: tuple[Finding, ...]
    doubts: tuple[str, ...]
    standing: Standing | None
    rebounded: int


def cards(
    kb: KnowledgeBase, staff: Staff, words: str = "", status: Status | None = None, removed: bool = False
) -> list[Card]:
    """The documents whose title, number or file name holds `words`; with `removed` the removed ones.

    Raises:
        NotAllowedError: `staff` may not edit documents.
    """
    require(staff, Action.DOCUMENT_EDIT)
    all_cards = _removed(kb) if removed else _live(kb)
    term = canonical(words)
    return [
        card
        for card in all_cards
        if status in (None, card.status)
        and term in canonical(" ".join((card.title, card.number or "", card.source)))
    ]


def detail(kb: KnowledgeBase, document_id: str, staff: Staff) -> Detail:
    """The details of one document.

    Raises:
        NotAllowedError: `staff` may not edit it.
        NotFoundError: no document has this id.
    """
    document = live_document(kb, document_id, staff, Action.DOCUMENT_EDIT)
    edit = edit_of(kb, document)
    return Detail(
        **document.model_dump(include=set(Particulars.model_fields)),
        id=document.id,
        title=document.title,
        source=document.source,
        status=document.status,
        departments=document.departments,
        url=document.url,
        replaced_by=document.replaced_by,
        version=edit.version,
        edited_by=edit.who,
        stated=tuple(name for name in edit.correction.stated() if name in FIELD_NAMES),
        outline=outline_of(document.sections),
        passages=passages_of(kb.storage.documents.chunks_of(document_id)),
        findings=by_confidence(document),
        doubts=(*doubts_of(document), *_not_held(edit, document)),
        rebounded=len(document.boundaries),
        standing=document.standing,
    )


def _live(kb: KnowledgeBase) -> list[Card]:
    edits, is_upload = kb.storage.edits.all(), _upload_test(kb)
    excluded = kb.controls.rules().excluded
    doubts = {
        head.id: (*doubts_of(head), *_not_held(edits.get(head.id), head))
        for head in kb.storage.documents.heads()
    }
    result = []
    for summary in kb.storage.documents.summaries():
        edit = edits.get(summary.id)
        result.append(
            Card(
                id=summary.id,
                title=summary.title,
                number=summary.number,
                source=summary.source,
                dated=summary.dated,
                status=summary.status,
                passages=summary.chunks,
                version=edit.version if edit else 0,
                edited_by=edit.who if edit else "",
                uploaded=is_upload(summary.path),
                excluded=summary.id in excluded,
                removed=False,
                doubts=doubts.get(summary.id, ()),
            )
        )
    return result


def _not_held(edit: DocumentEdit | None, document: PolicyDocument) -> Iterator[str]:
    """A sentence on each place, parted or joined by staff, that the document as it is now no longer has."""
    for boundary in (edit.correction.boundaries if edit else None) or ():
        if boundary not in document.boundaries:
            yield not_held(boundary).rstrip("。")


def _removed(kb: KnowledgeBase) -> list[Card]:
    is_upload = _upload_test(kb)
    edits = (edit for edit in kb.storage.edits.all().values() if edit.removed)
    return [_removed_card(edit, is_upload(edit.path)) for edit in sorted(edits, key=lambda e: e.title)]


def _removed_card(edit: DocumentEdit, uploaded: bool) -> Card:
    return Card(
        id=edit.document_id,
        title=edit.title,
        number=edit.correction.number,
        source=edit.source,
        dated=None,
        status=None,
        passages=0,
        version=edit.version,
        edited_by=edit.who,
        uploaded=uploaded,
        excluded=False,
        removed=True,
    )


def _upload_test(kb: KnowledgeBase) -> Callable[[str], bool]:
    """A function that tells whether a path lies in the folder of published uploads."""
    return lambda path: path.startswith(f"{live_folder(kb.settings.home)}/")
