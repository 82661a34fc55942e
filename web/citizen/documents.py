"""GET /doc/{id}: a document with its summary, its whole text, FAQ on it, and documents that belong to it.

The cited places and the words of the question are marked in the text.

All output goes through jinja2 with autoescape: no HTML from a document is ever executed.
"""

import hashlib
from pathlib import Path
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, Response

from kb.models import DocumentSummary, Model, PolicyDocument, Status
from kb.shelf.diagrams import diagrams_of
from kb.shelf.related import related_to
from kb.shelf.summary import outline_of
from kb.storage.documents import Documents
from web.citizen.blocks import make_blocks, make_outline, shown_marks
from web.citizen.marks import find_marks, read_span, read_spans, telling_words
from web.display import Fact, page, site_url
from web.sessions import now_utc
from web.shelf.entries import answering
from web.shelf.structured import data_block, legislation, questions
from web.state import knowledge_base

router = APIRouter()


class StatusReason(Model):
    """Why a document has its status; `url` leads to the sentence that states it."""

    sentence: str
    url: str | None


_COLLECTION = ".jsonl"  # such a file holds many documents, one a line: no original to download
_PDF = ".pdf"
_MOST_ASKED = 20  # entries shown on the page of their document


@router.get("/doc/{document_id}")
def show(
    request: Request, document_id: str, start: str = "", end: str = "", also: str = "", q: str = ""
) -> Response:
    """The document as a page; invalid positions mark nothing."""
    documents = knowledge_base(request).storage.documents
    document = shown_document(request, document_id)
    if document is None:
        sentence = "它可能已被移除或替换，请返回首页重新提问。"
        return page(request, "sentence.html", {"title": "没有找到这份文件", "sentence": sentence}, 404)
    length = len(document.text)
    cited = read_span(start, end, length)
    marks = find_marks(document.text, cited, read_spans(also, length), telling_words(q))
    blocks = make_blocks(document, marks)
    kb = knowledge_base(request)
    topics = kb.citizens.suggestions.topics_of_documents().get(document.id, ())
    asked = [entry for entry in answering(kb) if entry.document_id == document.id]
    url = f"{site_url(request)}/doc/{quote(document.id, safe='')}"
    told = [legislation(document, url), questions(asked)]
    content = {
        "document": document,
        "summary": outline_of(document),
        "topics": dict.fromkeys((*filter(None, (document.topic,)), *topics)),
        "related": related_to(document, documents, kb.controls.rules().excluded, topics),
        "asked": asked[:_MOST_ASKED],
        "diagrams": diagrams_of(asked, {document.id}),
        "address": url,
        "structured": [data_block(one) for one in told if one],
        "blocks": blocks,
        "outline": make_outline(document),
        "hits": shown_marks(blocks),
        "facts": facts(document),
        "newer": newer_edition(document, documents),
        "standing": standing_of(document, documents),
        "link": document.url if (document.url or "").startswith(("https://", "http://")) else None,
        "downloadable": Path(document.source).suffix.lower() != _COLLECTION and Path(document.path).is_file(),
    }
    return page(request, "document.html", content)


@router.get("/doc/{document_id}/original")
def original(request: Request, document_id: str) -> Response:
    """The file as it was ingested; 404 once it has been moved, changed or replaced."""
    document = shown_document(request, document_id)
    if document is None or not is_unchanged(document):
        sentence = "原件已不在原来的位置或内容已变动，不能下载；原文页面仍可查看。"
        return page(request, "sentence.html", {"title": "原件不能下载", "sentence": sentence}, 404)
    pdf = Path(document.path).suffix.lower() == _PDF
    kind = "application/pdf" if pdf else "application/octet-stream"
    return FileResponse(document.path, media_type=kind, filename=document.source)


def shown_document(request: Request, document_id: str) -> PolicyDocument | None:
    """The document; None when it does not exist, or is excluded and the reader is not signed in as staff."""
    kb = knowledge_base(request)
    if document_id in kb.controls.rules().excluded:
        session, sign_in = request.app.state.sessions.read(request, now_utc()), kb.staff.sign_in
        account = sign_in.account_of(session.name, session.version) if session else None
        if account is None or sign_in.duty_of(account) is not None:
            return None
    return kb.storage.documents.get(document_id)


def is_unchanged(document: PolicyDocument) -> bool:
    """Whether the file still has the bytes that were ingested."""
    try:
        with open(document.path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == document.sha256
    except (OSError, ValueError):  # ValueError: a NUL in the path
        return False


def facts(document: PolicyDocument) -> list[Fact]:
    """The metadata of a document, in the order of an information disclosure page."""
    known = {
        "发文字号": document.number,
        "发文机关": document.issuer,
        "成文日期": document.written_date,
        "发布日期": document.published_date,
        "施行日期": document.effective_date,
        "失效日期": document.expiry_date,
        "时效性": document.status.value,
        "时效依据": document.standing.sentence if document.standing else None,
        "有效期说明": document.validity,
        "索引号": document.index_number,
        "主题分类": document.topic,
        "主送机关": document.addressee,
        "来源文件": document.source,
    }
    return [Fact(name=name, value=str(value)) for name, value in known.items() if value]


def standing_of(document: PolicyDocument, documents: Documents) -> StatusReason | None:
    """Why a document has its status, with the link to its source while that document exists."""
    standing = document.standing
    if standing is None:
        return None
    source = standing.document_id and next(iter(documents.summaries([standing.document_id])), None)
    return StatusReason(sentence=standing.sentence, url=standing.url if source else None)


def newer_edition(document: PolicyDocument, documents: Documents) -> DocumentSummary | None:
    """The document that staff named as its replacement; else the newest later one in force with its title."""
    if document.replaced_by:
        return next(iter(documents.summaries([document.replaced_by])), None)
    if document.dated is None:
        return None
    later = (
        summary
        for summary in documents.summaries()  # newest first
        if summary.title == document.title
        and summary.status is Status.IN_FORCE
        and summary.dated is not None
        and summary.dated > document.dated
    )
    return next(later, None)
