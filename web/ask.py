"""POST /api/ask: a question in, an answer out, as JSON or as server-sent events.

Events: answer-start (what was understood), token (pieces of the text), citations (sources, contacts, nearest
documents, suggestions), done (timings), error (a Chinese sentence). WHATWG HTML, "Server-sent events".
"""

import json
from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from kb.answers import Answer
from kb.models import MAX_QUESTION_CHARS, Filters, Question
from web.errors import sentence_for
from web.state import knowledge_base

router = APIRouter()

MAX_HISTORY = 20  # earlier questions that are looked at
_PIECE = 24  # characters in one token event


class AskRequest(BaseModel):
    """Body of POST /api/ask."""

    model_config = ConfigDict(extra="forbid")

    question: str = Field(max_length=MAX_QUESTION_CHARS * 20)
    history: list[str] = Field(default_factory=list, max_length=200)
    filters: Filters = Filters()


@router.post("/api/ask")
def ask(body: AskRequest, request: Request) -> Response:
    """Answer a question; a stream when the client accepts text/event-stream."""
    question = Question(text=body.question, history=tuple(body.history[-MAX_HISTORY:]), filters=body.filters)
    answer = knowledge_base(request).answerer.answer
    if "text/event-stream" not in request.headers.get("accept", ""):
        return JSONResponse(answer(question).as_json())

    def events() -> Iterator[str]:
        try:
            yield from answer_events(answer(question))
        except Exception as error:
            # The response has begun: an error can only be told as an event.
            yield event("error", {"error": sentence_for(error)})

    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(events(), media_type="text/event-stream", headers=headers)


def answer_events(answer: Answer) -> Iterator[str]:
    """An answer as the events a client shows one after the other."""
    parts = answer.as_json()
    yield event("answer-start", {name: parts[name] for name in _START})
    for start in range(0, len(answer.text), _PIECE):
        yield event("token", {"text": answer.text[start : start + _PIECE]})
    yield event("citations", {name: parts[name] for name in _SOURCES})
    yield event("done", {"timings_ms": parts["timings_ms"]})


_START = ("question", "rewritten", "kind", "ending", "confidence")
_SOURCES = ("citations", "candidates", "contacts", "suggestions")


def event(name: str, content: dict[str, Any]) -> str:
    """One server-sent event; JSON keeps the data on a single line."""
    return f"event: {name}\ndata: {json.dumps(content, ensure_ascii=False)}\n\n"
