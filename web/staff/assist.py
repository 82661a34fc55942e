"""/api/staff/assist: drafts by the language model, for staff to edit. 404 where no model is set."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from kb.desk.assistant import MAX_PASSAGE, Assistant, Draft
from kb.errors import NotFoundError
from kb.staff.permissions import Action, Staff, require
from web.sessions import now_utc
from web.staff.identity import staff_of
from web.state import knowledge_base

router = APIRouter()

Asking = Annotated[Staff, Depends(staff_of)]
_NO_MODEL = "没有设置语言模型，不能起草。"


class SourceBody(BaseModel):
    """Body of every draft request: the paragraph or question to draft from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str = Field(max_length=2 * MAX_PASSAGE)  # texts over MAX_PASSAGE get their own error sentence


def assistant_for(action: Action) -> Callable[..., Assistant]:
    """FastAPI dependency: the Assistant that writes drafts, for staff who may do `action`.

    It raises NotAllowedError for other staff, with or without a model; NotFoundError when no model is set.
    """

    def assistant_of(request: Request, staff: Asking) -> Assistant:
        require(staff, action)
        assistant = knowledge_base(request).assistant
        if assistant is None:
            raise NotFoundError(_NO_MODEL, _NO_MODEL)
        return assistant

    return assistant_of


Writing = Annotated[Assistant, Depends(assistant_for(Action.FAQ_EDIT))]
Replying = Annotated[Assistant, Depends(assistant_for(Action.QUEUE))]


@router.get("/api/staff/assist")
def available(request: Request, staff: Asking) -> dict[str, object]:
    """Whether drafts are available, and the name of the model."""
    model = knowledge_base(request).model
    return {"available": model is not None, "model": model.options.model if model else None}


@router.post("/api/staff/assist/faq")
def draft_faq(body: SourceBody, assistant: Writing, staff: Asking) -> Draft:
    """Draft a question and its answer from a paragraph."""
    return assistant.faq(staff, body.text, now_utc())


@router.post("/api/staff/assist/variants")
def draft_variants(body: SourceBody, assistant: Writing, staff: Asking) -> Draft:
    """Draft other wordings of a question."""
    return assistant.variants(staff, body.text, now_utc())


@router.post("/api/staff/assist/plain")
def draft_plain(body: SourceBody, assistant: Writing, staff: Asking) -> Draft:
    """Draft a paragraph in plain language."""
    return assistant.plain(staff, body.text, now_utc())


@router.post("/api/staff/assist/reply")
def draft_reply(body: SourceBody, assistant: Replying, staff: Asking) -> Draft:
    """Draft a reply to a citizen's question."""
    return assistant.reply(staff, body.text, now_utc())
