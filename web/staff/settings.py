"""/api/staff/settings: the switch, the notice, the threshold, the sentences, the documents left out."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict

from kb.controls.rules import Mode
from kb.controls.store import Overview
from kb.controls.threshold_effect import ThresholdEffect
from kb.staff.permissions import Action, Staff, require
from web.sessions import now_utc
from web.staff.identity import staff_of
from web.staff.threshold import read_effect
from web.state import knowledge_base

router = APIRouter()

Asking = Annotated[Staff, Depends(staff_of)]


class _Body(BaseModel):
    """`version` is the one that was read; another one stored means that somebody else was faster."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: int


class Switched(_Body):
    """Body of PUT /api/staff/settings/switch; without `notice` the shipped one is shown."""

    mode: Mode
    notice: str = ""


class Threshold(_Body):
    """Body of PUT /api/staff/settings/threshold."""

    threshold: float


class Sentence(_Body):
    """Body of PUT /api/staff/settings/sentences/{name}; null puts the shipped sentence back."""

    text: str | None


class Excluded(_Body):
    """Body of PUT /api/staff/settings/excluded/{document_id}."""

    excluded: bool


@router.get("/api/staff/settings")
def settings(request: Request, staff: Asking) -> Overview:
    """All settings with their versions."""
    return knowledge_base(request).column.overview(staff)


@router.put("/api/staff/settings/switch")
def switch(body: Switched, request: Request, staff: Asking) -> Overview:
    """Answer, only search, or neither."""
    column = knowledge_base(request).column
    column.switch(body.mode, body.notice, body.version, staff, now_utc())
    return column.overview(staff)


@router.put("/api/staff/settings/threshold")
def threshold(body: Threshold, request: Request, staff: Asking) -> Overview:
    """From which confidence on to answer."""
    column = knowledge_base(request).column
    column.set_threshold(body.threshold, body.version, staff, now_utc())
    return column.overview(staff)


@router.get("/api/staff/settings/threshold")
def threshold_effect(request: Request, staff: Asking) -> ThresholdEffect:
    """What other thresholds would do, as the last evaluation shows."""
    require(staff, Action.SETTINGS)
    return read_effect()


@router.put("/api/staff/settings/sentences/{name}")
def sentence(name: str, body: Sentence, request: Request, staff: Asking) -> Overview:
    """Put one of the sentences citizens see into other words."""
    column = knowledge_base(request).column
    column.set_sentence(name, body.text, body.version, staff, now_utc())
    return column.overview(staff)


@router.put("/api/staff/settings/excluded/{document_id}")
def excluded(document_id: str, body: Excluded, request: Request, staff: Asking) -> Overview:
    """Leave a document out of all answers, or take it in again."""
    column = knowledge_base(request).column
    column.exclude(document_id, body.excluded, body.version, staff, now_utc())
    return column.overview(staff)
