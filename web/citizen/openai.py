"""POST /v1/chat/completions and GET /v1/models: the knowledge base as other front ends know a language model.

The last user message is the question, the ones before it are its history; system messages and what an
assistant said earlier change nothing, as nobody who asks gives orders here. The answer is the one of
POST /api/ask, in words: label or notice, text, sources, whom to call. The same as data stands in the field
`policy`, of a stream in its last chunk. OpenAI API reference, "Chat completions".
"""

import json
import secrets
import time
from collections.abc import Iterator, Sequence
from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from kb.answers import GENERATED_LABEL, Answer, AnswerKind, Citation, Piece
from kb.errors import KbError
from kb.llm.passages import tokens
from kb.models import MAX_QUESTION_CHARS, Question
from web.citizen.ask import MAX_HISTORY
from web.citizen.recording import recorded_answer, while_answering
from web.errors import sentence_for, status_for
from web.state import knowledge_base

router = APIRouter()

MODEL = "policy-qa"
_SILENCE = 8.0  # seconds after which a comment is sent
_CHUNK = "chat.completion.chunk"
_POLICY = (  # the fields of an answer that stand in `policy`
    *("id", "kind", "ending", "rewritten", "confidence", "notice", "citations", "candidates"),
    *("contacts", "suggestions", "checks", "timings_ms"),
)


class _Part(BaseModel):
    """A part of a message; what is no text is passed over."""

    model_config = ConfigDict(extra="ignore")

    type: str = "text"
    text: str = ""


class ChatMessage(BaseModel):
    """A message of the conversation."""

    model_config = ConfigDict(extra="ignore")

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[_Part] | None = None

    @property
    def text(self) -> str:
        """Its words."""
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content if part.type == "text")
        return self.content or ""


class StreamOptions(BaseModel):
    """What a stream is to hold besides."""

    model_config = ConfigDict(extra="ignore")

    include_usage: bool = False


class ChatRequest(BaseModel):
    """Body of POST /v1/chat/completions; temperature, tools and the like have no meaning here."""

    model_config = ConfigDict(extra="ignore")

    messages: list[ChatMessage] = Field(min_length=1, max_length=400)
    model: str = MODEL
    stream: bool = False
    stream_options: StreamOptions | None = None

    @property
    def question(self) -> Question:
        """The last user message, with the ones before it."""
        asked = [message.text for message in self.messages if message.role == "user"]
        earlier = tuple(text[:MAX_QUESTION_CHARS] for text in asked[:-1][-MAX_HISTORY:] if text.strip())
        return Question(text=asked[-1] if asked else "", history=earlier)


@router.get("/v1/models")
def models() -> dict[str, Any]:
    """The one model that there is."""
    return {"object": "list", "data": [{"id": MODEL, "object": "model", "created": 0, "owned_by": "kb"}]}


@router.post("/v1/chat/completions")
def chat_completions(body: ChatRequest, request: Request) -> Response:
    """Answer the last message; a stream of chunks when asked for."""
    kb = knowledge_base(request)
    head = {"id": f"chatcmpl-{secrets.token_urlsafe(12)}", "created": int(time.time()), "model": MODEL}
    if not body.stream:
        try:
            answer = recorded_answer(kb, body.question, None)
        except KbError as error:
            return JSONResponse({"error": _error(error)}, status_for(error))
        return JSONResponse(_completion(head, answer, body.question))

    def chunks() -> Iterator[str]:
        try:
            yield from _chunks(
                head,
                body,
                while_answering(lambda listen: recorded_answer(kb, body.question, None, listen), _SILENCE),
            )
        except Exception as error:
            # The response has begun: an error can only be told as an event.
            yield _data({"error": _error(error)})

    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(chunks(), media_type="text/event-stream", headers=headers)


def _chunks(head: dict[str, Any], body: ChatRequest, items: Iterator[Piece | Answer | None]) -> Iterator[str]:
    begun = False
    for item in items:
        if item is None:
            yield ": still at work\n\n"
            continue
        if not begun:
            yield _chunk(head, {"role": "assistant", "content": ""})
        if isinstance(item, Piece):
            yield _chunk(head, {"content": item.text})
        else:
            before = "" if begun else _opening(item) + item.text
            yield _chunk(head, {"content": before + _closing(item)})
            yield _chunk(head, {}, reason="stop", policy=_policy(item))
            if body.stream_options and body.stream_options.include_usage:
                yield _data({**head, "object": _CHUNK, "choices": [], "usage": _usage(body.question, item)})
        begun = True
    yield "data: [DONE]\n\n"


def _chunk(head: dict[str, Any], delta: dict[str, str], reason: str | None = None, **more: object) -> str:
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    return _data({**head, "object": _CHUNK, "choices": [choice], **more})


def _data(content: dict[str, Any]) -> str:
    return f"data: {json.dumps(content, ensure_ascii=False)}\n\n"


def _completion(head: dict[str, Any], answer: Answer, question: Question) -> dict[str, Any]:
    message = {"role": "assistant", "content": as_words(answer), "refusal": None}
    return {
        **head,
        "object": "chat.completion",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}],
        "usage": _usage(question, answer),
        "policy": _policy(answer),
    }


def as_words(answer: Answer) -> str:
    """All that a reader should see of an answer, as plain text."""
    return f"{_opening(answer)}{answer.text}{_closing(answer)}"


def _opening(answer: Answer) -> str:
    return f"{answer.notice}\n" if answer.notice else ""


def _closing(answer: Answer) -> str:
    """Label, sources, nearest documents and whom to call, below the text."""
    blocks = [f"（{GENERATED_LABEL}）"] if answer.kind is AnswerKind.GENERATED else []
    if answer.citations:
        blocks.append("\n".join(["出处：", *_sources(answer.citations)]))
    if answer.candidates:
        near = (f"《{each.document}》 {each.section} {each.url}" for each in answer.candidates)
        blocks.append("\n".join(["内容相近的文件：", *near]))
    if answer.contacts:
        people = (f"{each.department} {each.name} {each.phone}" for each in answer.contacts)
        blocks.append("\n".join(["可以打电话问：", *people]))
    return "".join(f"\n\n{block}" for block in blocks)


def _sources(citations: Sequence[Citation]) -> Iterator[str]:
    for number, citation in enumerate(citations, start=1):
        of = f"（{citation.number}）" if citation.number else ""
        yield f"[{number}] 《{citation.document}》{of} {citation.section} {citation.url}"


def _policy(answer: Answer) -> dict[str, Any]:
    parts = answer.as_json()
    return {name: parts[name] for name in _POLICY}


def _usage(question: Question, answer: Answer) -> dict[str, int]:
    """Estimated: clients want to see figures, and nobody is billed by them."""
    asked, said = tokens(question.text), tokens(as_words(answer))
    return {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said}


def _error(error: Exception) -> dict[str, Any]:
    kind = (
        "invalid_request_error" if isinstance(error, KbError) and status_for(error) < 500 else "server_error"
    )
    return {"message": sentence_for(error), "type": kind, "param": None, "code": None}
