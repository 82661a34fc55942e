"""/api/staff/figures, /api/staff/ledger.xlsx: the figures of a period and its ledger."""

from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from kb.reports.figures import Figures
from kb.reports.ledger import file_name
from kb.staff.permissions import Action, Staff, require
from web.sessions import now_utc
from web.staff.files import EXCEL, attachment
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
    require(staff, Action.LEDGER)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "ledger.xlsx"
        knowledge_base(request).reports.ledger.write(staff, since, until, file, now_utc(), department or None)
        return attachment(file.read_bytes(), file_name(since, until), EXCEL)
