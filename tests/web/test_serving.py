"""The program on a real socket: streams arrive piece by piece, client addresses are the visitors'."""

import threading
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
from fastapi.responses import StreamingResponse
from serving import has_ipv6, serving

from app import address_of, create_app
from kb.knowledge_base import KnowledgeBase
from kb.settings import Settings
from web.citizen.ask import event

needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="这台机器没有 IPv6")


def settings(kb: KnowledgeBase, **changes: object) -> Settings:
    return Settings(**{"home": kb.settings.home, "port": 0, "rate_address": 0, "rate_session": 0, **changes})


@pytest.mark.parametrize("language", ["zh-CN", "zh-TW"])
def test_stream_delivers_events_one_by_one(kb: KnowledgeBase, language: str):
    """The second event is sent only after the first was read: a layer that holds events back times out."""
    read = threading.Event()
    app = create_app(kb)

    @app.get("/api/slow")
    def slow() -> StreamingResponse:
        def events() -> Iterator[str]:
            yield event("token", {"text": "公开。"})
            assert read.wait(10)
            yield event("done", {})

        return StreamingResponse(events(), media_type="text/event-stream")

    headers = {"Accept-Encoding": "gzip", "Accept-Language": language}
    with (
        serving(app, settings(kb)) as port,
        httpx.Client(timeout=5, trust_env=False, headers=headers) as client,
        client.stream("GET", f"http://127.0.0.1:{port}/api/slow") as response,
    ):
        pieces = response.iter_text()
        assert next(pieces) == event("token", {"text": "公開。" if language == "zh-TW" else "公开。"})
        read.set()
        assert "".join(pieces) == event("done", {})


@needs_ipv6
def test_host_double_colon_serves_ipv4_and_ipv6(kb: KnowledgeBase):
    with serving(create_app(kb), settings(kb, host="::")) as port:
        for host in ("127.0.0.1", "[::1]"):
            response = httpx.get(f"http://{host}:{port}/healthz", trust_env=False)
            assert response.json()["status"] == "ok"


@pytest.mark.parametrize(
    "host", ["127.0.0.1", pytest.param("::", marks=needs_ipv6), pytest.param("::1", marks=needs_ipv6)]
)
def test_trusted_proxy_visitors_have_separate_limits(kb: KnowledgeBase, host: str):
    limited = settings(kb, host=host, rate_address=1)
    app = create_app(replace(kb, settings=limited))
    url_host = "[::1]" if host == "::1" else "127.0.0.1"

    def ask(port: int, visitor: str) -> int:
        url, headers = f"http://{url_host}:{port}/api/ask", {"X-Forwarded-For": visitor}
        return httpx.post(url, json={"question": ""}, headers=headers, trust_env=False).status_code

    with serving(app, limited) as port:
        assert [ask(port, "203.0.113.1"), ask(port, "203.0.113.1")] == [422, 429]
        assert ask(port, "203.0.113.2") == 422
        assert ask(port, "198.51.100.9, 203.0.113.2") == 429  # an address the visitor prepends is ignored


def test_forwarded_address_ignored_from_untrusted_client(kb: KnowledgeBase):
    limited = settings(kb, rate_address=1, trusted_proxies="192.0.2.1")
    app = create_app(replace(kb, settings=limited))
    with serving(app, limited) as port:
        url = f"http://127.0.0.1:{port}/api/ask"
        statuses = [
            httpx.post(
                url, json={"question": ""}, headers={"X-Forwarded-For": visitor}, trust_env=False
            ).status_code
            for visitor in ("203.0.113.1", "203.0.113.2")
        ]
    assert statuses == [422, 429]


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("127.0.0.1", "http://127.0.0.1:80"),
        ("::1", "http://[::1]:80"),
        ("::", "http://127.0.0.1:80（本机所有网络地址均可访问）"),
        ("0.0.0.0", "http://127.0.0.1:80（本机所有网络地址均可访问）"),
    ],
)
def test_printed_address_opens_in_browser(host: str, shown: str):
    assert address_of(host, 80) == shown
