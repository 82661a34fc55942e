"""What is new, for feeds (Atom, RFC 4287; JSON Feed 1.1), and what there is, for search engines."""

from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape
from urllib.parse import quote
from xml.etree import ElementTree

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from kb.answers import Diagram
from kb.knowledge_base import KnowledgeBase
from kb.models import Model
from kb.shelf.diagrams import diagrams_of
from kb.shelf.news import FEED_LENGTH, NewDocument, NewEntry
from web.display import site_url
from web.sessions import now_utc
from web.shelf.entries import answering, source_of
from web.state import knowledge_base

router = APIRouter()

_TITLE = "政策问答知识库：新文件和新问答"
_ATOM = "http://www.w3.org/2005/Atom"
_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
_MOST_ADDRESSES = 50_000  # of one sitemap, by its protocol
_KEPT = {"Cache-Control": "public, max-age=600"}
_PAGES = ("/", "/documents", "/chat", "/privacy")
_CLOSED_PATHS = ("/console", "/login", "/logout", "/password", "/second-step", "/api/", "/v1/", "/metrics")


class FeedEntry(Model):
    """One entry of both feeds."""

    url: str
    title: str
    summary: str
    html: str | None
    kind: str
    at: datetime


@router.get("/feed.atom")
def atom(request: Request) -> Response:
    """The new documents and FAQ entries as an Atom feed."""
    site, entries = site_url(request), _entries(request)
    feed = ElementTree.Element("feed", {"xmlns": _ATOM, "xml:lang": "zh-CN"})
    _add(feed, "id", f"{site}/feed.atom")
    _add(feed, "title", _TITLE)
    _add(feed, "updated", _stamp(entries[0].at if entries else datetime(1970, 1, 1, tzinfo=UTC)))
    _add(feed, "link", None, rel="self", type="application/atom+xml", href=f"{site}/feed.atom")
    _add(feed, "link", None, rel="alternate", type="text/html", href=f"{site}/documents")
    owner = knowledge_base(request).settings.site_owner
    _add(_add(feed, "author", None), "name", owner or "政策问答知识库")
    for one in entries:
        entry = _add(feed, "entry", None)
        _add(entry, "id", one.url)
        _add(entry, "title", one.title)
        _add(entry, "updated", _stamp(one.at))
        _add(entry, "link", None, rel="alternate", type="text/html", href=one.url)
        _add(entry, "category", None, term=one.kind)
        _add(entry, "content", one.html or one.summary, type="html" if one.html else "text")
    return _xml(feed, "application/atom+xml")


@router.get("/feed.json")
def json_feed(request: Request) -> Response:
    """The same as a JSON Feed."""
    site = site_url(request)
    items = [
        {
            "id": one.url,
            "url": one.url,
            "title": one.title,
            "content_text": one.summary,
            **({"content_html": one.html} if one.html else {}),
            "date_modified": _stamp(one.at),
            "tags": [one.kind],
        }
        for one in _entries(request)
    ]
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": _TITLE,
        "language": "zh-CN",
        "home_page_url": f"{site}/documents",
        "feed_url": f"{site}/feed.json",
        "items": items,
    }
    return JSONResponse(feed, media_type="application/feed+json", headers=_KEPT)


@router.get("/sitemap.xml")
def sitemap(request: Request) -> Response:
    """The addresses of our pages, the newest documents first."""
    kb, site, now = knowledge_base(request), site_url(request), now_utc()
    urls = ElementTree.Element("urlset", {"xmlns": _SITEMAP})
    known: list[tuple[str, datetime | None]] = [(path, None) for path in _PAGES]
    known += [(f"/doc/{quote(one.document.id, safe='')}", one.at) for one in _documents(kb, now, None)]
    known += [(f"/faq/{quote(one.entry.id, safe='')}", one.at) for one in kb.shelf.news.entries(now, None)]
    for path, at in known[:_MOST_ADDRESSES]:
        url = _add(urls, "url", None)
        _add(url, "loc", f"{site}{path}")
        if at is not None:
            _add(url, "lastmod", _stamp(at))
    return _xml(urls, "application/xml")


@router.get("/robots.txt", response_class=PlainTextResponse)
def robots(request: Request) -> Response:
    """Which addresses are not for search engines, and where the sitemap is."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in _CLOSED_PATHS), "Allow: /", ""]
    return PlainTextResponse(
        "\n".join([*lines, f"Sitemap: {site_url(request)}/sitemap.xml", ""]), headers=_KEPT
    )


def _documents(kb: KnowledgeBase, now: datetime, length: int | None) -> list[NewDocument]:
    return kb.shelf.news.documents(now, kb.controls.rules().excluded, length)


def _entries(request: Request) -> Sequence[FeedEntry]:
    """New documents and entries together, the newest first."""
    kb, site, now = knowledge_base(request), site_url(request), now_utc()
    new = _documents(kb, now, FEED_LENGTH)
    diagrams = diagrams_of(answering(kb), {one.document.id for one in new})
    made = [_of_document(one, site, diagrams) for one in new]
    made += [_of_entry(one, site, kb) for one in kb.shelf.news.entries(now)]
    return sorted(made, key=lambda one: one.at, reverse=True)[:FEED_LENGTH]


def _of_document(one: NewDocument, site: str, diagrams: Sequence[Diagram]) -> FeedEntry:
    """A document, with its diagrams if it has any."""
    document = one.document
    dated = f"{document.dated}" if document.dated else ""
    said = "，".join(filter(None, (document.number, dated, document.status.value)))
    url = f"{site}/doc/{quote(document.id, safe='')}"
    shown = "".join(
        f'<p><img src="{escape(f"{site}{each.url}")}" alt=""><br>{escape(each.caption)}</p>'
        for each in diagrams
        if each.document_id == document.id
    )
    html = f"<p>{escape(said)}</p>{shown}" if shown else None
    return FeedEntry(url=url, title=document.title, summary=said, html=html, kind="文件", at=one.at)


def _of_entry(one: NewEntry, site: str, kb: KnowledgeBase) -> FeedEntry:
    entry, source = one.entry, source_of(kb, one.entry)
    named = f"（出处：《{source.title}》）" if source else ""
    html = entry.html and entry.html.replace('="/files/', f'="{site}/files/') + f"<p>{escape(named)}</p>"
    url = f"{site}/faq/{quote(entry.id, safe='')}"
    return FeedEntry(
        url=url, title=entry.question, summary=f"{entry.plain}{named}", html=html, kind="问答", at=one.at
    )


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _add(parent: ElementTree.Element, name: str, text: str | None, **attributes: str) -> ElementTree.Element:
    element = ElementTree.SubElement(parent, name, attributes)
    element.text = text and "".join(sign for sign in text if sign >= " " or sign in "\n\t")
    return element


def _xml(root: ElementTree.Element, kind: str) -> Response:
    content = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return Response(content, media_type=f"{kind}; charset=utf-8", headers=_KEPT)
