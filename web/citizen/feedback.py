"""POST /api/feedback: whether an answer helped."""

from datetime import UTC, datetime

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from kb.citizens.journal import FeedbackReason
from web.state import knowledge_base

router = APIRouter()

_MAX_ID_CHARS = 64
_MAX_COMMENT_CHARS = 500


class FeedbackRequest(BaseModel):
    """Body of POST /api/feedback; a later one for the same answer replaces the earlier."""

    model_config = ConfigDict(extra="forbid")

    answer_id: str = Field(max_length=_MAX_ID_CHARS)
    helpful: bool
    reason: FeedbackReason | None = None
    comment: str | None = Field(default=None, max_length=_MAX_COMMENT_CHARS)


@router.post("/api/feedback")
def feedback(body: FeedbackRequest, request: Request) -> dict[str, bool]:
    """Store a citizen's feedback on an answer; 404 when the answer does not exist."""
    journal = knowledge_base(request).citizens.journal
    journal.feedback(body.answer_id, body.helpful, body.reason, body.comment, datetime.now(UTC))
    return {"ok": True}
