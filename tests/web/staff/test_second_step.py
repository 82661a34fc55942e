"""The second step over HTTP: no way into the console or the staff API around it."""

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyotp
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from staffing import PASSWORD, make_staff, sign_in
from starlette.requests import HTTPConnection

from app import create_app
from kb.controls.store import Controls
from kb.knowledge_base import KnowledgeBase
from kb.settings import Settings
from kb.staff.audit import Audit
from kb.staff.parts import open_staff
from kb.staff.passwords import Passwords
from kb.staff.permissions import OPERATOR, Role
from kb.staff.sign_in import AwaitingCode
from kb.storage.database import open_database
from web.sessions import CODE_COOKIE, CODE_LASTS, COOKIE

HTML = {"Accept": "text/html,*/*"}


@pytest.fixture
def house(kb: KnowledgeBase, tmp_path: Path) -> Iterator[KnowledgeBase]:
    """The session's documents with their own accounts and settings."""
    engine = open_database(tmp_path / "kb.sqlite")
    controls = Controls(engine, Audit(engine), kb.storage.documents)
    staff = open_staff(
        engine, key=b"key", required=lambda: controls.second_step_roles(), passwords=Passwords()
    )
    settings = Settings(home=tmp_path, rate_address=0, rate_session=0)
    yield replace(kb, settings=settings, staff=staff, controls=controls)
    engine.dispose()


@pytest.fixture
def program(house: KnowledgeBase) -> FastAPI:
    return create_app(house)


@pytest.fixture
def editor(house: KnowledgeBase, program: FastAPI) -> TestClient:
    return sign_in(house, program, Role.EDITOR)


@pytest.fixture
def admin(house: KnowledgeBase, program: FastAPI) -> TestClient:
    return sign_in(house, program, Role.ADMIN)


def require(admin: TestClient, *roles: Role) -> None:
    version = admin.get("/api/staff/settings").json()["second_step_saved"]["version"]
    body = {"version": version, "roles": list(roles)}
    response = admin.put("/api/staff/settings/second-step", json=body)
    assert response.json()["second_step_roles"] == list(roles)


def set_up(client: TestClient) -> tuple[pyotp.TOTP, list[str]]:
    """Set up the second step on its page; the app's codes, and the recovery codes."""
    page = client.get("/second-step").text
    secret = re.search(r"密钥 <code>([A-Z2-7 ]+)</code>", page)
    sealed = re.search(r'name="sealed" value="([^"]+)"', page)
    assert secret and sealed
    totp = pyotp.TOTP(secret[1].replace(" ", ""))
    form = {"action": "set_up", "sealed": html.unescape(sealed[1]), "password": PASSWORD}
    done = client.post("/second-step", data={**form, "code": totp.now()})
    assert done.status_code == 200, done.text
    return totp, re.findall(r"<code>([a-z0-9]{5}-[a-z0-9]{5})</code>", done.text)


def give_password(program: FastAPI, name: str = "editor", goal: str = "") -> TestClient:
    """A client whose password was right."""
    client = TestClient(program, raise_server_exceptions=False, follow_redirects=False)
    response = client.post("/login", data={"name": name, "password": PASSWORD, "next": goal})
    assert (response.status_code, response.headers["location"]) == (303, "/login/code")
    return client


def next_code(totp: pyotp.TOTP) -> str:
    """A code that the setting up has not used; accepted as that of a phone half a minute ahead."""
    return totp.at(datetime.now(UTC) + timedelta(seconds=30))


def status(client: TestClient) -> int:
    return client.get("/api/staff/me").status_code


def test_sign_in_with_code_opens_the_requested_page(program: FastAPI, editor: TestClient):
    totp, _ = set_up(editor)
    client = give_password(program, goal="/console/?tab=2")
    assert COOKIE not in client.cookies
    page = client.get("/login/code").text
    assert 'autocomplete="one-time-code"' in page and "<script" not in page
    response = client.post("/login/code", data={"code": next_code(totp)})
    assert (response.status_code, response.headers["location"]) == (303, "/console/?tab=2")
    assert status(client) == 200
    assert CODE_COOKIE not in client.cookies


@pytest.mark.hostile
def test_password_alone_opens_nothing(program: FastAPI, editor: TestClient):
    set_up(editor)
    client = give_password(program)
    assert status(client) == 401
    for path in ("/password", "/second-step"):
        assert client.get(path).headers["location"].startswith("/login?next=")
        assert client.post(path, data={"password": PASSWORD}).headers["location"].startswith("/login?next=")
    assert client.get("/console/", headers=HTML).status_code == 303
    refused = client.post("/login/code", data={"code": "abc"})
    assert refused.status_code == 403
    assert 'role="alert">验证码不对' in refused.text
    assert status(client) == 401


@pytest.mark.hostile
def test_cookie_between_password_and_code_is_no_session_and_ends(program: FastAPI, editor: TestClient):
    set_up(editor)
    cookie = give_password(program).cookies[CODE_COOKIE]
    as_session = TestClient(program, cookies={COOKIE: cookie})
    assert status(as_session) == 401
    sessions, now = program.state.sessions, datetime.now(UTC)
    waiting = AwaitingCode(name="editor", session_version=2)
    old = sessions.begin_code(waiting, "/console", now - CODE_LASTS - timedelta(seconds=1))

    def read(value: str) -> object:
        headers = [(b"cookie", f"{CODE_COOKIE}={value}".encode())]
        return sessions.read_code(HTTPConnection({"type": "http", "headers": headers}), now)

    assert read(cookie) is not None
    wrong = (old, f"{cookie[:-4]}aaaa", "", "e30.x", sessions.begin("editor", 2, now))
    assert [read(value) for value in wrong] == [None] * len(wrong)
    visitor = TestClient(program, cookies={CODE_COOKIE: old}, follow_redirects=False)
    assert visitor.get("/login/code").headers["location"] == "/login"
    assert visitor.post("/login/code", data={"code": "123456"}).headers["location"] == "/login"


@pytest.mark.hostile
def test_open_session_of_a_role_now_required_reaches_only_the_setting_up(
    program: FastAPI, admin: TestClient, editor: TestClient
):
    assert status(editor) == 200
    require(admin, Role.EDITOR)
    refused = editor.get("/api/staff/me")
    assert (refused.status_code, "两步登录" in refused.json()["error"]) == (403, True)
    for path in ("/api/staff/faq", "/console/gradio_api/info", "/console/config"):
        assert editor.get(path, follow_redirects=False).status_code == 403
    page = editor.get("/console/", headers=HTML, follow_redirects=False)
    assert (page.status_code, page.headers["location"]) == (303, "/second-step")
    assert status(admin) == 200
    set_up(editor)
    assert status(editor) == 200


def test_sign_in_of_a_required_role_begins_with_setting_up(
    program: FastAPI, admin: TestClient, editor: TestClient
):
    require(admin, Role.EDITOR)
    client = TestClient(program, raise_server_exceptions=False, follow_redirects=False)
    response = client.post("/login", data={"name": "editor", "password": PASSWORD, "next": "/console/"})
    assert response.headers["location"] == "/second-step"
    assert "您的角色须两步登录" in client.get("/second-step").text
    set_up(client)
    assert status(client) == 200


def test_administrator_may_require_it_of_administrators(admin: TestClient):
    require(admin, Role.ADMIN)
    assert status(admin) == 403
    set_up(admin)
    assert status(admin) == 200
    require(admin)


def test_only_administrators_require_it(admin: TestClient, editor: TestClient):
    body = {"version": 0, "roles": ["admin"]}
    assert editor.put("/api/staff/settings/second-step", json=body).status_code == 403
    assert admin.put("/api/staff/settings/second-step", json={**body, "version": 7}).status_code == 409
    assert admin.put("/api/staff/settings/second-step", json={**body, "roles": ["?"]}).status_code == 422


def test_setting_up_ends_copied_sessions(program: FastAPI, editor: TestClient):
    copied = TestClient(program, cookies={COOKIE: editor.cookies[COOKIE]})
    assert status(copied) == 200
    set_up(editor)
    assert (status(copied), status(editor)) == (401, 200)


def test_wrong_code_shows_the_same_secret_again(editor: TestClient):
    page = editor.get("/second-step").text
    sealed = html.unescape(re.findall(r'name="sealed" value="([^"]+)"', page)[0])
    form = {"action": "set_up", "sealed": sealed, "password": PASSWORD, "code": "12"}
    again = editor.post("/second-step", data=form)
    assert again.status_code == 422
    assert 'role="alert">验证码不对：请核对手机的时间' in again.text
    secret = re.compile(r"密钥 <code>[A-Z2-7 ]+</code>")
    assert secret.findall(again.text) == secret.findall(page)


def test_recovery_codes_are_shown_once_and_sign_in(program: FastAPI, editor: TestClient):
    _, recovery = set_up(editor)
    assert len(recovery) == 10
    page = editor.get("/second-step")
    assert page.headers["cache-control"] == "no-store"
    assert "还有 <strong>10</strong> 个恢复码" in page.text
    assert not [code for code in recovery if code in page.text]
    client = give_password(program)
    assert client.post("/login/code", data={"code": recovery[0]}).headers["location"] == "/console"
    assert "还有 <strong>9</strong> 个恢复码" in client.get("/second-step").text


def test_recovery_codes_are_renewed_and_second_step_ended_on_the_page(program: FastAPI, editor: TestClient):
    totp, recovery = set_up(editor)
    proof = {"password": PASSWORD, "code": next_code(totp)}
    renewed = editor.post("/second-step", data={"action": "renew", **proof}).text
    new = re.findall(r"<code>([a-z0-9]{5}-[a-z0-9]{5})</code>", renewed)
    assert len(new) == 10 and not set(new) & set(recovery)
    end = {"action": "end", "password": PASSWORD}
    refused = editor.post("/second-step", data={**end, "code": recovery[0]})
    assert refused.status_code == 403 and "没有改动" in refused.text
    ended = editor.post("/second-step", data={**end, "code": new[0]}, follow_redirects=False)
    assert ended.headers["location"] == "/second-step"
    assert status(editor) == 200
    assert "开启后" in editor.get("/second-step").text


def test_required_role_that_ends_it_must_set_it_up_again(admin: TestClient, editor: TestClient):
    _, recovery = set_up(editor)
    require(admin, Role.EDITOR)
    form = {"action": "end", "password": PASSWORD, "code": recovery[0]}
    assert (
        editor.post("/second-step", data=form, follow_redirects=False).headers["location"] == "/second-step"
    )
    assert status(editor) == 403


def test_administrator_resets_the_second_step_of_a_lost_phone(
    program: FastAPI, admin: TestClient, editor: TestClient
):
    set_up(editor)
    states = {account["name"]: account["two_step"] for account in admin.get("/api/staff/users").json()}
    assert states == {"admin": False, "editor": True}
    assert editor.delete("/api/staff/users/editor/second-step").status_code == 403
    assert admin.delete("/api/staff/users/editor/second-step").json()["two_step"] is False
    assert admin.delete("/api/staff/users/nobody/second-step").status_code == 404
    assert status(editor) == 401
    client = TestClient(program, follow_redirects=False)
    response = client.post("/login", data={"name": "editor", "password": PASSWORD})
    assert response.headers["location"] == "/console"


def test_unknown_action_changes_nothing(editor: TestClient):
    response = editor.post("/second-step", data={"action": "?", "password": PASSWORD})
    assert response.status_code == 422
    assert "没有这个操作" in response.text


@pytest.mark.hostile
def test_attempts_at_codes_are_limited_by_address(house: KnowledgeBase):
    client = TestClient(create_app(replace(house, settings=Settings(home=house.settings.home))))
    statuses = [client.post("/login/code", data={"code": "1"}).status_code for _ in range(11)]
    assert statuses == [200] * 10 + [429]
    assert client.post("/second-step", data={"code": "1"}).status_code == 429


@pytest.mark.hostile
def test_account_locked_by_strangers_signs_in_from_its_known_ipv6_network(
    house: KnowledgeBase, program: FastAPI
):
    house.staff.users.add(OPERATOR, make_staff(Role.EDITOR), PASSWORD, datetime.now(UTC), must_change=False)
    desk = TestClient(program, client=("2001:db8:1:2::3", 1), follow_redirects=False)
    right = {"name": "editor", "password": PASSWORD}
    assert desk.post("/login", data=right).status_code == 303
    for number in range(6):
        stranger = TestClient(program, client=(f"203.0.113.{number}", 1))
        assert stranger.post("/login", data={**right, "password": "wrong-password"}).status_code == 403
    assert TestClient(program, client=("203.0.113.99", 1)).post("/login", data=right).status_code == 403
    neighbour = TestClient(program, client=("2001:db8:1:2:ffff::9", 1), follow_redirects=False)
    assert neighbour.post("/login", data=right).status_code == 303  # of the same /64
    assert desk.post("/login", data=right).status_code == 303
