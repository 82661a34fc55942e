"""The question page, security headers, and how wrong addresses are met."""

import re

import pytest
from fastapi.testclient import TestClient

PAGES = ("/", "/doc/nothing", "/static/chat.js", "/api/documents", "/console/", "/nothing")


@pytest.mark.parametrize("path", PAGES)
def test_every_response_has_the_security_headers(client: TestClient, path: str):
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors" in policy
    assert "http:" not in policy and "https:" not in policy and "*" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    if not path.startswith("/console"):
        assert "unsafe" not in policy


def test_question_page_is_ours_alone(client: TestClient):
    page = client.get("/").text
    assert "政策问答知识库" in page
    assert 'lang="zh-CN"' in page
    assert 'name="viewport"' in page
    assert not re.search(r"https?://|<style|\son\w+=|\sstyle=", page)
    assert not re.search(r"<script(?![^>]*\ssrc=)", page)
    for path in ("/favicon.ico", *re.findall(r'<(?:script|link)[^>]* (?:src|href)="([^"]+)"', page)):
        assert client.get(path).status_code == 200, path


def test_scripts_set_text_only():
    """What people type and documents say never goes through the HTML parser in the browser."""
    from web.pages import STATIC

    for path in STATIC.glob("*.js"):
        script = path.read_text(encoding="utf-8")
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", script), path


@pytest.mark.parametrize("path", ["/nothing", "/api/nothing", "/static/nothing.js", "/static/../app.py"])
def test_unknown_address_is_a_chinese_sentence(client: TestClient, path: str):
    response = client.get(path)
    assert response.status_code == 404
    assert "没有" in response.text


def test_wrong_method_is_a_chinese_sentence(client: TestClient):
    response = client.get("/api/ask")
    assert response.status_code == 405
    assert any("一" <= character <= "鿿" for character in response.json()["error"])


def test_no_generated_api_pages_that_load_from_elsewhere(client: TestClient):
    assert client.get("/docs").status_code == 404
    assert client.get("/redoc").status_code == 404
