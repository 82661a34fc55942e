"""GET /chat/answer/{id}: an answer that was given in 微信, whole, with its sources.

What was quoted may have changed since: then the question is offered again in place of the answer.
"""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from kb.answers import GENERATED_LABEL, Answer
from kb.clock import clock_time
from kb.controls import wording
from kb.errors import NotFoundError
from kb.knowledge_base import KnowledgeBase
from kb.models import MAX_QUESTION_CHARS
from kb.shelf.diagrams import diagrams_of
from web.display import page
from web.shelf.entries import answering
from web.state import knowledge_base

router = APIRouter()

_CHANGED = "这个回答引用的文件后来有变动，请按现在的文件再问一次。"
_HEADERS = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}  # for those who have its address


@router.get("/chat/answer/{answer_id}")
def kept_answer(answer_id: str, request: Request) -> Response:
    """The page of an answer; nobody can guess its address.

    Raises:
        NotFoundError: there is no such answer, or it was purged.
    """
    kb = knowledge_base(request)
    given = kb.channels.messages.given(answer_id)
    if given is None:
        raise NotFoundError(
            f"没有编号为 {answer_id!r} 的回答", kb.controls.rules().say(wording.ANSWER_UNKNOWN)
        )
    shown = current(kb, given.answer)
    content = {
        "question": given.answer.rewritten[:MAX_QUESTION_CHARS] if shown is None else "",
        "answer": shown,
        "failure": _CHANGED if shown is None else "",
        "kept": clock_time(given.given_at),
        "limit": MAX_QUESTION_CHARS,
        "generated_label": GENERATED_LABEL,
    }
    response = page(request, "chat.html", content)
    response.headers.update(_HEADERS)
    return response


def current(kb: KnowledgeBase, answer: Answer) -> Answer | None:
    """The answer without documents and diagrams that are gone; None when its own words do not stand as it
    quotes them.
    """
    excluded = kb.controls.rules().excluded
    named = {each.document_id for each in answer.citations} | {each.document_id for each in answer.candidates}
    present = {summary.id: summary for summary in kb.storage.documents.summaries(named - excluded)}
    if answer.faq_id and all(entry.id != answer.faq_id for entry in kb.faq.matcher.entries):
        return None
    for citation in answer.citations:
        summary = present.get(citation.document_id)
        document = kb.storage.documents.get(citation.document_id) if summary else None
        if summary is None or document is None or summary.status is not citation.status:
            return None
        if document.text[citation.start : citation.end] != citation.quote:
            return None
    near = tuple(each for each in answer.candidates if each.document_id in present)
    now = diagrams_of(answering(kb), {each.document_id for each in answer.diagrams})
    shown = {each.url for each in now}
    diagrams = tuple(each for each in answer.diagrams if each.url in shown)
    return answer.model_copy(update={"candidates": near, "diagrams": diagrams})
