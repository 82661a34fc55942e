"""GET /faq/{id} and /files/{name}: an FAQ entry with its source, its pictures and attachments."""

from datetime import datetime
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import Response

from kb.clock import china_today
from kb.errors import NotFoundError
from kb.faq.marked.attachments import is_shown
from kb.faq.models import FaqEntry
from kb.knowledge_base import KnowledgeBase
from kb.language.paraphrase import read, shared_words
from kb.models import DocumentSummary, viewer_url
from kb.staff.permissions import Action, may
from web.display import page, site_url
from web.sessions import now_utc
from web.shelf.structured import data_block, questions
from web.state import knowledge_base

router = APIRouter()

_RELATED = 5
_NEAR = 0.35
_KEPT_SECONDS = 86_400
_SAFE = {  # a picture is shown, and nothing else may ever come of it
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "cross-origin",  # the widget stands on the portal's pages
}


@router.get("/faq/{entry_id}")
def entry_page(request: Request, entry_id: str) -> Response:
    """The entry as a page, while it answers."""
    kb = knowledge_base(request)
    entry = next((one for one in answering(kb) if one.id == entry_id), None)
    if entry is None:
        sentence = "它可能已经更新或撤下，请返回首页重新提问。"
        return page(request, "sentence.html", {"title": "没有找到这条问答", "sentence": sentence}, 404)
    source = source_of(kb, entry)
    structured = questions([entry])
    content = {
        "entry": entry,
        "source": source,
        "source_url": source and (viewer_url(source.id, entry.span) if entry.span else f"/doc/{source.id}"),
        "contacts": kb.staff.contacts.of((entry.department,)) if entry.department else (),
        "related": related(entry, answering(kb)),
        "address": f"{site_url(request)}/faq/{entry.id}",
        "structured": [data_block(structured)] if structured else [],
    }
    return page(request, "entry.html", content)


@router.get("/files/{file_name}")
def shown_file(request: Request, file_name: str) -> Response:
    """A picture or an attachment: for everybody once an answering entry shows it, before that for writers.

    Raises:
        NotFoundError: there is no such file, or the reader may not have it yet.
    """
    kb = knowledge_base(request)
    file, content = kb.faq.attachments.get(file_name)
    if file.file_name != file_name:
        raise NotFoundError(f"没有附件 {file_name}", "没有这个文件，可能已经撤下。")
    is_public = is_shown(file_name, (entry.answer for entry in answering(kb)))
    if not is_public and not _writes(request, now_utc()):
        raise NotFoundError(f"附件 {file_name} 还没有公开", "没有这个文件，可能已经撤下。")
    kept = f"public, max-age={_KEPT_SECONDS}" if is_public else "no-store"
    headers = {**_SAFE, "Cache-Control": kept}
    if not file.is_picture:
        headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(file.name)}"
    return Response(content, media_type=file.kind, headers=headers)


def answering(kb: KnowledgeBase) -> list[FaqEntry]:
    """The entries that answer today."""
    return [entry for entry in kb.faq.matcher.entries if entry.holds_on(china_today())]


def source_of(kb: KnowledgeBase, entry: FaqEntry) -> DocumentSummary | None:
    """The document that the answer comes from, unless it is excluded."""
    if entry.document_id is None or entry.document_id in kb.controls.rules().excluded:
        return None
    return next(iter(kb.storage.documents.summaries([entry.document_id])), None)


def related(entry: FaqEntry, others: list[FaqEntry]) -> list[FaqEntry]:
    """Entries on the same document, then those with much the same words; a few, the nearest first."""
    asked = read(entry.question)
    shares = [(shared_words(asked, read(one.question)), one) for one in others if one.id != entry.id]
    fitting = [
        (share, one)
        for share, one in shares
        if share >= _NEAR or (one.document_id and one.document_id == entry.document_id)
    ]
    fitting.sort(key=lambda each: -each[0])
    return [one for _, one in fitting[:_RELATED]]


def _writes(request: Request, now: datetime) -> bool:
    """Whether somebody who may edit entries is signed in."""
    session, kb = request.app.state.sessions.read(request, now), knowledge_base(request)
    account = kb.staff.sign_in.account_of(session.name, session.version) if session else None
    if account is None or kb.staff.sign_in.duty_of(account) is not None:
        return False
    return may(account.staff, Action.FAQ_EDIT)
