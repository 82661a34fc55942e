"""GET /api/suggest and /api/welcome: what to ask, while typing and before anything is typed."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from kb.citizens.suggestions import Welcome
from kb.controls.rules import Mode
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
    """Starter questions, what is asked most, and what a citizen is promised.

    `mode` is on, search_only or off; in the last two `notice` says so, and when off no questions are offered.
    """
    response.headers["Cache-Control"] = "no-store"
    kb = knowledge_base(request)
    rules = kb.column.rules()
    offered = Welcome() if rules.mode is Mode.OFF else kb.suggestions.welcome(datetime.now(UTC))
    return {
        **offered.model_dump(mode="json"),
        "mode": rules.mode.value,
        "notice": rules.announcement,
        "reply_days": kb.settings.reply_days,
        "hotline": kb.settings.hotline,
        "retention_days": kb.settings.retention_days,
        "limit": MAX_QUESTION_CHARS,
    }
