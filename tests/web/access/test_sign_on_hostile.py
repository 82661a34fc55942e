"""Sign-on at providers that lie, are away, or speak CAS: nobody gets in whom the provider has not named."""

import base64
import hmac
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from district_sign_on import (
    CLIENT_ID,
    CasServer,
    LyingProvider,
    callback,
    cas_server,
    goal_of,
    lying_provider,
    signed,
)
from fastapi.testclient import TestClient
from joserfc.jwk import RSAKey
from sign_on_house import PUBLIC, house_with, visitor_of
from staffing import PASSWORD

from kb.errors import SettingsError
from kb.knowledge_base import KnowledgeBase
from kb.settings import read_settings
from kb.staff.permissions import OPERATOR, Role, Staff
from web.sessions import COOKIE, now_utc

Spoil = Callable[[dict[str, object]], object]
LAST_YEAR = 1_700_000_000


@pytest.fixture(scope="module")
def provider() -> Iterator[LyingProvider]:
    with lying_provider() as provider:
        yield provider


@pytest.fixture
def house(kb: KnowledgeBase, tmp_path: Path, provider: LyingProvider) -> Iterator[KnowledgeBase]:
    honest = LyingProvider()
    provider.described_issuer, provider.spoil, provider.sign = "", honest.spoil, honest.sign
    settings = {"sign_on": "oidc", "sign_on_url": provider.issuer, "sign_on_client_id": CLIENT_ID}
    with house_with(kb, tmp_path, **settings) as house:
        yield house


def come_back(house: KnowledgeBase, provider: LyingProvider) -> tuple[TestClient, int]:
    """Leave for the provider and come back with a code; the browser, and the status of our answer."""
    visitor = visitor_of(house)
    query = parse_qs(urlsplit(visitor.get("/sign-on").headers["location"]).query)
    provider.nonce = query["nonce"][0]
    return visitor, visitor.get(callback({"code": "c", "state": query["state"][0]})).status_code


def unsigned(_: LyingProvider, claims: dict[str, object]) -> str:
    parts = signed(claims, RSAKey.generate_key(2048)).split(".")
    return f"eyJhbGciOiJub25lIn0.{parts[1]}."  # {"alg":"none"}


def by_public_key(provider: LyingProvider, claims: dict[str, object]) -> str:
    """Signed with the public key as if it were a shared secret."""
    head = signed_part({"alg": "HS256", "kid": "own"})
    content = f"{head}.{signed_part(claims)}"
    digest = hmac.digest(provider.key.as_pem(private=False), content.encode(), "sha256")
    return f"{content}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


def signed_part(value: dict[str, object]) -> str:
    """A part of a token."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def by_another_key(_: LyingProvider, claims: dict[str, object]) -> str:
    return signed(claims, RSAKey.generate_key(2048, {"kid": "own"}))


def test_honest_token_lets_in(house: KnowledgeBase, provider: LyingProvider):
    visitor, status = come_back(house, provider)
    assert status == 200
    assert visitor.get("/api/staff/me").json()["name"] == "wangfang"


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda claims: claims.update(iss="https://evil.example"), id="foreign_issuer"),
        pytest.param(lambda claims: claims.update(aud="another-program"), id="for_another_program"),
        pytest.param(lambda claims: claims.update(aud=["x"], azp=CLIENT_ID), id="audience_without_us"),
        pytest.param(lambda claims: claims.update(iat=LAST_YEAR, exp=LAST_YEAR + 300), id="expired"),
        pytest.param(lambda claims: claims.update(nonce="of another sign-in"), id="another_nonce"),
        pytest.param(lambda claims: claims.pop("nonce"), id="no_nonce"),
        pytest.param(lambda claims: claims.pop("exp"), id="no_end"),
        pytest.param(lambda claims: claims.update(sub=""), id="no_subject"),
        pytest.param(lambda claims: claims.update(at_hash="of another token"), id="another_access_token"),
        pytest.param(lambda claims: claims.pop("roles"), id="userinfo_of_somebody_else"),
    ],
)
def test_token_with_wrong_claims_lets_nobody_in(house: KnowledgeBase, provider: LyingProvider, spoil: Spoil):
    provider.spoil = lambda claims: spoil(claims) and None
    visitor, status = come_back(house, provider)
    assert status == 403
    assert COOKIE not in visitor.cookies
    assert house.staff.users.all(OPERATOR) == []


@pytest.mark.parametrize("sign", [unsigned, by_public_key, by_another_key])
def test_token_that_the_provider_has_not_signed_lets_nobody_in(
    house: KnowledgeBase, provider: LyingProvider, sign: Callable[[LyingProvider, dict[str, object]], str]
):
    provider.sign = sign
    visitor, status = come_back(house, provider)
    assert status == 403
    assert COOKIE not in visitor.cookies


def test_answer_that_names_another_issuer_is_refused(house: KnowledgeBase, provider: LyingProvider):
    visitor = visitor_of(house)
    state = parse_qs(urlsplit(visitor.get("/sign-on").headers["location"]).query)["state"][0]
    answer = {"code": "c", "state": state, "iss": "https://evil.example"}
    assert visitor.get(callback(answer)).status_code == 403


def test_provider_that_describes_another_issuer_is_not_used(house: KnowledgeBase, provider: LyingProvider):
    provider.described_issuer = "https://evil.example"
    response = visitor_of(house).get("/sign-on")
    assert response.status_code == 503
    assert "现在连不上统一身份认证" in response.text


@pytest.mark.parametrize("kind", ["oidc", "cas"])
def test_while_the_provider_is_away_accounts_of_ours_sign_in(kb: KnowledgeBase, tmp_path: Path, kind: str):
    away = {"sign_on": kind, "sign_on_url": "http://127.0.0.1:9", "sign_on_client_id": CLIENT_ID}
    with house_with(kb, tmp_path, **away) as house:
        visitor = visitor_of(house)
        left = visitor.get("/sign-on")
        if kind == "cas":  # it is asked only when somebody comes back
            state = parse_qs(urlsplit(parse_qs(urlsplit(left.headers["location"]).query)["service"][0]).query)
            left = visitor.get(callback({"state": state["state"][0], "ticket": "ST-1-x"}))
        assert left.status_code == 503
        assert "也可以用本系统的账号登录" in left.text
        admin = Staff(name="admin", title="管理员", role=Role.ADMIN)
        house.staff.users.add(OPERATOR, admin, PASSWORD, now_utc(), must_change=False)
        entered = visitor.post("/login", data={"name": "admin", "password": PASSWORD})
        assert entered.status_code == 303


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"KB_SIGN_ON": "oidc"}, "KB_SIGN_ON_URL、KB_PUBLIC_URL、KB_SIGN_ON_ROLES、KB_SIGN_ON_CLIENT_ID"),
        ({"KB_SIGN_ON": "ldap"}, "KB_SIGN_ON='ldap'"),
    ],
)
def test_half_set_sign_on_is_told_at_the_start(
    variables: dict[str, str], words: str, monkeypatch: pytest.MonkeyPatch
):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=words):
        read_settings()


def test_unknown_role_in_the_settings_is_told_at_the_start(kb: KnowledgeBase, tmp_path: Path):
    roles = {"sign_on": "cas", "sign_on_url": "http://127.0.0.1:9", "sign_on_roles": ("gkk=boss",)}
    with pytest.raises(SettingsError, match="没有角色 boss"), house_with(kb, tmp_path, **roles):
        pass


# --- CAS ---

BOMB = '<!DOCTYPE x [<!ENTITY a "gkk">]><cas:serviceResponse xmlns:cas="http://www.yale.edu/tp/cas"/>'
ADVICE = '<r><cas:authenticationSuccess xmlns:cas="http://www.yale.edu/tp/cas"/></r>'


@pytest.fixture(scope="module")
def cas() -> Iterator[CasServer]:
    people = {
        "wangfang": {"roles": ["gkk", "ldy"], "name": ["王芳"], "dept": ["区民政局", "区教体局"]},
        "zhaoqiang": {"name": ["赵强"], "dept": ["区民政局"]},
    }
    with cas_server(people) as cas:
        yield cas


@pytest.fixture
def cas_house(kb: KnowledgeBase, tmp_path: Path, cas: CasServer) -> Iterator[KnowledgeBase]:
    cas.answer = None
    settings = {"sign_on": "cas", "sign_on_url": cas.url, "sign_on_department_claim": "dept"}
    with house_with(kb, tmp_path, **settings) as house:
        yield house


def log_in(visitor: TestClient, cas: CasServer, user: str, goal: str = "/console") -> dict[str, str]:
    """Leave for the CAS server and sign in there; the query with which it redirects back."""
    return cas.log_in(visitor.get("/sign-on", params={"next": goal}).headers["location"], user)


def test_cas_ticket_signs_in_with_role_and_departments(cas_house: KnowledgeBase, cas: CasServer):
    visitor = visitor_of(cas_house)
    response = visitor.get(callback(log_in(visitor, cas, "wangfang", "/console?tab=queue")))
    assert goal_of(response.text) == "/console?tab=queue"
    me = visitor.get("/api/staff/me").json()
    assert (me["name"], me["title"], me["role"]) == ("wangfang", "王芳", "reviewer")
    assert me["departments"] == ["区民政局", "区教体局"]
    assert (
        goal_of(visitor.post("/logout").text) == f"{cas.url}/logout?service=http%3A%2F%2Ftestserver%2Flogin"
    )
    assert PUBLIC == "http://testserver"


def test_cas_ticket_works_once_and_for_its_own_sign_in_only(cas_house: KnowledgeBase, cas: CasServer):
    visitor, attacker = visitor_of(cas_house), visitor_of(cas_house)
    stolen = log_in(attacker, cas, "wangfang")
    own = log_in(visitor, cas, "wangfang")
    mixed = {"state": own["state"], "ticket": stolen["ticket"]}
    for query in (stolen, mixed, {"state": own["state"]}, {"state": own["state"], "ticket": "ST-1\n"}):
        visitor.get("/sign-on")
        assert visitor.get(callback(query)).status_code == 403
    answer = log_in(visitor, cas, "wangfang")
    cookies = dict(visitor.cookies)
    assert visitor.get(callback(answer)).status_code == 200
    thief = visitor_of(cas_house)
    thief.cookies.update(cookies)
    assert thief.get(callback(answer)).status_code == 403
    assert COOKIE not in thief.cookies


def test_cas_person_without_a_role_is_refused(cas_house: KnowledgeBase, cas: CasServer):
    visitor = visitor_of(cas_house)
    response = visitor.get(callback(log_in(visitor, cas, "zhaoqiang")))
    assert response.status_code == 403
    assert "没有给您分配本系统的角色" in response.text


@pytest.mark.parametrize(
    ("answer", "status"), [("", 503), ("<html>", 503), (BOMB, 503), ("<r/>", 403), (ADVICE, 403)]
)
def test_cas_answer_that_is_none_lets_nobody_in(
    cas_house: KnowledgeBase, cas: CasServer, answer: str, status: int
):
    visitor = visitor_of(cas_house)
    query = log_in(visitor, cas, "wangfang")
    cas.answer = answer
    assert visitor.get(callback(query)).status_code == status
    assert COOKIE not in visitor.cookies
