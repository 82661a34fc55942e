"""POST /api/ask: a question in, an answer out, as JSON or as server-sent events.

Events: answer-start (what was understood, the answer's id), token (pieces of the text), citations (sources,
contacts, nearest documents, what to ask next), done (timings), error (a Chinese sentence). WHATWG HTML,
"Server-sent events". Every answer is recorded (kb.journal); feedback names it by its id.
"""

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from kb.answers import Answer
from kb.errors import StoreError
from kb.knowledge_base import KnowledgeBase
from kb.models import MAX_QUESTION_CHARS, Filters, Question
from web.errors import sentence_for
from web.once import Once, RequestId, Session
from web.state import knowledge_base

logger = logging.getLogger(__name__)
router = APIRouter()

MAX_HISTORY = 20  # earlier questions that are looked at
_PIECE = 24  # characters in one token event
_answers: Once[Answer] = Once()


class AskRequest(BaseModel):
    """Body of POST /api/ask; the same `request_id` in the same conversation gets the same answer."""

    model_config = ConfigDict(extra="forbid")

    question: str = Field(max_length=MAX_QUESTION_CHARS * 20)
    history: list[str] = Field(default_factory=list, max_length=200)
    filters: Filters = Filters()
    request_id: RequestId = None


@router.post("/api/ask")
def ask(body: AskRequest, request: Request, session: Session = None) -> Response:
    """Answer a question; a stream when the client accepts text/event-stream."""
    kb = knowledge_base(request)
    question = Question(text=body.question, history=tuple(body.history[-MAX_HISTORY:]), filters=body.filters)

    def answer() -> Answer:
        return _answers.do(session, body.request_id, question, lambda: recorded_answer(kb, question, session))

    if "text/event-stream" not in request.headers.get("accept", ""):
        return JSONResponse(answer().as_json())

    def events() -> Iterator[str]:
        try:
            yield from answer_events(answer())
        except Exception as error:
            # The response has begun: an error can only be told as an event.
            yield event("error", {"error": sentence_for(error)})

    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(events(), media_type="text/event-stream", headers=headers)


def recorded_answer(kb: KnowledgeBase, question: Question, session: str | None) -> Answer:
    """The answer to `question`, with what to ask next and the id it is recorded under.

    An answer that cannot be recorded has no id: it is worth more than its record.
    """
    answer = kb.answerer.answer(question)
    try:
        answer_id = kb.journal.record(answer, session, datetime.now(UTC))
    except StoreError as error:
        logger.error("answer not recorded: %s", error.operator)
        answer_id = None
    return answer.model_copy(update={"id": answer_id, "suggestions": kb.suggestions.after(answer)})


def answer_events(answer: Answer) -> Iterator[str]:
    """An answer as the events a client shows one after the other."""
    parts = answer.as_json()
    yield event("answer-start", {name: parts[name] for name in _START})
    for start in range(0, len(answer.text), _PIECE):
        yield event("token", {"text": answer.text[start : start + _PIECE]})
    yield event("citations", {name: parts[name] for name in _SOURCES})
    yield event("done", {"timings_ms": parts["timings_ms"]})


_START = ("id", "question", "rewritten", "kind", "ending", "confidence")
_SOURCES = ("citations", "candidates", "contacts", "suggestions")


def event(name: str, content: dict[str, Any]) -> str:
    """One server-sent event; JSON keeps the data on a single line."""
    return f"event: {name}\ndata: {json.dumps(content, ensure_ascii=False)}\n\n"
