"""GET /healthz: is the service up and what does it hold."""

from fastapi import APIRouter, Request

from web.state import knowledge_base

router = APIRouter()


@router.get("/healthz")
def healthz(request: Request) -> dict[str, object]:
    """Status, and the number of documents and chunks."""
    documents = knowledge_base(request).documents
    return {"status": "ok", "documents": len(documents.summaries()), "chunks": documents.chunk_count()}
