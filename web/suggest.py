"""GET /api/suggest and /api/welcome: what to ask, while typing and before anything is typed."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from kb.models import MAX_QUESTION_CHARS
from web.state import knowledge_base

router = APIRouter()


@router.get("/api/suggest")
def suggest(
    request: Request, response: Response, q: Annotated[str, Query(max_length=MAX_QUESTION_CHARS)] = ""
) -> dict[str, Any]:
    """Approved questions and headings of documents that fit what is typed so far."""
    response.headers["Cache-Control"] = "no-store"
    found = knowledge_base(request).suggestions.typed(q)
    return {"suggestions": [suggestion.model_dump(mode="json") for suggestion in found]}


@router.get("/api/welcome")
def welcome(request: Request, response: Response) -> dict[str, Any]:
    """Starter questions, what is asked most, and what a citizen is promised."""
    response.headers["Cache-Control"] = "no-store"
    kb = knowledge_base(request)
    return {
        **kb.suggestions.welcome(datetime.now(UTC)).model_dump(mode="json"),
        "reply_days": kb.settings.reply_days,
        "hotline": kb.settings.hotline,
        "retention_days": kb.settings.retention_days,
        "limit": MAX_QUESTION_CHARS,
    }
