"""GET /api/suggest and /api/welcome: suggested questions while typing, and before."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from kb.citizens.suggestions import Welcome
from kb.controls.rules import Mode
from kb.models import MAX_QUESTION_CHARS
from web.state import knowledge_base, notice

router = APIRouter()


@router.get("/api/suggest")
def suggest(
    request: Request, response: Response, q: Annotated[str, Query(max_length=MAX_QUESTION_CHARS)] = ""
) -> dict[str, Any]:
    """Approved questions and document headings that match the typed text `q`."""
    response.headers["Cache-Control"] = "no-store"
    suggestions = knowledge_base(request).citizens.suggestions.typed(q)
    return {"suggestions": [suggestion.model_dump(mode="json") for suggestion in suggestions]}


@router.get("/api/welcome")
def welcome(request: Request, response: Response) -> dict[str, Any]:
    """Starter questions, the most asked ones, and what is promised (reply and retention days).

    `mode` is on, search_only or off; the last two have a `notice`; off offers no questions. While documents
    are brought in, `notice` says how many are there.
    """
    response.headers["Cache-Control"] = "no-store"
    kb = knowledge_base(request)
    rules = kb.controls.rules()
    offered = Welcome() if rules.mode is Mode.OFF else kb.citizens.suggestions.welcome(datetime.now(UTC))
    return {
        **offered.model_dump(mode="json"),
        "mode": rules.mode.value,
        "notice": notice(request),
        "reply_days": kb.settings.reply_days,
        "hotline": kb.settings.hotline,
        "retention_days": kb.settings.retention_days,
        "limit": MAX_QUESTION_CHARS,
    }
