"""/api/staff/figures, /api/staff/ledger.xlsx: the figures of a period and its ledger."""

import tempfile
from datetime import date
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from kb.reports.figures import Figures
from kb.reports.ledger import file_name
from kb.staff.permissions import Action, Staff, require
from web.sessions import now_utc
from web.staff.files import EXCEL
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
) -> FileResponse:
    """The ledger of a period as an Excel file; of one department if given."""
    require(staff, Action.LEDGER)
    folder = tempfile.TemporaryDirectory()
    file = Path(folder.name) / "ledger.xlsx"
    try:
        knowledge_base(request).reports.ledger.write(staff, since, until, file, now_utc(), department or None)
    except BaseException:
        folder.cleanup()
        raise
    cleanup = BackgroundTask(folder.cleanup)
    return FileResponse(file, media_type=EXCEL, filename=file_name(since, until), background=cleanup)
