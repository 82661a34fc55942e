"""GET and POST /chat: a page for asking that works without JavaScript.

With JavaScript the widget replaces the form. Answers given here are recorded like those of /api/ask.
"""

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from kb.answers import GENERATED_LABEL
from kb.citizens.left_questions import LeftQuestion
from kb.errors import KbError
from kb.models import MAX_QUESTION_CHARS, Question
from web.addresses import client_address
from web.citizen.recording import recorded_answer
from web.display import Fact, page
from web.errors import headers_for, sentence_for, status_for
from web.state import knowledge_base, notice

router = APIRouter()

_MAX_FIELDS = 20


@router.get("/chat")
def chat(request: Request, q: str = "", code: str = "") -> Response:
    """The page for asking, with `q` in the box and the question left under `code`, if given."""
    kb = knowledge_base(request)
    content: dict[str, object] = {
        "question": q[:MAX_QUESTION_CHARS],
        "notice": notice(request),
    }
    if not code:
        return _chat_page(request, content)
    try:
        question = kb.citizens.questions.find(code)
    except KbError as error:
        failure = kb.controls.rules().say(sentence_for(error))
        return _chat_page(request, {**content, "failure": failure}, status_for(error))
    return _chat_page(request, {**content, "left": left_facts(question)})


def left_facts(left: LeftQuestion) -> list[Fact]:
    """The fields of a left question that the holder of its code may see."""
    reply = left.reply
    known = {
        "查询码": left.code,
        "问题": left.text,
        "先前的答复": left.earlier and left.earlier.text,
        "又问": left.further,
        "留言日期": left.asked,
        "状态": "已答复" if reply else "等待答复",
        "答复期限": left.due if reply is None else None,
        "答复": reply and reply.text,
        "答复人": reply and " ".join(filter(None, (reply.department, reply.name))),
        "答复日期": reply and reply.date,
    }
    return [Fact(name=name, value=str(value)) for name, value in known.items() if value]


async def posted_question(request: Request) -> str:
    """The question of a posted form; empty when there is none (the answerer refuses it)."""
    body = (await request.body()).decode("utf-8", "replace")
    try:
        return parse_qs(body, max_num_fields=_MAX_FIELDS).get("question", [""])[0]
    except ValueError:  # more fields than the form has
        return ""


@router.post("/chat")
def answer_on_page(request: Request, question: Annotated[str, Depends(posted_question)]) -> Response:
    """The page with the question and its answer, or with a sentence why there is no answer."""
    try:
        answer = recorded_answer(
            knowledge_base(request), Question(text=question), None, address=client_address(request.scope)
        )
    except KbError as error:
        content = {"question": question, "failure": sentence_for(error)}
        refused = _chat_page(request, content, status_for(error))
        refused.headers.update(headers_for(error))
        return refused
    return _chat_page(request, {"question": question, "answer": answer})


def _chat_page(request: Request, content: Mapping[str, object], status: int = 200) -> Response:
    question = content["question"]
    own_query = {"q": str(question)} if request.method == "POST" else None
    return page(
        request,
        "chat.html",
        {"limit": MAX_QUESTION_CHARS, "generated_label": GENERATED_LABEL, **content},
        status,
        own_query,
    )
