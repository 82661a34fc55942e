"""GET /healthz: whether the service is up, and its size. GET /metrics: counters since it started."""

from fastapi import APIRouter, Request
from fastapi.responses import Response
from prometheus_client import CONTENT_TYPE_LATEST

from web.state import knowledge_base

router = APIRouter()


@router.get("/healthz")
def healthz(request: Request) -> dict[str, object]:
    """Status, and the number of documents and chunks."""
    documents = knowledge_base(request).storage.documents
    return {"status": "ok", "documents": len(documents.summaries()), "chunks": documents.chunk_count()}


@router.get("/metrics")
def metrics(request: Request) -> Response:
    """Answers by kind, timings, checks and the language model's state in Prometheus text format."""
    return Response(knowledge_base(request).metrics.text(), media_type=CONTENT_TYPE_LATEST)
