"""Sign-on by OpenID Connect at a real provider: accounts by claims, sessions, two steps, signing out."""

import base64
import hashlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from district_sign_on import (
    CLIENT_ID,
    CLIENT_SECRET,
    MOCK_IS_OLD,
    agree,
    callback,
    goal_of,
    openid_provider,
    tell,
)
from fastapi.testclient import TestClient
from sign_on_house import PUBLIC, house_with, visitor_of
from staffing import PASSWORD

from kb.knowledge_base import KnowledgeBase
from kb.staff.audit_sentences import changes, sentence
from kb.staff.permissions import OPERATOR, Role, Staff
from kb.staff.users import AccountChange
from web.sessions import COOKIE, now_utc
from web.staff import second_step as second_step_page

pytestmark = pytest.mark.filterwarnings(MOCK_IS_OLD)

WANG = {"name": "王芳", "preferred_username": "WangFang", "roles": ["gkk", "other"], "dept": "MZJ"}
LI = {"name": "李丽", "preferred_username": "李丽", "roles": ["ldy"], "dept": ["MZJ", "JTJ"]}
ZHAO = {"name": "赵强", "preferred_username": "zhaoqiang", "roles": ["other"], "dept": "MZJ"}
LOST = {"name": "孙平", "preferred_username": "sunping", "roles": ["gkk"], "dept": "QTJ"}
PEOPLE = {"s-wang": WANG, "s-li": LI, "s-zhao": ZHAO, "s-sun": LOST}
DEPARTMENTS = ("MZJ=区民政局", "JTJ=区教体局")


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with openid_provider(PEOPLE) as issuer:
        yield issuer


def settings(issuer: str) -> dict[str, object]:
    return {
        "sign_on": "oidc",
        "sign_on_url": issuer,
        "sign_on_client_id": CLIENT_ID,
        "sign_on_client_secret": CLIENT_SECRET,
        "sign_on_department_claim": "dept",
        "sign_on_departments": DEPARTMENTS,
    }


@pytest.fixture
def house(kb: KnowledgeBase, tmp_path: Path, issuer: str) -> Iterator[KnowledgeBase]:
    for subject, claims in PEOPLE.items():
        tell(issuer, subject, claims)
    with house_with(kb, tmp_path, **settings(issuer)) as house:
        yield house


@pytest.fixture
def visitor(house: KnowledgeBase) -> TestClient:
    return visitor_of(house)


def leave(visitor: TestClient, goal: str = "/console") -> str:
    """Press the button; the provider's page."""
    response = visitor.get("/sign-on", params={"next": goal})
    assert response.status_code == 303, response.text
    return response.headers["location"]


def sign_on(visitor: TestClient, subject: str, goal: str = "/console") -> str:
    """Sign in at the provider; where our page goes on to."""
    response = visitor.get(callback(agree(leave(visitor, goal), subject)))
    assert response.status_code == 200, response.text
    return goal_of(response.text)


def told(house: KnowledgeBase) -> list[str]:
    """The audit log in sentences, the oldest first."""
    entries = house.staff.audit.entries(50)
    people = {account.staff.name: account.staff.title for account in house.staff.users.all(OPERATOR)}
    return [sentence(entry, people, {}) for entry in reversed(entries)]


def test_login_page_has_the_button_only_with_a_sign_on(visitor: TestClient, client: TestClient):
    page = visitor.get("/login?next=%2Fconsole%3Ftab%3Dfaq").text
    assert 'href="/sign-on?next=/console%3Ftab%3Dfaq">用统一身份认证登录</a>' in page
    assert "/sign-on" not in client.get("/login").text
    assert client.get("/sign-on", follow_redirects=False).status_code == 404


def test_request_to_the_provider_has_state_nonce_and_pkce(visitor: TestClient):
    url = urlsplit(leave(visitor))
    query = {name: values[0] for name, values in parse_qs(url.query).items()}
    assert query["response_type"] == "code"
    assert query["redirect_uri"] == f"{PUBLIC}/sign-on/callback"
    assert query["code_challenge_method"] == "S256"
    assert len(base64.urlsafe_b64decode(query["code_challenge"] + "=")) == hashlib.sha256().digest_size
    assert len(query["state"]) >= 20
    assert len(query["nonce"]) >= 20
    again = parse_qs(urlsplit(leave(visitor)).query)
    assert not {again["state"][0], again["nonce"][0], again["code_challenge"][0]} & set(query.values())


def test_first_sign_in_makes_an_account_by_the_claims(house: KnowledgeBase, visitor: TestClient):
    assert sign_on(visitor, "s-wang", "/console?tab=faq") == "/console?tab=faq"
    me = visitor.get("/api/staff/me").json()
    assert {name: me[name] for name in ("name", "title", "role", "departments")} == {
        "name": "wangfang",
        "title": "王芳",
        "role": "editor",
        "departments": ["区民政局"],
    }
    assert told(house) == ["王芳 首次用统一身份认证登录，建了账号“王芳”", "王芳 登录"]
    assert changes(house.staff.audit.entries(1)[0]) == ["登录方式：统一身份认证"]


def test_name_that_can_be_no_account_is_replaced(house: KnowledgeBase, visitor: TestClient):
    sign_on(visitor, "s-li")
    me = visitor.get("/api/staff/me").json()
    assert (me["name"], me["title"]) == ("s-li", "李丽")
    assert me["departments"] == ["区民政局", "区教体局"]


def test_later_sign_in_takes_over_the_role_of_today_and_ends_sessions(
    house: KnowledgeBase, visitor: TestClient, issuer: str
):
    sign_on(visitor, "s-wang")
    tell(issuer, "s-wang", {**WANG, "roles": ["gkk", "ldy"]})
    other = visitor_of(house)
    sign_on(other, "s-wang")
    assert other.get("/api/staff/me").json()["role"] == "reviewer"
    assert visitor.get("/api/staff/me").status_code == 401
    assert len(house.staff.users.all(OPERATOR)) == 1
    assert "王芳 登录时按统一身份认证更新了账号“王芳”" in told(house)


@pytest.mark.parametrize(
    ("subject", "words"), [("s-zhao", "没有给您分配本系统的角色"), ("s-sun", "您的部门")]
)
def test_claims_without_role_or_department_let_nobody_in(
    house: KnowledgeBase, visitor: TestClient, subject: str, words: str
):
    response = visitor.get(callback(agree(leave(visitor), subject)))
    assert response.status_code == 403
    assert words in response.text
    assert COOKIE not in visitor.cookies
    assert house.staff.users.all(OPERATOR) == []


def test_withdrawn_role_ends_the_sessions_that_are_open(
    house: KnowledgeBase, visitor: TestClient, issuer: str
):
    sign_on(visitor, "s-wang")
    tell(issuer, "s-wang", {**WANG, "roles": []})
    refused = visitor_of(house)
    assert refused.get(callback(agree(leave(refused), "s-wang"))).status_code == 403
    assert visitor.get("/api/staff/me").status_code == 401


def test_name_of_an_account_of_ours_is_not_taken_over_until_it_is_linked(
    house: KnowledgeBase, visitor: TestClient
):
    own = Staff(name="wangfang", title="王芳", role=Role.ADMIN)
    house.staff.users.add(OPERATOR, own, PASSWORD, now_utc(), must_change=False)
    response = visitor.get(callback(agree(leave(visitor), "s-wang")))
    assert response.status_code == 403
    assert "python -m kb user link wangfang s-wang" in response.text
    assert house.access.sign_on is not None
    house.access.sign_on.arrivals.link(OPERATOR, "wangfang", "s-wang", now_utc())
    sign_on(visitor, "s-wang")
    assert visitor.get("/api/staff/me").json()["name"] == "wangfang"
    local = visitor_of(house)
    entered = local.post("/login", data={"name": "wangfang", "password": PASSWORD})
    assert entered.status_code == 303


def test_disabled_account_is_refused(house: KnowledgeBase, visitor: TestClient):
    sign_on(visitor, "s-wang")
    account = house.staff.users.find(OPERATOR, "wangfang")
    house.staff.users.change(OPERATOR, "wangfang", account.version, AccountChange(disabled=True), now_utc())
    response = visitor.get(callback(agree(leave(visitor), "s-wang")))
    assert response.status_code == 403
    assert "您的账号已停用" in response.text


@pytest.mark.parametrize("password", ["", " ", PASSWORD])
def test_account_of_the_sign_on_has_no_password_to_sign_in_with(
    house: KnowledgeBase, visitor: TestClient, password: str
):
    sign_on(visitor, "s-wang")
    response = visitor_of(house).post("/login", data={"name": "wangfang", "password": password})
    assert response.status_code == 403
    assert "在本系统没有密码" in visitor.get("/password").text


@pytest.mark.parametrize(
    "goal",
    ["//evil.example/console", "https://evil.example", "/console/../chat", "/console\\@evil", "javascript:1"],
)
def test_next_leads_nowhere_else(visitor: TestClient, goal: str):
    assert sign_on(visitor, "s-wang", goal) == "/console"


# --- hostile answers ---


def test_answer_with_another_state_is_refused(house: KnowledgeBase, visitor: TestClient):
    answer = agree(leave(visitor), "s-wang")
    attacker = agree(leave(visitor_of(house)), "s-li")
    for query in ({**answer, "state": "guessed"}, attacker, {"code": answer["code"]}):
        leave(visitor)
        assert visitor.get(callback(query)).status_code == 403
    assert house.staff.users.all(OPERATOR) == []


def test_answer_without_having_left_is_refused(house: KnowledgeBase, visitor: TestClient):
    answer = agree(leave(visitor), "s-wang")
    stranger = visitor_of(house)
    response = stranger.get(callback(answer))
    assert response.status_code == 403
    assert "不是从本页开始的" in response.text


def test_answer_works_once(house: KnowledgeBase, visitor: TestClient):
    answer = agree(leave(visitor), "s-wang")
    cookies = dict(visitor.cookies)
    assert visitor.get(callback(answer)).status_code == 200
    assert visitor.get(callback(answer)).status_code == 403, "the cookie is gone"
    thief = visitor_of(house)
    thief.cookies.update(cookies)
    response = thief.get(callback(answer))
    assert response.status_code == 403, "the provider gives nothing for a spent code"
    assert COOKIE not in thief.cookies


def test_late_answer_is_refused(visitor: TestClient, monkeypatch: pytest.MonkeyPatch):
    answer = agree(leave(visitor), "s-wang")
    later = now_utc() + timedelta(minutes=11)
    monkeypatch.setattr("web.access.sign_on.now_utc", lambda: later)
    assert visitor.get(callback(answer)).status_code == 403


def test_person_who_declines_at_the_provider_sees_the_form(visitor: TestClient):
    state = parse_qs(urlsplit(leave(visitor)).query)["state"][0]
    response = visitor.get(callback({"error": "access_denied", "state": state}))
    assert response.status_code == 403
    assert 'name="password"' in response.text


def test_answers_are_limited_like_passwords(kb: KnowledgeBase, tmp_path: Path, issuer: str):
    with house_with(kb, tmp_path, **{**settings(issuer), "rate_address": 100}) as house:
        visitor = visitor_of(house)
        statuses = [visitor.get(callback({"code": "x", "state": "y"})).status_code for _ in range(11)]
    assert statuses == [403] * 10 + [429]


# --- two steps and signing out ---


def test_role_that_needs_two_steps_sets_them_up_without_a_password(
    kb: KnowledgeBase, tmp_path: Path, issuer: str, monkeypatch: pytest.MonkeyPatch
):
    tell(issuer, "s-wang", WANG)
    with house_with(kb, tmp_path, required=frozenset({Role.EDITOR}), **settings(issuer)) as house:
        visitor = visitor_of(house)
        assert sign_on(visitor, "s-wang") == "/second-step"
        assert visitor.get("/api/staff/me").status_code == 403
        page = visitor.get("/second-step").text
        assert 'type="password"' not in page
        sealed = page.split('name="sealed" value="')[1].split('"')[0]
        secret = page.split("密钥 <code>")[1].split("</code>")[0].replace(" ", "")
        code = pyotp.TOTP(secret).now()
        form = {"action": "set_up", "sealed": sealed, "code": code}
        with monkeypatch.context() as patch:
            later = now_utc() + timedelta(minutes=11)
            patch.setattr(second_step_page, "now_utc", lambda: later)
            stale = visitor.post("/second-step", data=form)
        assert stale.status_code == 422
        assert "登录后 10 分钟内" in stale.text
        assert "恢复码" in visitor.post("/second-step", data=form).text
        again = visitor_of(house)
        assert sign_on(again, "s-wang", "/console?tab=faq") == "/login/code"
        assert again.get("/api/staff/me").status_code == 401
        assert again.post("/login/code", data={"code": "000000"}).status_code == 403
        recovery = visitor.post(
            "/second-step",
            data={"action": "renew", "code": pyotp.TOTP(secret).at(now_utc() + timedelta(seconds=30))},
        )
        recovery_code = recovery.text.split("<li><code>")[1].split("</code>")[0]
        entered = again.post("/login/code", data={"code": recovery_code})
        assert (entered.status_code, entered.headers["location"]) == (303, "/console?tab=faq")
        assert again.get("/api/staff/me").json()["name"] == "wangfang"


def test_signing_out_goes_on_to_the_provider_and_ends_the_session(
    house: KnowledgeBase, visitor: TestClient, issuer: str
):
    sign_on(visitor, "s-wang")
    cookie = visitor.cookies[COOKIE]
    end = urlsplit(goal_of(visitor.post("/logout").text))
    assert f"{end.scheme}://{end.netloc}{end.path}" == f"{issuer}/oauth2/end_session"
    assert parse_qs(end.query)["post_logout_redirect_uri"] == [f"{PUBLIC}/login"]
    thief = visitor_of(house)
    thief.cookies.set(COOKIE, cookie)
    assert thief.get("/api/staff/me").status_code == 401


def test_account_of_ours_signs_out_here_alone(house: KnowledgeBase, visitor: TestClient):
    own = Staff(name="admin", title="管理员", role=Role.ADMIN)
    house.staff.users.add(OPERATOR, own, PASSWORD, now_utc(), must_change=False)
    visitor.post("/login", data={"name": "admin", "password": PASSWORD})
    assert visitor.post("/logout").headers["location"] == "/login"
