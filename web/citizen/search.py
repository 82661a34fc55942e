"""GET /api/search and /api/documents: passages and documents for answerers and other programs."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from kb.controls.rules import Mode
from kb.errors import ClosedError
from kb.models import MAX_QUESTION_CHARS, Filters, Status
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
    """The best passages for `q` that pass the filters; ClosedError (503) while the column is off."""
    rules = knowledge_base(request).controls.rules()
    if rules.mode is Mode.OFF:
        raise ClosedError(rules.announcement)
    filters = Filters(department=department, status=status, date_from=date_from, date_to=date_to)
    hits = knowledge_base(request).retrieval.retriever.retrieve(q, filters, limit)
    return {"query": q, "hits": [hit.as_json() for hit in hits.kept], "timings_ms": hits.timings_ms}


@router.get("/api/documents")
def documents(request: Request) -> dict[str, Any]:
    """Every document that is not excluded, newest first."""
    hidden = {"path", "sha256", "fingerprint"}
    kb = knowledge_base(request)
    excluded = kb.controls.rules().excluded
    summaries = [summary for summary in kb.storage.documents.summaries() if summary.id not in excluded]
    return {"documents": [summary.model_dump(mode="json", exclude=hidden) for summary in summaries]}
