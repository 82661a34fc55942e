"""/api/questions and /api/questions/{code}: leave a question for staff, fetch the reply, answer to it."""

import logging
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from kb.citizens.left_questions import LeftQuestion
from kb.errors import KbError
from kb.knowledge_base import KnowledgeBase
from kb.models import MAX_QUESTION_CHARS, Question
from web.citizen.once import Once, RequestId, Session
from web.state import knowledge_base

logger = logging.getLogger(__name__)
router = APIRouter()

_MAX_CONTACT_CHARS = 100
_MAX_ID_CHARS = 64
_left: Once[LeftQuestion] = Once(kind=LeftQuestion)


class LeaveRequest(BaseModel):
    """Body of POST /api/questions; the same `request_id` in the same conversation gets the same code."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str = Field(max_length=MAX_QUESTION_CHARS)
    contact: str | None = Field(default=None, max_length=_MAX_CONTACT_CHARS)
    answer_id: str | None = Field(default=None, max_length=_MAX_ID_CHARS)
    request_id: RequestId = None


class FurtherRequest(BaseModel):
    """Body of POST /api/questions/{code}/further: what the citizen asks after the reply."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str = Field(max_length=MAX_QUESTION_CHARS)


class JudgementRequest(BaseModel):
    """Body of POST /api/questions/{code}/satisfaction."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    satisfied: bool


@router.post("/api/questions", status_code=201)
def leave(body: LeaveRequest, request: Request, session: Session = None) -> dict[str, Any]:
    """Store a question for the department in charge; its code is the only way to see it again."""
    kb = knowledge_base(request)

    def left() -> LeftQuestion:
        units = departments(kb, body.text, body.answer_id) if body.text.strip() else ()
        return kb.citizens.questions.leave(body.text, body.contact, body.answer_id, units, datetime.now(UTC))

    shared = kb.storage.sharing.requests if kb.storage.sharing else None
    question = _left.do(session, body.request_id, body, left, shared)
    return {
        "code": question.code,
        "due": question.due and question.due.isoformat(),
        "department": next(iter(question.departments), None),
        "contacts": [contact.model_dump() for contact in kb.staff.contacts.of(question.departments)],
    }


@router.get("/api/questions/{code}")
def show(code: str, request: Request, response: Response) -> dict[str, Any]:
    """The question left under `code`, with the reply if there is one; never the contact."""
    response.headers["Cache-Control"] = "no-store"
    return _shown(knowledge_base(request).citizens.questions.find(code))


@router.post("/api/questions/{code}/further")
def ask_further(code: str, body: FurtherRequest, request: Request, response: Response) -> dict[str, Any]:
    """Answer to the reply, once: the question waits again."""
    response.headers["Cache-Control"] = "no-store"
    questions = knowledge_base(request).citizens.questions
    return _shown(questions.ask_further(code, body.text, datetime.now(UTC)))


@router.post("/api/questions/{code}/satisfaction")
def judge(code: str, body: JudgementRequest, request: Request, response: Response) -> dict[str, Any]:
    """Say whether the reply helped."""
    response.headers["Cache-Control"] = "no-store"
    questions = knowledge_base(request).citizens.questions
    return _shown(questions.judge(code, body.satisfied, datetime.now(UTC)))


def _shown(question: LeftQuestion) -> dict[str, Any]:
    return {**question.model_dump(mode="json", exclude={"departments"}), "state": question.state.value}


def departments(kb: KnowledgeBase, text: str, answer_id: str | None) -> tuple[str, ...]:
    """The departments named by the answer `answer_id`, else by an answer to `text`; empty when that fails."""
    if answer_id and (units := kb.citizens.journal.departments_of(answer_id)):
        return units
    try:
        return kb.answerer.answer(Question(text=text)).departments
    except KbError as error:
        logger.warning("no department found for a question left: %s", error)
        return ()
