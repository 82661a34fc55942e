"""Sign-in over HTTP: cookies, the end of sessions, and no staff page open without a session."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from staffing import PASSWORD, make_staff, sign_in
from starlette.requests import HTTPConnection
from starlette.websockets import WebSocketDisconnect

from app import create_app, say_first_password
from kb.errors import SettingsError
from kb.knowledge_base import KnowledgeBase
from kb.settings import Settings
from kb.staff.parts import open_staff
from kb.staff.passwords import Passwords
from kb.staff.permissions import OPERATOR, Role
from kb.staff.sign_in import REFUSED
from kb.storage.database import open_database
from web.sessions import COOKIE, IDLE, LASTS, Sessions
from web.staff.login import own_path

PORTAL = "https://www.xunyang.gov.cn"
HTML = {"Accept": "text/html,*/*"}
NEW = "huanglong-cha-8"
NOT_LOGGED_IN = {"error": "没有登录，或登录已过期，请重新登录。"}


@pytest.fixture
def house(kb: KnowledgeBase, tmp_path: Path) -> Iterator[KnowledgeBase]:
    """The session's documents with their own, empty accounts."""
    engine = open_database(tmp_path / "kb.sqlite")
    yield replace(
        kb,
        settings=Settings(home=tmp_path, rate_address=0, rate_session=0, allowed_origins=PORTAL),
        staff=open_staff(engine, key=b"key", required=frozenset, passwords=Passwords()),
    )
    engine.dispose()


@pytest.fixture
def program(house: KnowledgeBase) -> FastAPI:
    return create_app(house)


@pytest.fixture
def visitor(program: FastAPI) -> TestClient:
    """A client without a session; redirects are not followed."""
    return TestClient(program, raise_server_exceptions=False, follow_redirects=False)


@pytest.fixture
def admin(house: KnowledgeBase, program: FastAPI) -> TestClient:
    return sign_in(house, program, Role.ADMIN)


def enter(client: TestClient, name: str, password: str, **fields: str) -> str:
    """Sign in; return the path it redirects to."""
    response = client.post("/login", data={"name": name, "password": password, **fields})
    assert response.status_code == 303, response.text
    return response.headers["location"]


def with_cookie(program: FastAPI, cookie: str) -> TestClient:
    return TestClient(program, cookies={COOKIE: cookie}, follow_redirects=False)


def with_cookie_connection(cookie: str) -> HTTPConnection:
    """A request with `cookie`."""
    return HTTPConnection({"type": "http", "headers": [(b"cookie", f"{COOKIE}={cookie}".encode())]})


# --- without a session ---


@pytest.mark.parametrize("path", ["/console", "/console/", "/console/config?a=b", "/%63onsole/"])
def test_page_without_session_redirects_to_login_and_back(visitor: TestClient, path: str):
    response = visitor.get(path, headers=HTML)
    assert response.status_code == 303
    page = visitor.get(response.headers["location"])
    goal = re.search(r'name="next" value="([^"]+)"', page.text)
    assert goal is not None
    assert goal[1].replace("&amp;", "&") == path.replace("%63", "c")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/console/"),
        ("GET", "/console/gradio_api/info"),
        ("GET", "/console/assets/index.js"),
        ("GET", "/console/gradio_api/file=/etc/passwd"),
        ("POST", "/console/gradio_api/queue/join"),
        ("POST", "/console/gradio_api/upload"),
        ("GET", "/api/staff/nothing"),
        ("DELETE", "/api/staff/users"),
    ],
)
def test_request_without_session_gets_401(visitor: TestClient, method: str, path: str):
    response = visitor.request(method, path)
    assert response.status_code == 401
    assert response.json() == NOT_LOGGED_IN
    assert response.headers["cache-control"] == "no-store"


def test_websocket_without_session_is_closed(visitor: TestClient):
    with pytest.raises(WebSocketDisconnect), visitor.websocket_connect("/console/queue/join"):
        pass


@pytest.mark.parametrize("path", ["/", "/chat", "/api/documents", "/healthz"])
def test_citizen_pages_need_no_session(visitor: TestClient, path: str):
    assert visitor.get(path).status_code == 200


# --- the form ---


def test_sign_in_redirects_to_requested_page(house: KnowledgeBase, visitor: TestClient):
    sign_in(house, create_app(house), Role.EDITOR)
    assert enter(visitor, "editor", PASSWORD, next="/console/?tab=2") == "/console/?tab=2"
    assert visitor.get("/api/staff/me").json()["role"] == "editor"


def test_wrong_password_and_unknown_name_get_same_page(
    house: KnowledgeBase, admin: TestClient, visitor: TestClient
):
    pages = []
    for name in ("admin", "nobody"):
        response = visitor.post("/login", data={"name": name, "password": "wrong-password"})
        assert response.status_code == 403
        assert "set-cookie" not in response.headers
        pages.append(response.text.replace(name, "NAME"))
    assert pages[0] == pages[1]
    assert f'role="alert">{REFUSED}<' in pages[0]
    assert 'aria-describedby="failure"' in pages[0]
    assert "wrong-password" not in pages[0]


def test_login_form_is_accessible(visitor: TestClient):
    page = visitor.get("/login").text
    assert "<script" not in page
    for field in re.findall(r'<input id="([^"]+)"', page):
        assert f'<label for="{field}"' in page
    assert 'autocomplete="current-password"' in page
    assert page.count("<h1") == 1


def test_login_form_escapes_input(visitor: TestClient):
    evil = '"><script>alert(1)</script>'
    page = visitor.post("/login", data={"name": evil, "password": "x", "next": evil}).text
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize(
    "path",
    [
        "https://evil.example/console",
        "//evil.example/console",
        "/\\evil.example",
        "/console\\@evil.example",
        "/consolation",
        "/console/../chat",
        "/chat",
        "console",
        "/console\r\nSet-Cookie: a=b",
        "",
    ],
)
def test_own_path_rejects_paths_outside_console(path: str):
    assert own_path(path) == "/console"


# --- cookies ---


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_cookie_has_secure_attributes(house: KnowledgeBase, admin: TestClient, program: FastAPI, scheme: str):
    client = TestClient(program, base_url=f"{scheme}://testserver", follow_redirects=False)
    response = client.post("/login", data={"name": "admin", "password": PASSWORD})
    parts = {part.strip().lower() for part in response.headers["set-cookie"].split(";")}
    assert {"httponly", "samesite=strict", "path=/"} <= parts
    assert ("secure" in parts) == (scheme == "https")
    assert not any(part.startswith(("domain", "expires", "max-age")) for part in parts)


def test_session_ends_after_eight_hours_or_one_idle_hour(
    house: KnowledgeBase, program: FastAPI, admin: TestClient
):
    sessions: Sessions = program.state.sessions
    version = house.staff.users.find(OPERATOR, "admin").session_version
    now, minute = datetime.now(UTC), timedelta(minutes=1)

    def status(began: timedelta, used: timedelta) -> int:
        opened = sessions.begin("admin", version, now - began)
        session = sessions.read(with_cookie_connection(opened), now - began)
        assert session is not None
        return with_cookie(program, sessions.renew(session, now - used)).get("/api/staff/me").status_code

    assert status(LASTS - minute, minute) == 200
    assert status(LASTS + minute, minute) == 401
    assert status(IDLE, IDLE - minute) == 200
    assert status(2 * IDLE, IDLE + minute) == 401


def test_cookie_is_renewed_on_use(house: KnowledgeBase, program: FastAPI, admin: TestClient):
    sessions: Sessions = program.state.sessions
    version = house.staff.users.find(OPERATOR, "admin").session_version
    now = datetime.now(UTC)
    client = with_cookie(program, sessions.begin("admin", version, now - IDLE + timedelta(minutes=1)))
    renewed = client.get("/api/staff/me").headers["set-cookie"]
    assert "httponly" in renewed.lower()
    session = sessions.read(with_cookie_connection(renewed.partition("=")[2].partition(";")[0]), now)
    assert session is not None
    assert now - session.used < timedelta(minutes=1)
    assert now - session.began > timedelta(minutes=58)
    assert "set-cookie" not in admin.get("/api/staff/me").headers  # used a moment ago


def test_forged_cookies_are_rejected(house: KnowledgeBase, program: FastAPI, admin: TestClient):
    valid_cookie = admin.cookies[COOKIE]
    version = house.staff.users.find(OPERATOR, "admin").session_version
    now = datetime.now(UTC)
    forged_cookies = (
        Sessions(b"another key").begin("admin", version, now),
        program.state.sessions.begin("admin", version + 1, now),
        program.state.sessions.begin("nobody", 1, now),
        f"{valid_cookie[:-4]}aaaa",
        f"e30.{valid_cookie.partition('.')[2]}",
        "",
    )
    for cookie in forged_cookies:
        assert with_cookie(program, cookie).get("/api/staff/me").status_code == 401, cookie
    assert with_cookie(program, valid_cookie).get("/api/staff/me").status_code == 200


def test_session_key_is_private_and_survives_restart(house: KnowledgeBase, admin: TestClient):
    key = house.settings.home / "session.key"
    assert key.stat().st_mode & 0o777 == 0o600
    again = with_cookie(create_app(house), admin.cookies[COOKIE])
    assert again.get("/api/staff/me").status_code == 200


# --- signing out, changing the password ---


def test_sign_out_invalidates_copied_cookies(program: FastAPI, admin: TestClient):
    copy = with_cookie(program, admin.cookies[COOKIE])
    response = admin.post("/logout", follow_redirects=False)
    assert response.headers["location"] == "/login"
    assert COOKIE not in admin.cookies
    assert copy.get("/api/staff/me").status_code == 401
    assert copy.post("/logout").status_code == 303  # signing out twice is no error


def test_first_password_must_be_changed_first(admin: TestClient, visitor: TestClient):
    new = {"name": "wangfang", "title": "王芳", "role": "editor", "departments": ["区民政局"]}
    added = admin.post("/api/staff/users", json=new)
    assert added.status_code == 201
    first = added.json()["password"]
    assert enter(visitor, "wangfang", first) == "/password"
    assert visitor.get("/console/", headers=HTML).headers["location"] == "/password"
    refused = visitor.get("/api/staff/me")
    assert (refused.status_code, "修改初始密码" in refused.json()["error"]) == (403, True)

    def change(old: str, new: str, again: str) -> tuple[int, str]:
        response = visitor.post("/password", data={"old": old, "new": new, "again": again})
        return response.status_code, response.headers.get("location", response.text)

    for old, typed, again, sentence in (
        (first, NEW, "else", "不一样"),
        (first, "short", "short", "太短"),
        (first, "my-wangfang-1", "my-wangfang-1", "账号名"),
        ("wrong-password", NEW, NEW, "原密码不对"),
    ):
        status, page = change(old, typed, again)
        assert status in (403, 422) and sentence in page, page
    assert change(first, NEW, NEW) == (303, "/console")
    assert visitor.get("/api/staff/me").json()["departments"] == ["区民政局"]


def test_password_page_needs_session(visitor: TestClient):
    for response in (visitor.get("/password"), visitor.post("/password", data={"old": PASSWORD})):
        assert response.headers["location"] == "/login?next=%2Fpassword"


def test_disabling_account_ends_its_session(house: KnowledgeBase, program: FastAPI, admin: TestClient):
    editor = sign_in(house, program, Role.EDITOR)
    assert editor.get("/api/staff/me").status_code == 200
    body = {"version": 1, "change": {"disabled": True}}
    assert admin.patch("/api/staff/users/editor", json=body).json()["disabled"] is True
    assert editor.get("/api/staff/me").status_code == 401


# --- other sites ---


@pytest.mark.parametrize("path", ["/login", "/logout", "/password", "/api/staff/users", "/console/"])
def test_allowed_site_cannot_post_to_staff_paths(admin: TestClient, path: str):
    response = admin.post(path, headers={"Origin": PORTAL})
    assert response.status_code == 403
    assert "没有获准" in response.json()["error"]
    assert admin.get("/api/staff/me").status_code == 200


@pytest.mark.parametrize("path", ["/login", "/password", "/api/staff/me"])
def test_allowed_site_cannot_frame_or_read_staff_pages(admin: TestClient, path: str):
    headers = admin.get(path, headers={"Origin": PORTAL}).headers
    assert headers["content-security-policy"].endswith("frame-ancestors 'self'")
    assert "access-control-allow-origin" not in headers
    assert headers["cache-control"] == "no-store"


def test_eleventh_password_attempt_in_a_minute_gets_429(house: KnowledgeBase):
    client = TestClient(create_app(replace(house, settings=Settings(home=house.settings.home))))
    statuses = [client.post("/login", data={"name": f"n{i}", "password": "x"}).status_code for i in range(11)]
    assert statuses == [403] * 10 + [429]
    assert "登录" in client.post("/password").json()["error"]
    assert client.get("/login").status_code == 200


# --- accounts ---


def test_concurrent_account_change_conflicts(admin: TestClient, house: KnowledgeBase, program: FastAPI):
    sign_in(house, program, Role.EDITOR)
    path = "/api/staff/users/editor"
    assert admin.patch(path, json={"version": 1, "change": {"title": "王芳"}}).status_code == 200
    second = admin.patch(path, json={"version": 1, "change": {"title": "王方"}})
    assert second.status_code == 409
    assert "没有保存" in second.json()["error"]
    titles = {account["name"]: account["title"] for account in admin.get("/api/staff/users").json()}
    assert titles["editor"] == "王芳"


def test_unlocked_account_can_sign_in(admin: TestClient, house: KnowledgeBase, visitor: TestClient):
    staff = make_staff(Role.ANSWERER)
    house.staff.users.add(OPERATOR, staff, PASSWORD, datetime.now(UTC), must_change=False)
    for _ in range(6):
        visitor.post("/login", data={"name": staff.name, "password": "wrong-password"})
    assert visitor.post("/login", data={"name": staff.name, "password": PASSWORD}).status_code == 403
    assert admin.post(f"/api/staff/users/{staff.name}/unlock").json()["locked_until"] is None
    assert enter(visitor, staff.name, PASSWORD) == "/console"


def test_reset_password_must_be_changed(admin: TestClient, house: KnowledgeBase, visitor: TestClient):
    house.staff.users.add(OPERATOR, make_staff(Role.EDITOR), PASSWORD, datetime.now(UTC), must_change=False)
    new_password = admin.post("/api/staff/users/editor/password").json()["password"]
    assert visitor.post("/login", data={"name": "editor", "password": PASSWORD}).status_code == 403
    assert enter(visitor, "editor", new_password) == "/password"


def test_audit_log_is_paged_and_never_converted(admin: TestClient):
    admin.post("/api/staff/users", json={"name": "lili", "title": "李丽", "role": "answerer"})
    entries = admin.get("/api/staff/audit", headers={"Accept-Language": "zh-TW"}).json()
    assert [(entry["actor"], entry["action"]) for entry in entries[:2]] == [
        ("admin", "新建账号"),
        ("admin", "登录"),
    ]
    assert entries[0]["after"]["姓名"] == "李丽"
    older = admin.get("/api/staff/audit", params={"before": entries[0]["id"], "limit": 1}).json()
    assert older == entries[1:2]
    filtered = admin.get("/api/staff/audit", params={"subject": "lili", "actor": "admin"}).json()
    assert filtered == entries[:1]


# --- the first start ---


def test_first_admin_password_is_printed_once(
    house: KnowledgeBase, capsys: pytest.CaptureFixture[str], visitor: TestClient
):
    say_first_password(house)
    match = re.search(r"账号 admin，密码 (\w+)", capsys.readouterr().out)
    assert match is not None
    assert enter(visitor, "admin", match[1]) == "/password"
    say_first_password(house)
    assert capsys.readouterr().out == ""


def test_configured_admin_password_works(
    house: KnowledgeBase, capsys: pytest.CaptureFixture[str], visitor: TestClient
):
    say_first_password(replace(house, settings=Settings(home=house.settings.home, admin_password=NEW)))
    assert capsys.readouterr().out == ""
    assert enter(visitor, "admin", NEW) == "/console"


def test_bad_admin_password_is_reported_without_value(house: KnowledgeBase):
    settings = Settings(home=house.settings.home, admin_password="geheim")
    with pytest.raises(SettingsError, match="KB_ADMIN_PASSWORD 不能用：密码太短") as refused:
        say_first_password(replace(house, settings=settings))
    assert "geheim" not in str(refused.value) + repr(settings)
