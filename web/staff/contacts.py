"""/api/staff/contacts: the contacts citizens can call; export and import as a file, and its template."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from kb.staff.contacts import contact_file, template
from kb.staff.permissions import Action, Staff, require
from web.sessions import now_utc
from web.staff.files import EXCEL, attachment, sent_bytes
from web.staff.identity import staff_of
from web.state import knowledge_base

router = APIRouter()

Asking = Annotated[Staff, Depends(staff_of)]


@router.get("/api/staff/contacts")
def contacts(request: Request, staff: Asking) -> list[dict[str, Any]]:
    """The contacts citizens can call, with their hours."""
    require(staff, Action.SEARCH)
    return [contact.model_dump() for contact in knowledge_base(request).staff.contacts.all()]


@router.put("/api/staff/contacts")
def replace(
    request: Request,
    staff: Asking,
    content: Annotated[bytes, Depends(sent_bytes)],
    name: Annotated[str, Query(max_length=200)],
) -> dict[str, int]:
    """Replace the list by that of a .csv or .xlsx file, sent as the body; `name` is its file name."""
    imported = knowledge_base(request).staff.contacts.import_list(staff, name, content, now_utc())
    return {"imported": imported}


@router.get("/api/staff/contacts/export.xlsx")
def export(request: Request, staff: Asking) -> Response:
    """The list as an Excel file, which can be imported again."""
    require(staff, Action.SEARCH)
    return attachment(contact_file(knowledge_base(request).staff.contacts.all()), "政策解答员.xlsx", EXCEL)


@router.get("/api/staff/contacts/template.xlsx")
def template_file(staff: Asking) -> Response:
    """The Excel template to fill in."""
    require(staff, Action.CONTACTS)
    return attachment(template(), "政策解答员名单模板.xlsx", EXCEL)
