"""/api/staff/figures, /api/staff/ledger.xlsx, /api/staff/contacts: figures, the ledger, whom to call."""

import tempfile
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from kb.figures import Figures
from kb.ledger import file_name
from kb.staff import Action, Staff, require
from web.sessions import now_utc
from web.staff import staff_of
from web.state import knowledge_base

router = APIRouter()

Asking = Annotated[Staff, Depends(staff_of)]
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


async def sent_bytes(request: Request) -> bytes:
    """The body as it came; web.body_limit has seen that it is not too long."""
    return await request.body()


@router.get("/api/staff/figures")
def figures(
    request: Request, staff: Asking, since: date, until: date, department: str | None = None
) -> Figures:
    """The figures of a period, both days included, of one department when it is given."""
    return knowledge_base(request).figures.figures(staff, since, until, now_utc(), department or None)


@router.get("/api/staff/ledger.xlsx")
def ledger(
    request: Request, staff: Asking, since: date, until: date, department: str | None = None
) -> FileResponse:
    """The ledger of a period as an Excel file, of one department when it is given."""
    require(staff, Action.LEDGER)
    folder = tempfile.TemporaryDirectory()
    file = Path(folder.name) / "ledger.xlsx"
    try:
        knowledge_base(request).ledger.write(staff, since, until, file, now_utc(), department or None)
    except BaseException:
        folder.cleanup()
        raise
    sent = BackgroundTask(folder.cleanup)
    return FileResponse(file, media_type=EXCEL, filename=file_name(since, until), background=sent)


@router.get("/api/staff/contacts")
def contacts(request: Request, staff: Asking) -> list[dict[str, Any]]:
    """Whom citizens can call, with the hours."""
    require(staff, Action.SEARCH)
    return [contact.model_dump() for contact in knowledge_base(request).contacts.all()]


@router.put("/api/staff/contacts")
def replace_contacts(
    request: Request,
    staff: Asking,
    content: Annotated[bytes, Depends(sent_bytes)],
    name: Annotated[str, Query(max_length=200)],
) -> dict[str, int]:
    """Put the list of a .csv or .xlsx file, sent as the body, in place of the one there is."""
    imported = knowledge_base(request).contacts.import_list(staff, name, content, now_utc())
    return {"imported": imported}
