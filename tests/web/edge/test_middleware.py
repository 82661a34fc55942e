"""Requests from other sites, body limits, rate limits, and headers on every answer."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from app import create_app
from kb.knowledge_base import KnowledgeBase
from kb.settings import Settings
from kb.staff.permissions import Role
from web.addresses import household
from web.edge.body_limit import MAX_BODY, MAX_CONSOLE

PORTAL = "https://www.xunyang.gov.cn"
FOREIGN = "https://elsewhere.example"
JSON = {"Content-Type": "application/json"}

Made = Callable[..., TestClient]


@pytest.fixture
def make_client(kb: KnowledgeBase) -> Made:
    """make_client(**changes): a client of the program with changed settings."""

    def make(**changes: object) -> TestClient:
        values = {"home": kb.settings.home, "rate_address": 0, "rate_session": 0, **changes}
        app = create_app(replace(kb, settings=Settings(**values)))

        @app.post("/api/crash")
        def crash() -> None:
            raise RuntimeError("secret")

        return TestClient(app, raise_server_exceptions=False)

    return make


def convert(client: TestClient, **headers: str) -> int:
    """The status of a small request that changes nothing."""
    return client.post("/api/traditional", json={"texts": ["学校"]}, headers=headers).status_code


def ask(client: TestClient, **headers: str) -> int:
    """The status of an empty question, which is cheap; 422 when it reached the route."""
    return client.post("/api/ask", json={"question": ""}, headers=headers).status_code


# --- other sites ---


def test_allowed_site_may_call_api(make_client: Made):
    client = make_client(allowed_origins=PORTAL)
    preflight_headers = {
        "Origin": PORTAL,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type, x-policy-session",
    }
    preflight = client.options("/api/ask", headers=preflight_headers)
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == PORTAL
    assert "POST" in preflight.headers["access-control-allow-methods"]
    response = client.post("/api/traditional", json={"texts": ["学校"]}, headers={"Origin": PORTAL})
    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == PORTAL
    assert "access-control-allow-credentials" not in response.headers
    assert "Retry-After" in response.headers["access-control-expose-headers"]


def test_foreign_site_can_neither_read_nor_send(make_client: Made):
    client = make_client(allowed_origins=PORTAL)
    preflight = {"Origin": FOREIGN, "Access-Control-Request-Method": "POST"}
    assert "access-control-allow-origin" not in client.options("/api/ask", headers=preflight).headers
    assert "access-control-allow-origin" not in client.get("/api/documents", headers=preflight).headers
    response = client.post("/api/ask", json={"question": "低保"}, headers={"Origin": FOREIGN})
    assert response.status_code == 403
    assert "没有获准" in response.json()["error"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({}, 200, id="a program"),
        pytest.param({"Origin": "http://testserver"}, 200, id="our own page"),
        pytest.param({"Origin": "https://testserver"}, 200, id="our own page behind TLS"),
        pytest.param(
            {"Origin": "https://a.cn", "Sec-Fetch-Site": "same-origin"}, 200, id="the proxy changes Host"
        ),
        pytest.param({"Origin": PORTAL}, 200, id="allowed"),
        pytest.param({"Origin": "null"}, 403, id="sandboxed frame"),
        pytest.param({"Origin": f"{PORTAL}.evil.example"}, 403, id="begins like an allowed one"),
        pytest.param({"Origin": "http://www.xunyang.gov.cn"}, 403, id="http for https"),
        pytest.param({"Origin": FOREIGN, "Sec-Fetch-Site": "cross-site"}, 403, id="foreign"),
    ],
)
def test_post_allowed_by_origin(make_client: Made, headers: dict[str, str], status: int):
    assert convert(make_client(allowed_origins=PORTAL), **headers) == status


def test_allowed_site_may_frame_pages_but_not_console(make_client: Made):
    client = make_client(allowed_origins=PORTAL)
    assert f"frame-ancestors 'self' {PORTAL}" in client.get("/").headers["content-security-policy"]
    console = client.get("/console/", headers={"Origin": PORTAL})
    assert console.headers["content-security-policy"].endswith("frame-ancestors 'self'")
    assert "access-control-allow-origin" not in console.headers
    assert client.post("/console/", headers={"Origin": PORTAL}).status_code == 403


def test_widget_script_is_open_to_every_site(make_client: Made):
    client = make_client()
    assert client.get("/widget.js").headers["cross-origin-resource-policy"] == "cross-origin"
    assert "cross-origin-resource-policy" not in client.get("/static/base.css").headers


# --- body limit ---


def pieces(size: int) -> Iterator[bytes]:
    """A body without a Content-Length, of at least `size` bytes."""
    for _ in range(0, size, 4096):
        yield b" " * 4096


@pytest.mark.parametrize("path", ["/api/ask", "/chat"])
def test_body_over_limit_is_refused(make_client: Made, path: str):
    client = make_client()
    for body in (b" " * (MAX_BODY + 1), pieces(2 * MAX_BODY)):
        response = client.post(path, content=body, headers=JSON)
        assert response.status_code == 413
        assert "64 KB" in response.json()["error"]


def test_body_at_limit_reaches_route(make_client: Made):
    body = b'{"texts": ["' + b"a" * 1000 + b'"]}'
    padded = body + b" " * (MAX_BODY - len(body))
    for content in (padded, iter([padded[:5000], padded[5000:]])):
        response = make_client().post("/api/traditional", content=content, headers=JSON)
        assert response.json() == {"texts": ["a" * 1000]}


def test_console_accepts_large_bodies_from_staff_only(make_client: Made, login: Made):
    path, body = "/console/gradio_api/queue/join", b'{"data": []}' + b" " * MAX_BODY
    assert login(Role.EDITOR).post(path, content=body).status_code == 404  # the console has not started
    assert login(Role.EDITOR).post(path, content=body + b" " * MAX_CONSOLE).status_code == 413
    assert make_client().post(path, content=body).status_code == 401


# --- rate limits ---


def test_address_over_limit_gets_retry_after(make_client: Made):
    client = make_client(rate_address=3)
    assert [ask(client) for _ in range(3)] == [422] * 3
    response = client.post("/api/ask", json={"question": "低保"})
    assert response.status_code == 429
    seconds = int(response.headers["retry-after"])
    assert 1 <= seconds <= 60
    assert f"{seconds} 秒" in response.json()["error"]
    assert ask(client, **{"X-Policy-Session": "another"}) == 429  # a new session name does not help
    assert client.post("/chat", data={"question": ""}).status_code == 429
    assert client.get("/").status_code == 200  # pages are not counted


def test_conversations_have_separate_limits(make_client: Made):
    client = make_client(rate_session=2)
    assert [ask(client, **{"X-Policy-Session": "one"}) for _ in range(3)] == [422, 422, 429]
    assert ask(client, **{"X-Policy-Session": "two"}) == 422
    assert ask(client) == 422


def test_lookups_have_tenfold_limit(make_client: Made):
    client = make_client(rate_address=2)
    statuses = [client.get("/api/documents").status_code for _ in range(21)]
    assert statuses == [200] * 20 + [429]
    assert ask(client) == 422  # counted separately


def test_rate_zero_means_no_limit(make_client: Made):
    client = make_client()
    assert {ask(client) for _ in range(150)} == {422}


def test_browser_over_limit_gets_html_page(make_client: Made):
    client = make_client(rate_address=1)
    headers = {"Accept": "text/html,*/*"}
    client.post("/chat", data={"question": ""}, headers=headers)
    refused = client.post("/chat", data={"question": ""}, headers=headers)
    assert refused.status_code == 429
    assert refused.headers["content-type"].startswith("text/html")
    assert "秒后再试" in refused.text


@pytest.mark.parametrize(
    ("address", "counted_as"),
    [
        pytest.param("192.0.2.7", "192.0.2.7", id="IPv4"),
        pytest.param("::ffff:192.0.2.7", "192.0.2.7", id="IPv4 on a socket for both"),
        pytest.param("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", id="IPv6"),
        pytest.param("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64", id="IPv6 of the same household"),
        pytest.param("fe80::1%eth0", "fe80::/64", id="link-local"),
        pytest.param("unknown", "unknown", id="what a proxy may write"),
    ],
)
def test_household_groups_ipv6_by_64(address: str, counted_as: str):
    assert household(address) == counted_as


# --- headers of every answer ---


@pytest.mark.parametrize(
    ("path", "status"),
    [
        pytest.param("/api/crash", 500, id="crash"),
        pytest.param("/api/nothing", 404, id="unknown"),
        pytest.param("/api/health", 429, id="too often"),
    ],
)
def test_error_answers_have_all_headers(make_client: Made, path: str, status: int):
    client = make_client(allowed_origins=PORTAL, rate_address=1)
    if status == 429:
        client.post(path)
    response = client.post(path, headers={"Origin": PORTAL, "Accept-Language": "zh-TW"})
    assert response.status_code == status
    assert response.headers["access-control-allow-origin"] == PORTAL
    assert "default-src 'self'" in response.headers["content-security-policy"]
    assert response.headers["content-language"] == "zh-Hant"
    assert "secret" not in response.text
    assert list(response.json()) == ["error"]


def test_413_has_all_headers(make_client: Made):
    client = make_client(allowed_origins=PORTAL)
    response = client.post("/api/ask", content=b" " * (MAX_BODY + 1), headers={"Origin": PORTAL})
    assert response.headers["access-control-allow-origin"] == PORTAL
    assert "default-src 'self'" in response.headers["content-security-policy"]


def test_excel_file_is_not_compressed_again(login: Made):
    url = "/api/staff/ledger.xlsx?since=2024-05-10&until=2024-05-10"
    response = login(Role.REVIEWER).get(url, headers={"Accept-Encoding": "gzip"})
    assert response.status_code == 200
    assert len(response.content) > 1_000
    assert "content-encoding" not in response.headers


def test_long_answers_are_compressed(make_client: Made):
    client = make_client()
    for path in ("/", "/static/base.css", "/widget.js", "/api/documents?"):
        response = client.get(path, headers={"Accept-Encoding": "gzip"})
        is_compressed = response.headers.get("content-encoding") == "gzip"
        assert is_compressed or len(response.content) < 1_000, path
        assert "Accept-Encoding" in response.headers["vary"] or not is_compressed
