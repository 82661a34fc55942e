"""GET /api/search and /api/documents: passages and documents for answerers and other programs."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from kb.models import MAX_QUESTION_CHARS, Filters, Hit, Status, viewer_url
from web.state import knowledge_base

router = APIRouter()


@router.get("/api/search")
def search(
    request: Request,
    q: Annotated[str, Query(min_length=1, max_length=MAX_QUESTION_CHARS)],
    department: str | None = None,
    status: Status | None = None,
    date_from: date | None = None,
    date_to: date | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 10,
) -> dict[str, Any]:
    """The best passages for `q` that pass the filters."""
    filters = Filters(department=department, status=status, date_from=date_from, date_to=date_to)
    hits = knowledge_base(request).retriever.retrieve(q, filters, limit)
    return {"query": q, "hits": [hit_json(hit) for hit in hits.kept], "timings_ms": hits.timings_ms}


@router.get("/api/documents")
def documents(request: Request) -> dict[str, Any]:
    """Every document, newest first."""
    hidden = {"path", "sha256", "fingerprint"}
    summaries = knowledge_base(request).documents.summaries()
    return {"documents": [summary.model_dump(mode="json", exclude=hidden) for summary in summaries]}


def hit_json(hit: Hit) -> dict[str, Any]:
    """A hit as other programs see it."""
    chunk, document = hit.chunk, hit.document
    return {
        "document_id": document.id,
        "document": document.title,
        "source": document.source,
        "number": document.number,
        "status": document.status.value,
        "dated": document.dated.isoformat() if document.dated else None,
        "section": " > ".join(chunk.heading_path),
        "page": chunk.page,
        "chunk_id": chunk.id_,
        "score": round(hit.score, 4),
        "start": chunk.span.start,
        "end": chunk.span.end,
        "url": viewer_url(document.id, chunk.span),
        "lead_units": list(chunk.lead_units),
        "responsible_units": list(chunk.responsible_units),
        "text": chunk.text,
    }
