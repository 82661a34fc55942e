"""/api/staff/queue/{group}/hand-over, …/assign, …/send-back, …/notes, and the templates of replies."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from kb.queue.handing import Desks
from kb.queue.notes import GroupNote
from kb.queue.templates import ReplyTemplate
from kb.queue.view import Group
from kb.queue.worklist import MAX_REPLY_CHARS
from kb.staff.permissions import Staff
from web.sessions import now_utc
from web.staff.identity import staff_of
from web.state import knowledge_base

router = APIRouter()

Asking = Annotated[Staff, Depends(staff_of)]
_MAX_CHARS = 2 * MAX_REPLY_CHARS  # too long texts get the sentence of the queue


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class HandOverBody(_Body):
    """Body of POST …/hand-over: to a department, with a note for it."""

    version: int
    department: str = Field(max_length=100)
    note: str = Field(max_length=_MAX_CHARS)


class AssignBody(_Body):
    """Body of POST …/assign: to a colleague, by the name of the account."""

    version: int
    colleague: str = Field(max_length=100)
    note: str = Field(default="", max_length=_MAX_CHARS)


class SendBackBody(_Body):
    """Body of POST …/send-back: why."""

    version: int
    note: str = Field(max_length=_MAX_CHARS)


class NoteBody(_Body):
    """Body of POST …/notes."""

    note: str = Field(max_length=_MAX_CHARS)


class TemplateBody(_Body):
    """Body of POST and PUT of a template; `department` empty: for every department."""

    name: str = Field(max_length=_MAX_CHARS)
    text: str = Field(max_length=_MAX_CHARS)
    department: str = Field(default="", max_length=100)


@router.get("/api/staff/desks")
def desks(request: Request, staff: Asking) -> Desks:
    """The departments and colleagues that a group may be handed to."""
    return knowledge_base(request).queue.handing.desks(staff)


@router.post("/api/staff/queue/{group_id}/hand-over")
def hand_over(group_id: int, body: HandOverBody, request: Request, staff: Asking) -> Group:
    """Hand a group on to a department."""
    handing = knowledge_base(request).queue.handing
    return handing.hand_over(staff, group_id, body.version, body.department, body.note, now_utc())


@router.post("/api/staff/queue/{group_id}/assign")
def assign(group_id: int, body: AssignBody, request: Request, staff: Asking) -> Group:
    """Give a group to a colleague."""
    handing = knowledge_base(request).queue.handing
    return handing.assign(staff, group_id, body.version, body.colleague, body.note, now_utc())


@router.post("/api/staff/queue/{group_id}/send-back")
def send_back(group_id: int, body: SendBackBody, request: Request, staff: Asking) -> Group:
    """Give a group back to whom it came from."""
    handing = knowledge_base(request).queue.handing
    return handing.send_back(staff, group_id, body.version, body.note, now_utc())


@router.post("/api/staff/queue/{group_id}/notes", status_code=201)
def add_note(group_id: int, body: NoteBody, request: Request, staff: Asking) -> tuple[GroupNote, ...]:
    """Write an internal note; returns all."""
    queue = knowledge_base(request).queue
    queue.handing.add_note(staff, group_id, body.note, now_utc())
    return queue.group(staff, group_id, now_utc()).notes


@router.get("/api/staff/templates")
def templates(request: Request, staff: Asking) -> tuple[ReplyTemplate, ...]:
    """The templates of replies."""
    return knowledge_base(request).queue.templates.all(staff)


@router.post("/api/staff/templates", status_code=201)
def add_template(body: TemplateBody, request: Request, staff: Asking) -> ReplyTemplate:
    """Add a template."""
    kept = knowledge_base(request).queue.templates
    return kept.save(staff, None, body.name, body.text, body.department, now_utc())


@router.put("/api/staff/templates/{template_id}")
def save_template(template_id: int, body: TemplateBody, request: Request, staff: Asking) -> ReplyTemplate:
    """Change a template."""
    kept = knowledge_base(request).queue.templates
    return kept.save(staff, template_id, body.name, body.text, body.department, now_utc())


@router.delete("/api/staff/templates/{template_id}", status_code=204)
def remove_template(template_id: int, request: Request, staff: Asking) -> None:
    """Remove a template."""
    knowledge_base(request).queue.templates.remove(staff, template_id, now_utc())
