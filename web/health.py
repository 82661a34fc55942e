"""GET /healthz: is the service up and what does it hold. GET /metrics: what it has done since it started."""

from fastapi import APIRouter, Request
from fastapi.responses import Response
from prometheus_client import CONTENT_TYPE_LATEST

from web.state import knowledge_base

router = APIRouter()


@router.get("/healthz")
def healthz(request: Request) -> dict[str, object]:
    """Status, and the number of documents and chunks."""
    documents = knowledge_base(request).documents
    return {"status": "ok", "documents": len(documents.summaries()), "chunks": documents.chunk_count()}


@router.get("/metrics")
def metrics(request: Request) -> Response:
    """Answers by kind, times, checks and the language model's state, as Prometheus reads them."""
    return Response(knowledge_base(request).meters.text(), media_type=CONTENT_TYPE_LATEST)
