"""Keys of other programs over HTTP: made by administrators, asked for where they are required."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from staffing import sign_in

from app import create_app
from kb.access.parts import AccessParts, open_access
from kb.knowledge_base import KnowledgeBase
from kb.settings import Settings
from kb.staff.audit import Audit
from kb.staff.permissions import Role
from kb.storage.database import open_database
from web.edge import key_gate
from web.sessions import now_utc

QUESTION = {"messages": [{"role": "user", "content": "规范性文件清理什么时候完成？"}]}
SEARCH = "/api/search?q=规范性文件清理&limit=1"
NEW = {"name": "区政务服务 App", "scopes": ["ask", "search"]}


@pytest.fixture(scope="module")
def access(kb: KnowledgeBase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AccessParts]:
    """Keys in a database of their own."""
    engine = open_database(tmp_path_factory.mktemp("keys") / "kb.sqlite")
    yield open_access(engine, Audit(engine), Settings())
    engine.dispose()


def program(kb: KnowledgeBase, access: AccessParts, home: Path, **settings: object) -> FastAPI:
    own = Settings(home=home, **settings)  # type: ignore[arg-type]
    return create_app(replace(kb, access=access, settings=own))


@pytest.fixture(scope="module")
def open_house(kb: KnowledgeBase, access: AccessParts, tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    """The service as it is by default: nobody needs a key."""
    return program(kb, access, tmp_path_factory.mktemp("open"), rate_address=1)


@pytest.fixture(scope="module")
def closed_house(kb: KnowledgeBase, access: AccessParts, tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    """The service with KB_API_KEYS=required."""
    return program(kb, access, tmp_path_factory.mktemp("closed"), api_keys="required")


@pytest.fixture
def admin(kb: KnowledgeBase, closed_house: FastAPI) -> TestClient:
    return sign_in(kb, closed_house, Role.ADMIN)


def with_key(app: FastAPI, key: str) -> TestClient:
    return TestClient(app, headers={"Authorization": f"Bearer {key}"}, raise_server_exceptions=False)


def make(admin: TestClient, **fields: object) -> dict[str, object]:
    response = admin.post("/api/staff/keys", json={**NEW, **fields})
    assert response.status_code == 201, response.text
    made: dict[str, object] = response.json()
    return made


def test_key_is_shown_once_and_lets_in_until_it_is_revoked(admin: TestClient, closed_house: FastAPI):
    made = make(admin)
    client = with_key(closed_house, str(made["key"]))
    answered = client.post("/v1/chat/completions", json=QUESTION)
    assert answered.status_code == 200
    assert answered.json()["policy"]["citations"]
    assert client.get("/v1/models").status_code == 200
    assert client.get(SEARCH).json()["hits"]
    listed = next(key for key in admin.get("/api/staff/keys").json() if key["id"] == made["id"])
    assert (listed["state"], listed["name"]) == ("有效", "区政务服务 App")
    assert listed["last_used_at"] is not None
    assert "key" not in listed
    assert admin.delete(f"/api/staff/keys/{made['id']}").json()["state"] == "已停用"
    refused = client.get(SEARCH)
    assert refused.status_code == 401
    assert refused.json() == {"error": "接口密钥已停用，请联系管理员。"}


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer sk-other"}, {"Authorization": "pqa_x"}])
def test_without_key_required_routes_are_closed_and_pages_open(
    closed_house: FastAPI, headers: dict[str, str]
):
    client = TestClient(closed_house, headers=headers)
    refused = client.post("/v1/chat/completions", json=QUESTION)
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"] == "Bearer"
    assert refused.json()["error"]["code"] == "invalid_api_key"
    assert client.get(SEARCH).status_code == 401
    assert client.get("/chat").status_code == 200
    assert client.get("/api/suggest?q=规范").status_code == 200


def test_unknown_key_of_ours_is_refused_even_where_none_is_needed(open_house: FastAPI):
    assert with_key(open_house, "pqa_nobody").get(SEARCH).status_code == 401


def test_by_default_any_bearer_of_others_passes(open_house: FastAPI):
    assert with_key(open_house, "sk-whatever").get("/v1/models").status_code == 200


def test_scope_is_kept_to(admin: TestClient, closed_house: FastAPI):
    client = with_key(closed_house, str(make(admin, scopes=["search"])["key"]))
    assert client.get(SEARCH).status_code == 200
    refused = client.post("/v1/chat/completions", json=QUESTION)
    assert refused.status_code == 403
    assert refused.json()["error"]["message"] == "这个接口密钥不能用于提问，请联系管理员。"


def test_expired_key_is_refused(admin: TestClient, closed_house: FastAPI, monkeypatch: pytest.MonkeyPatch):
    client = with_key(closed_house, str(make(admin, days=1)["key"]))
    later = now_utc() + timedelta(days=1, seconds=1)
    monkeypatch.setattr(key_gate, "now_utc", lambda: later)
    refused = client.get(SEARCH)
    assert (refused.status_code, refused.json()) == (401, {"error": "接口密钥已到期，请向管理员换一个。"})


def test_rate_is_that_of_the_key_and_not_of_the_address(admin: TestClient, open_house: FastAPI):
    client = with_key(open_house, str(make(admin, rate=3)["key"]))
    statuses = [client.get("/v1/models").status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    refused = client.get("/v1/models")
    assert int(refused.headers["retry-after"]) >= 1
    assert refused.json()["error"]["code"] == "rate_limit_exceeded"


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/api/staff/keys"), ("POST", "/api/staff/keys"), ("DELETE", "/api/staff/keys/1")],
)
def test_keys_are_for_administrators(kb: KnowledgeBase, closed_house: FastAPI, method: str, path: str):
    reviewer = sign_in(kb, closed_house, Role.REVIEWER)
    assert reviewer.request(method, path, json=NEW if method == "POST" else None).status_code == 403
    assert TestClient(closed_house).request(method, path).status_code == 401
