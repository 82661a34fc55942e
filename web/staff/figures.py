"""/api/staff/figures, /api/staff/ledger.xlsx: the figures of a period and its ledger."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response, StreamingResponse

from kb.reports.figures import Figures
from kb.reports.ledger import file_name
from kb.staff.permissions import Staff
from web.sessions import now_utc
from web.staff.files import EXCEL, named
from web.staff.identity import staff_of
from web.state import knowledge_base

router = APIRouter()

Asking = Annotated[Staff, Depends(staff_of)]


@router.get("/api/staff/figures")
def figures(
    request: Request, staff: Asking, since: date, until: date, department: str | None = None
) -> Figures:
    """The figures of a period, both days included; of one department if given."""
    return knowledge_base(request).reports.figures.figures(staff, since, until, now_utc(), department or None)


@router.get("/api/staff/ledger.xlsx")
def ledger(
    request: Request, staff: Asking, since: date, until: date, department: str | None = None
) -> Response:
    """The ledger of a period as an Excel file; of one department if given."""
    ledger = knowledge_base(request).reports.ledger
    pieces = ledger.export(staff, since, until, now_utc(), department or None)
    return StreamingResponse(pieces, media_type=EXCEL, headers=named(file_name(since, until)))
