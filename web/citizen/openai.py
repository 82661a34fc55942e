"""POST /v1/chat/completions and GET /v1/models: the knowledge base behind the OpenAI chat interface.

The last user message is the question, the user messages before it are its history; system and assistant
messages are ignored, as callers must not give instructions. The answer is that of POST /api/ask as plain
text: label or notice, text, sources, contacts. The field `policy` has it as data; in a stream the last chunk
has this field. OpenAI API reference, "Chat completions".
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
from web.addresses import client_address
from web.citizen.ask import MAX_HISTORY
from web.citizen.recording import recorded_answer, while_answering
from web.errors import headers_for, sentence_for, status_for
from web.state import knowledge_base

router = APIRouter()

MODEL = "policy-qa"
_SILENCE = 8.0  # seconds after which a comment is sent
_CHUNK = "chat.completion.chunk"
_POLICY = (  # the fields of an answer in `policy`
    *("id", "kind", "ending", "rewritten", "confidence", "notice", "headline", "verdict", "topic"),
    *("citations", "candidates", "contacts", "suggestions", "offers", "clarifying", "checks", "timings_ms"),
)


class _Part(BaseModel):
    """A part of a message; parts that are not text are ignored."""

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
        """The text of the message; its text parts are joined by newlines."""
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content if part.type == "text")
        return self.content or ""


class StreamOptions(BaseModel):
    """Options of a stream: whether its last chunk reports token usage."""

    model_config = ConfigDict(extra="ignore")

    include_usage: bool = False


class ChatRequest(BaseModel):
    """Body of POST /v1/chat/completions; temperature, tools and similar fields are ignored."""

    model_config = ConfigDict(extra="ignore")

    messages: list[ChatMessage] = Field(min_length=1, max_length=400)
    model: str = MODEL
    stream: bool = False
    stream_options: StreamOptions | None = None

    @property
    def question(self) -> Question:
        """The last user message, with the user messages before it as history."""
        texts = [message.text for message in self.messages if message.role == "user"]
        earlier = tuple(text[:MAX_QUESTION_CHARS] for text in texts[:-1][-MAX_HISTORY:] if text.strip())
        return Question(text=texts[-1] if texts else "", history=earlier)


@router.get("/v1/models")
def models() -> dict[str, Any]:
    """The list of models: this one."""
    return {"object": "list", "data": [{"id": MODEL, "object": "model", "created": 0, "owned_by": "kb"}]}


@router.post("/v1/chat/completions")
def chat_completions(body: ChatRequest, request: Request) -> Response:
    """Answer the last user message; as a stream of chunks when `stream` is set."""
    kb = knowledge_base(request)
    head = {"id": f"chatcmpl-{secrets.token_urlsafe(12)}", "created": int(time.time()), "model": MODEL}
    address = client_address(request.scope)
    if not body.stream:
        try:
            answer = recorded_answer(kb, body.question, None, address=address)
        except KbError as error:
            return JSONResponse({"error": _error(error)}, status_for(error), headers_for(error))
        return JSONResponse(_completion(head, answer, body.question))

    def chunks() -> Iterator[str]:
        try:
            yield from _chunks(
                head,
                body,
                while_answering(
                    lambda listen: recorded_answer(kb, body.question, None, listen, address=address), _SILENCE
                ),
            )
        except Exception as error:
            # The response has begun, so the error is sent as an event.
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
    """Everything a reader should see of an answer, as plain text."""
    return f"{_opening(answer)}{answer.text}{_closing(answer)}"


def _opening(answer: Answer) -> str:
    return "".join(f"{line}\n" for line in (answer.notice, answer.headline) if line)


def _closing(answer: Answer) -> str:
    """The label, sources, nearest documents and contacts below the answer's text."""
    blocks = [f"（{GENERATED_LABEL}）"] if answer.kind is AnswerKind.GENERATED else []
    if answer.clarifying:
        options = (f"{number}. {option.label}" for number, option in enumerate(answer.clarifying.options, 1))
        blocks.append("\n".join([answer.clarifying.question, *options]))
    if answer.citations:
        blocks.append("\n".join(["出处：", *_sources(answer.citations)]))
    if answer.candidates:
        candidates = (
            f"《{candidate.document}》 {candidate.section} {candidate.url}" for candidate in answer.candidates
        )
        blocks.append("\n".join(["内容相近的文件：", *candidates]))
    if answer.contacts:
        contacts = (f"{contact.department} {contact.name} {contact.phone}" for contact in answer.contacts)
        blocks.append("\n".join(["可以打电话问：", *contacts]))
    return "".join(f"\n\n{block}" for block in blocks)


def _sources(citations: Sequence[Citation]) -> Iterator[str]:
    for number, citation in enumerate(citations, start=1):
        number_note = f"（{citation.number}）" if citation.number else ""
        yield f"[{number}] 《{citation.document}》{number_note} {citation.section} {citation.url}"


def _policy(answer: Answer) -> dict[str, Any]:
    parts = answer.as_json()
    return {name: parts[name] for name in _POLICY}


def _usage(question: Question, answer: Answer) -> dict[str, int]:
    """Estimated token counts: clients expect the field; nobody is billed by it."""
    question_tokens, answer_tokens = tokens(question.text), tokens(as_words(answer))
    return {
        "prompt_tokens": question_tokens,
        "completion_tokens": answer_tokens,
        "total_tokens": question_tokens + answer_tokens,
    }


def _error(error: Exception) -> dict[str, Any]:
    kind = (
        "invalid_request_error" if isinstance(error, KbError) and status_for(error) < 500 else "server_error"
    )
    return {"message": sentence_for(error), "type": kind, "param": None, "code": None}
