"""/api/staff/settings: the switch, the notice, the threshold, the sentences, the excluded documents,
the everyday words, the roles that sign in in two steps."""

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict

from kb.controls.everyday_words import check_everyday
from kb.controls.rules import Mode
from kb.controls.store import Overview
from kb.controls.threshold_effect import FILE, ThresholdEffect, read_threshold_effect
from kb.desk.everyday_preview import Preview
from kb.staff.permissions import Action, Role, Staff, require
from web.sessions import now_utc
from web.staff.identity import staff_of
from web.state import knowledge_base

router = APIRouter()

Asking = Annotated[Staff, Depends(staff_of)]


_ROOT = Path(__file__).parents[2]
_PLACES = (
    (_ROOT / "reports" / "eval" / FILE, "本机最近一次评测"),
    (_ROOT / "eval" / FILE, "随软件附带的评测"),
)


class _Body(BaseModel):
    """`version` is the one the client read; 409 when the stored version differs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: int


class Switched(_Body):
    """Body of PUT /api/staff/settings/switch; without `notice` the built-in one is shown."""

    mode: Mode
    notice: str = ""


class Threshold(_Body):
    """Body of PUT /api/staff/settings/threshold."""

    threshold: float


class SecondStepRoles(_Body):
    """Body of PUT /api/staff/settings/second-step; an empty list requires it of nobody."""

    roles: tuple[Role, ...]


class SentenceText(_Body):
    """Body of PUT /api/staff/settings/sentences/{name}; null restores the built-in sentence."""

    text: str | None


class EverydayWord(_Body):
    """Body of PUT /api/staff/settings/everyday-words; "" leaves the word as typed, null as shipped."""

    said: str
    official: str | None


class TriedWord(BaseModel):
    """Body of POST /api/staff/settings/everyday-words/preview."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    said: str
    official: str | None


class Excluded(_Body):
    """Body of PUT /api/staff/settings/excluded/{document_id}."""

    excluded: bool


@router.get("/api/staff/settings")
def settings(request: Request, staff: Asking) -> Overview:
    """All settings with their versions."""
    return knowledge_base(request).controls.overview(staff)


@router.put("/api/staff/settings/switch")
def switch(body: Switched, request: Request, staff: Asking) -> Overview:
    """Switch the column on, to search only, or off."""
    column = knowledge_base(request).controls
    column.switch(body.mode, body.notice, body.version, staff, now_utc())
    return column.overview(staff)


@router.put("/api/staff/settings/threshold")
def threshold(body: Threshold, request: Request, staff: Asking) -> Overview:
    """Set the lowest confidence at which a question is answered."""
    column = knowledge_base(request).controls
    column.set_threshold(body.threshold, body.version, staff, now_utc())
    return column.overview(staff)


@router.put("/api/staff/settings/second-step")
def second_step(body: SecondStepRoles, request: Request, staff: Asking) -> Overview:
    """Set the roles that must sign in in two steps."""
    column = knowledge_base(request).controls
    column.require_second_step(body.roles, body.version, staff, now_utc())
    return column.overview(staff)


@router.get("/api/staff/settings/threshold")
def threshold_effect(request: Request, staff: Asking) -> ThresholdEffect:
    """The effect of other thresholds in the last evaluation."""
    require(staff, Action.SETTINGS)
    return read_effect()


@router.put("/api/staff/settings/sentences/{name}")
def sentence(name: str, body: SentenceText, request: Request, staff: Asking) -> Overview:
    """Change the wording of a sentence that citizens see."""
    column = knowledge_base(request).controls
    column.set_sentence(name, body.text, body.version, staff, now_utc())
    return column.overview(staff)


@router.put("/api/staff/settings/everyday-words")
def everyday_word(body: EverydayWord, request: Request, staff: Asking) -> Overview:
    """Change an entry of the list of everyday words."""
    column = knowledge_base(request).controls
    column.set_everyday(body.said, body.official, body.version, staff, now_utc())
    return column.overview(staff)


@router.post("/api/staff/settings/everyday-words/preview")
def everyday_preview(body: TriedWord, request: Request, staff: Asking) -> Preview:
    """The known questions that would be looked for in other words; nothing is changed."""
    require(staff, Action.SETTINGS)
    return knowledge_base(request).everyday.of(*check_everyday(body.said, body.official))


@router.put("/api/staff/settings/excluded/{document_id}")
def excluded(document_id: str, body: Excluded, request: Request, staff: Asking) -> Overview:
    """Exclude a document from all answers, or include it again."""
    column = knowledge_base(request).controls
    column.exclude(document_id, body.excluded, body.version, staff, now_utc())
    return column.overview(staff)


def read_effect() -> ThresholdEffect:
    """The effect of other thresholds, by this machine's last evaluation or else by the shipped one.

    Raises:
        DatasetError: the file cannot be read.
    """
    file, origin = next((place for place in _PLACES if place[0].is_file()), _PLACES[-1])
    return read_threshold_effect(file).model_copy(update={"origin": origin})
