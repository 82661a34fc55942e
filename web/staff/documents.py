"""/api/staff/documents: upload, preview, publish, correct, remove and restore documents.

An upload has the file's bytes as the body and its name in the query, one file a request.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict

from ingest.editing import corrections, listing, showing, staging
from ingest.editing.listing import Card, Detail
from ingest.editing.previews import Preview
from kb.models import Correction, Status
from kb.staff.permissions import Staff
from web.sessions import now_utc
from web.staff.files import sent_bytes
from web.staff.identity import staff_of
from web.state import knowledge_base

router = APIRouter()

Asking = Annotated[Staff, Depends(staff_of)]
Name = Annotated[str, Query(max_length=500)]


class Corrected(BaseModel):
    """Body of PATCH /api/staff/documents/{document_id}; `version` is the one the client read.

    A field missing in `correction` stays; a null field is cleared.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: int
    correction: Correction


@router.get("/api/staff/documents")
def documents(
    request: Request, staff: Asking, q: str = "", status: Status | None = None, removed: bool = False
) -> list[Card]:
    """The documents, newest first; with `removed` the removed ones."""
    return listing.cards(knowledge_base(request), staff, q, status, removed)


@router.post("/api/staff/documents/staged", status_code=201)
def upload(
    request: Request, staff: Asking, content: Annotated[bytes, Depends(sent_bytes)], name: Name
) -> Preview:
    """Stage a file; return the preview of the document it would become."""
    return staging.stage(knowledge_base(request), name, content, staff, now_utc())


@router.get("/api/staff/documents/staged")
def uploads(request: Request, staff: Asking) -> list[Preview]:
    """The uploads that are not published yet: the caller's own, and those to approve."""
    return staging.staged(knowledge_base(request), staff)


@router.post("/api/staff/documents/staged/{staged_id}")
def publish(staged_id: str, request: Request, staff: Asking, secrecy_checked: bool = False) -> dict[str, Any]:
    """Publish a staged upload of somebody else, after the secrecy check (KB_DOCUMENT_REVIEW)."""
    kb = knowledge_base(request)
    summary = staging.publish(kb, staged_id, staff, now_utc(), secrecy_checked=secrecy_checked)
    return summary.model_dump(mode="json", exclude={"path", "sha256", "fingerprint"})


@router.get("/api/staff/documents/staged/{staged_id}/pages/{page}")
def staged_page(staged_id: str, page: int, request: Request, staff: Asking) -> Response:
    """A page of a staged PDF, OFD or scan as a picture, to hold against what was read of it."""
    picture = showing.page_picture(knowledge_base(request), staged_id, page, staff)
    kind = "image/png" if picture.startswith(b"\x89PNG") else "image/svg+xml"
    closed = {
        "Content-Security-Policy": "default-src 'none'; img-src data:",
        "Cache-Control": "private, max-age=600",
    }
    return Response(picture, media_type=kind, headers=closed)


@router.delete("/api/staff/documents/staged/{staged_id}", status_code=204)
def discard(staged_id: str, request: Request, staff: Asking) -> None:
    """Discard a staged upload."""
    staging.discard(knowledge_base(request), staged_id, staff)


@router.get("/api/staff/documents/{document_id}")
def document(document_id: str, request: Request, staff: Asking) -> Detail:
    """All details of one document."""
    return listing.detail(knowledge_base(request), document_id, staff)


@router.patch("/api/staff/documents/{document_id}")
def correct(document_id: str, body: Corrected, request: Request, staff: Asking) -> Detail:
    """Correct the metadata of a document."""
    kb = knowledge_base(request)
    corrections.correct(kb, document_id, body.correction, body.version, staff, now_utc())
    return listing.detail(kb, document_id, staff)


@router.post("/api/staff/documents/{document_id}/reset")
def reset(document_id: str, request: Request, staff: Asking, version: int) -> Detail:
    """Undo all corrections of a document."""
    kb = knowledge_base(request)
    corrections.reset(kb, document_id, version, staff, now_utc())
    return listing.detail(kb, document_id, staff)


@router.post("/api/staff/documents/{document_id}/ingest")
def read_again(document_id: str, request: Request, staff: Asking) -> dict[str, bool]:
    """Ingest the document's file again; `changed` says whether anything differs."""
    return {"changed": corrections.read_again(knowledge_base(request), document_id, staff, now_utc())}


@router.delete("/api/staff/documents/{document_id}", status_code=204)
def remove(document_id: str, request: Request, staff: Asking, version: int) -> None:
    """Remove a document from the knowledge base; its file stays where it is."""
    corrections.take_out(knowledge_base(request), document_id, version, staff, now_utc())


@router.post("/api/staff/documents/{document_id}/restore")
def restore(document_id: str, request: Request, staff: Asking) -> Detail:
    """Restore a removed document."""
    kb = knowledge_base(request)
    corrections.bring_back(kb, document_id, staff, now_utc())
    return listing.detail(kb, document_id, staff)
