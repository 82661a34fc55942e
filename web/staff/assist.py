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
    """Body of every draft: the paragraph, or the question, that it is made from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str = Field(max_length=2 * MAX_PASSAGE)  # what is too long is told in a sentence of its own


def assistant_for(action: Action) -> Callable[..., Assistant]:
    """FastAPI dependency: who writes drafts, for those who may do `action`.

    It raises NotAllowedError for others, whether or not there is a model, and NotFoundError when none is set.
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
    """Whether drafts can be had, and of which model."""
    model = knowledge_base(request).model
    return {"available": model is not None, "model": model.options.model if model else None}


@router.post("/api/staff/assist/faq")
def draft_faq(body: SourceBody, assistant: Writing, staff: Asking) -> Draft:
    """A question and its answer from a paragraph."""
    return assistant.faq(staff, body.text, now_utc())


@router.post("/api/staff/assist/variants")
def draft_variants(body: SourceBody, assistant: Writing, staff: Asking) -> Draft:
    """Other ways to ask a question."""
    return assistant.variants(staff, body.text, now_utc())


@router.post("/api/staff/assist/plain")
def draft_plain(body: SourceBody, assistant: Writing, staff: Asking) -> Draft:
    """A paragraph in plain words."""
    return assistant.plain(staff, body.text, now_utc())


@router.post("/api/staff/assist/reply")
def draft_reply(body: SourceBody, assistant: Replying, staff: Asking) -> Draft:
    """A reply to a citizen's question."""
    return assistant.reply(staff, body.text, now_utc())
