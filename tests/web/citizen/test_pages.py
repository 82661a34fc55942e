"""The front page, the privacy notice, security headers, and errors for wrong addresses."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from factories import make_document
from fastapi.testclient import TestClient

from app import create_app
from kb.answers import Contact
from kb.embedding.embedder import Embedder
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.models import Status
from kb.settings import Settings

PAGES = (
    *("/", "/chat", "/privacy", "/doc/nothing", "/static/viewer.js", "/widget.js", "/api/documents"),
    *("/console/", "/nothing", "/login", "/api/staff/me"),
)
OWN_PAGES = ("/", "/chat", "/privacy", "/doc/nothing", "/login")


@pytest.mark.parametrize("path", PAGES)
def test_response_has_security_headers(client: TestClient, path: str):
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors" in policy
    assert "http:" not in policy and "https:" not in policy and "*" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    if not path.startswith("/console"):
        assert "unsafe" not in policy


@pytest.mark.parametrize("path", OWN_PAGES)
def test_page_loads_nothing_from_other_hosts(client: TestClient, path: str):
    page = client.get(path).text
    assert "政策问答知识库" in page
    assert '<html lang="zh-CN">' in page
    assert 'name="viewport"' in page
    assert page.count("<main") == page.count("<h1") == 1
    # Absolute addresses are those of the page itself, as others are to link it, and names of schema.org.
    absolute = set(re.findall(r"https?://[^/&\" ]*", page))
    assert absolute <= {"http://testserver", "https://schema.org"}
    assert not re.search(r"<style|\son\w+=|\sstyle=", page)
    assert not re.search(r'<script(?![^>]*\ssrc=)(?! type="application/ld\+json">)', page)
    for path_on_page in (
        "/favicon.ico",
        *re.findall(r'<(?:script|link|img)[^>]* (?:src|href)="([^"]+)"', page),
    ):
        assert client.get(path_on_page).status_code == 200, path_on_page


def test_front_page_links_questions_documents_and_contacts(make_home: Callable[[], Path], embedder: Embedder):
    with open_knowledge_base(Settings(home=make_home()), embedder=embedder) as kb:
        # The page works while the model is still loading.
        client = TestClient(create_app(replace(kb, embedder=None, retrieval=None, answerer=None)))
        empty = client.get("/").text
        assert "还没有导入政策文件" in empty
        assert "12345" in empty
        document = make_document(id="<b>/1", title="<script>夜间停车</script>")
        kb.storage.documents.replace(document, [], "f")
        kb.storage.documents.replace(make_document(id="old", title="旧办法", status=Status.REPEALED), [], "f")
        kb.staff.contacts.replace(
            [Contact(department="区教体局", name="<i>李老师</i>", phone="0792-8123456")]
        )
        page = client.get("/").text
    assert "&lt;script&gt;夜间停车&lt;/script&gt;" in page
    assert 'href="/doc/%3Cb%3E%2F1"' in page
    assert "旧办法" not in page
    assert 'href="tel:0792-8123456"' in page
    assert "<i>" not in page
    assert re.search(r'<a href="/chat\?q=[^"]+" data-policy-ask="街道要安排几名政策解答员？">', page)
    assert 'action="/chat" method="post"' in page
    assert '<script src="/widget.js" data-title="政策问答" async></script>' in page


def test_privacy_notice_shows_settings(kb: KnowledgeBase):
    changed = {"retention_days": 93, "reply_days": 4, "hotline": "0792-12345"}
    app = create_app(replace(kb, settings=Settings(home=kb.settings.home, **changed)))
    page = TestClient(app).get("/privacy").text
    assert "93 天" in page
    assert "4 个工作日" in page
    assert 'href="tel:0792-12345"' in page
    app_without_reply_days = create_app(replace(kb, settings=Settings(home=kb.settings.home, reply_days=0)))
    assert "个工作日" not in TestClient(app_without_reply_days).get("/privacy").text


def test_scripts_never_parse_html():
    """Text from people and documents never goes through the browser's HTML parser."""
    from web.citizen.pages import STATIC

    for path in STATIC.glob("*.js"):
        script = path.read_text(encoding="utf-8")
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", script), path


@pytest.mark.parametrize("path", ["/nothing", "/api/nothing", "/static/nothing.js", "/static/../app.py"])
def test_unknown_address_gets_chinese_404(client: TestClient, path: str):
    response = client.get(path)
    assert response.status_code == 404
    assert "没有" in response.text


def test_wrong_method_gets_chinese_405(client: TestClient):
    response = client.get("/api/ask")
    assert response.status_code == 405
    assert any("一" <= character <= "鿿" for character in response.json()["error"])


def test_generated_api_pages_are_off(client: TestClient):
    assert client.get("/docs").status_code == 404
    assert client.get("/redoc").status_code == 404
