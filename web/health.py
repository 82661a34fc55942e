"""Whether the service lives (/healthz) and whether it can answer (/readyz); GET /metrics: counters.

The names are those of Kubernetes: who restarts the service looks at the first, who sends it visitors at the
second. A service that is rebuilding its index lives and must not be restarted.
"""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST

from kb.errors import KbError
from kb.knowledge_base import KnowledgeBase
from kb.retrieval.index_state import Phase
from kb.space import LEAST, MIB, free_bytes
from web.draining import is_draining
from web.errors import sentence_for
from web.state import knowledge_base

router = APIRouter()

OK, STARTING, FAILED, LOW, UNAVAILABLE = "ok", "starting", "failed", "low", "unavailable"
DRAINING = "draining"


@router.get("/healthz")
async def healthz() -> dict[str, object]:
    """The process serves; nothing is looked at, so the reply is there at once."""
    return {"status": OK}


@router.get("/readyz")
def readyz(request: Request) -> JSONResponse:
    """Each part and its state, and the size; 503 while questions cannot be answered, or before it stops.

    A disk that is nearly full leaves the service ready, as it goes on answering.
    """
    kb = knowledge_base(request)
    sizes = _sizes(kb)
    parts = {"model": _model(kb), "index": _index(kb), "database": _database(sizes), "disk": _disk(kb)}
    is_ready = all(parts[name]["state"] == OK for name in ("model", "index", "database"))
    status = DRAINING if is_draining(request.app) else OK if is_ready else UNAVAILABLE
    content = {"status": status, **(sizes or {}), "parts": parts}
    return JSONResponse(content, 200 if status == OK else 503, {"Cache-Control": "no-store"})


# The parts name no cause: the causes hold paths, and stand in the log.


def _model(kb: KnowledgeBase) -> dict[str, Any]:
    return {"state": OK if kb.embedder.is_loaded else FAILED if kb.embedder.failure else STARTING}


def _index(kb: KnowledgeBase) -> dict[str, Any]:
    index = kb.retrieval.store.state
    if index.phase is Phase.BUILDING:
        return {"state": "building", **index.model_dump(include={"done", "total", "seconds_left"})}
    return {"state": {Phase.READY: OK, Phase.OPENING: STARTING}.get(index.phase, FAILED)}


def _database(sizes: dict[str, int] | None) -> dict[str, Any]:
    return {"state": FAILED if sizes is None else OK}


def _disk(kb: KnowledgeBase) -> dict[str, Any]:
    try:
        free = free_bytes(kb.settings.home)
    except OSError:
        return {"state": FAILED}
    return {"state": OK if free >= LEAST else LOW, "free_mb": free // MIB}


def _sizes(kb: KnowledgeBase) -> dict[str, int] | None:
    """The number of documents and chunks; None when the database cannot be read."""
    documents = kb.storage.documents
    try:
        return {"documents": len(documents.summaries()), "chunks": documents.chunk_count()}
    except KbError as error:
        sentence_for(error)  # logs it
        return None


@router.get("/metrics")
def metrics(request: Request) -> Response:
    """Answers by kind, timings, checks and the language model's state in Prometheus text format."""
    return Response(knowledge_base(request).metrics.text(), media_type=CONTENT_TYPE_LATEST)
