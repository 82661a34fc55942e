"""GET /api/staff/pairs.jsonl: the evaluation pairs as a question file of `python -m eval run`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from kb.staff.permissions import Action, Staff, require
from web.staff.files import attachment
from web.staff.identity import staff_of
from web.state import knowledge_base

router = APIRouter()


@router.get("/api/staff/pairs.jsonl")
def export(request: Request, staff: Annotated[Staff, Depends(staff_of)]) -> Response:
    """Every pair, one a line."""
    require(staff, Action.PAIRS)
    lines = knowledge_base(request).trials.pairs.as_lines(staff)
    return attachment(lines.encode(), "评测题.jsonl", "application/x-ndjson")
