"""POST /api/ask: a question in, an answer out, as JSON or as server-sent events.

Events: answer-start (how the question was understood, the answer's id), token (pieces of the text), citations
(sources, contacts, nearest documents, what to ask next), done (timings), error (a Chinese sentence). WHATWG
HTML, "Server-sent events". A generated answer is sent sentence by sentence, each after its check; during a
pause a comment is sent, so that no proxy takes the connection for dead. All but courtesies are recorded
(kb.citizens.journal); feedback names it by its id.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from kb.answers import Answer, AnswerKind, Ending, Piece
from kb.citizens.journal import new_answer_id
from kb.errors import NotReadyError
from kb.models import MAX_QUESTION_CHARS, Filters, Question
from web.addresses import client_address
from web.citizen.once import Once, RequestId, Session
from web.citizen.recording import Listener, recorded_answer, while_answering
from web.errors import sentence_for
from web.state import knowledge_base

router = APIRouter()

MAX_HISTORY = 20  # earlier questions that are used
_PIECE = 24  # characters in one token event
_SILENCE = 8.0  # seconds after which a comment is sent
_answers: Once[Answer] = Once(kind=Answer)


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

    def answer(listen: Listener | None = None, answer_id: str | None = None) -> Answer:
        return _answers.do(
            session,
            body.request_id,
            question,
            lambda: recorded_answer(kb, question, session, listen, answer_id, client_address(request.scope)),
            kb.storage.sharing.requests if kb.storage.sharing else None,
        )

    if "text/event-stream" not in request.headers.get("accept", ""):
        return JSONResponse(answer().as_json())

    def events() -> Iterator[str]:
        try:
            if kb.model is None:
                yield from answer_events(answer())
            else:
                answer_id = new_answer_id()
                yield from live_events(question, answer_id, lambda listen: answer(listen, answer_id))
        except Exception as error:
            # The response has begun, so the error is sent as an event.
            again = {"retry_after": error.wait} if isinstance(error, NotReadyError) else {}
            yield event("error", {"error": sentence_for(error), **again})

    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(events(), media_type="text/event-stream", headers=headers)


def answer_events(answer: Answer) -> Iterator[str]:
    """The server-sent events of a finished answer, in the order a client shows them."""
    parts = answer.as_json()
    yield event("answer-start", {name: parts[name] for name in _START})
    for start in range(0, len(answer.text), _PIECE):
        yield event("token", {"text": answer.text[start : start + _PIECE]})
    yield from _last_events(answer)


def live_events(question: Question, answer_id: str, work: Callable[[Listener], Answer]) -> Iterator[str]:
    """The server-sent events of an answer while `work` generates it; it is recorded under `answer_id`."""
    begun = False
    for item in while_answering(work, _SILENCE):
        if item is None:
            yield _COMMENT
        elif isinstance(item, Piece):
            if not begun:
                yield event("answer-start", _beginning(question, answer_id, item))
            begun = True
            yield event("token", {"text": item.text})
        else:
            yield from _last_events(item) if begun else answer_events(item)


def _beginning(question: Question, answer_id: str, piece: Piece) -> dict[str, Any]:
    """The content of answer-start once the first sentence of a generated answer has passed its check."""
    return {
        "id": answer_id,
        "question": question.text,
        "rewritten": piece.rewritten,
        "kind": AnswerKind.GENERATED.value,
        "ending": Ending.GENERATED.value,
        "confidence": piece.confidence,
        "notice": None,
        "headline": None,
        "html": None,
        "topic": piece.topic,
    }


def _last_events(answer: Answer) -> Iterator[str]:
    parts = answer.as_json()
    yield event("citations", {name: parts[name] for name in _SOURCES})
    yield event("done", {"timings_ms": parts["timings_ms"], "checks": parts["checks"]})


_START = (
    *(
        "id",
        "question",
        "rewritten",
        "kind",
        "ending",
        "confidence",
        "notice",
        "headline",
        "html",
        "verdict",
        "topic",
    ),
)
_SOURCES = ("citations", "candidates", "contacts", "suggestions", "offers", "clarifying", "diagrams")
_COMMENT = ": still at work\n\n"


def event(name: str, content: dict[str, Any]) -> str:
    """One server-sent event; JSON keeps its data on one line."""
    return f"event: {name}\ndata: {json.dumps(content, ensure_ascii=False)}\n\n"
