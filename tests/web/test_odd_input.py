"""Odd input gets a sentence, never an error of the program: by kind, and at every route with everything."""

import logging
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import httpx
import pytest
from factories import WORK_PLAN
from fastapi import FastAPI
from fastapi.testclient import TestClient
from odd_input import Operation, operations
from staffing import sign_in

from app import create_app
from ingest.pipeline.run import ingest
from kb.embedding.embedder import Embedder
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.settings import Settings
from kb.staff.permissions import Role
from web.wrong_fields import wrong_fields

pytestmark = pytest.mark.hostile

Login = Callable[..., TestClient]
BEYOND = 2**63
HALF = '"\\ud800"'  # JSON: half of a surrogate pair
JSON = {"Content-Type": "application/json"}
_STARTING = "/console/"  # 503 until the console is there; in these tests it never is
_SELF_SERVICE = ("/password", "/second-step")  # pages that differ for those who are signed in


def fault_of(response: httpx.Response) -> str | None:
    """Why a response is no proper answer to odd input; None for a proper one."""
    status = response.status_code
    if status < 400 or status == 416:  # a 416 has no words by RFC 9110: it answers download programs
        return None
    if status >= 500:
        return f"{status} {response.text[:100]}"
    if "application/json" in response.headers["content-type"]:
        error = response.json().get("error", "")
        sentence = error["message"] if isinstance(error, dict) else error  # as OpenAI's clients read it
        is_proper = list(response.json()) == ["error"]
    else:
        sentence = response.text
        is_proper = "<html" in sentence
    is_chinese = any("\u4e00" <= char <= "\u9fff" for char in sentence)
    return None if is_proper and is_chinese else f"{status} {response.text[:100]}"


# --- by kind ---


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", f"/api/faq/feed?cursor={BEYOND}", None),
        ("GET", f"/api/staff/audit?before={BEYOND}", None),
        ("GET", f"/api/staff/queue/{BEYOND}", None),
        ("GET", f"/api/staff/queue/-{BEYOND + 1}", None),
        ("POST", f"/api/staff/queue/{BEYOND}/claim", None),
        ("PATCH", "/api/staff/users/admin", f'{{"version": {BEYOND}, "change": {{}}}}'),
        ("GET", "/api/faq/feed?since=0001-01-01T00:00:00%2B14:00", None),
        ("GET", "/api/faq/feed?since=9999-12-31T23:59:59-14:00", None),
        ("PATCH", "/api/staff/users/admin", f'{{"version": 1, "change": {{"title": {HALF}}}}}'),
    ],
)
def test_value_that_the_database_cannot_hold_gets_422(login: Login, method: str, path: str, body: str | None):
    response = login(Role.ADMIN).request(method, path, content=body, headers=JSON)
    assert (response.status_code, fault_of(response)) == (422, None), response.text
    assert "存不下" in response.json()["error"] or "不能处理" in response.json()["error"]


@pytest.mark.parametrize("name", ["", ".", "..", "\0", "a\0.csv", "../../etc/passwd", "很" * 199])
def test_list_of_contacts_with_an_odd_name_is_refused(login: Login, name: str):
    response = login(Role.ADMIN).put("/api/staff/contacts", params={"name": name}, content=b"a,b")
    assert (response.status_code, fault_of(response)) == (422, None), response.text


@pytest.mark.parametrize("origin", ["http://[", "null", "", "http://[::1", "//", "很".encode()])
def test_odd_origin_is_a_foreign_one(client: TestClient, origin: str):
    response = client.post("/api/ask", json={"question": "？"}, headers={"Origin": origin})
    assert (response.status_code, fault_of(response)) == (403, None), response.text


@pytest.mark.parametrize(
    "body", [b"[" * 30_000, b'{"a":' * 10_000, b'{"question": 1' + b"0" * 5_000 + b"}", b"\xff", b'"']
)
def test_body_that_is_no_json_gets_a_sentence(client: TestClient, body: bytes):
    response = client.post("/api/ask", content=body, headers=JSON)
    assert (response.status_code in (400, 422), fault_of(response)) == (True, None), response.text


def test_unexpected_error_of_odd_input_is_logged_and_gets_422(
    kb: KnowledgeBase, caplog: pytest.LogCaptureFixture
):
    app = create_app(kb)

    @app.get("/api/far")
    def far() -> None:
        (10**400).to_bytes(1, "big")

    @app.get("/api/half")
    def half() -> dict[str, str]:
        return {"half": "\ud800"}

    client = TestClient(app, raise_server_exceptions=False)
    for path in ("/api/far", "/api/half"):
        response = client.get(path)
        assert (response.status_code, fault_of(response)) == (422, None), response.text
    assert [record.message for record in caplog.records if record.exc_info] == ["odd input"] * 2


# --- what is wrong with a field ---


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("", "请求的格式不对：q 没有给出。"),
        ("q=", "请求的格式不对：q 太短，至少 1 个字。"),
        ("q=a&limit=0", "请求的格式不对：limit 不能小于 1。"),
        ("q=a&limit=999", "请求的格式不对：limit 不能大于 100。"),
        ("q=a&limit=x", "请求的格式不对：limit 应为整数。"),
        ("q=a&date_from=2024-02-30", "请求的格式不对：date_from 应为日期，如 2024-05-10。"),
        ("q=a&status=x", "请求的格式不对：status 只能是 '现行有效', '已修改', '已废止'、'已失效'。"),
        (
            "q=&limit=x&date_from=x&date_to=x",
            "请求的格式不对：q 太短，至少 1 个字；date_from 应为日期，如 2024-05-10；"
            "date_to 应为日期，如 2024-05-10，等 4 处。",
        ),
    ],
)
def test_wrong_parameter_is_named_with_its_reason(client: TestClient, query: str, sentence: str):
    response = client.get(f"/api/search?{query}")
    assert (response.status_code, response.json()) == (422, {"error": sentence})


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("{", "请求的格式不对：第 1 个字符处 不是 JSON。"),
        ("[]", "请求的格式不对：请求的内容 应为对象。"),
        ('{"question": 1}', "请求的格式不对：question 应为文字。"),
        ('{"question": "a", "histroy": []}', "请求的格式不对：histroy 不认识，请去掉。"),
        ('{"question": "a", "history": "b"}', "请求的格式不对：history 应为列表。"),
    ],
)
def test_wrong_field_of_a_body_is_named_with_its_reason(client: TestClient, body: str, sentence: str):
    response = client.post("/api/ask", content=body, headers=JSON)
    assert (response.status_code, response.json()) == (422, {"error": sentence})


def test_field_name_chosen_by_the_sender_is_shortened():
    sentence = wrong_fields([{"type": "extra_forbidden", "loc": ("body", "\ud800\n" + "x" * 100_000)}])
    assert sentence == f"请求的格式不对：{'x' * 40} 不认识，请去掉。"


# --- every route ---


@pytest.fixture
def house(make_home: Callable[[], Path], embedder: Embedder) -> Iterator[KnowledgeBase]:
    """A knowledge base of its own, because the requests change what they can."""
    with open_knowledge_base(
        Settings(home=make_home(), rate_address=0, rate_session=0), embedder=embedder
    ) as opened:
        assert not ingest([WORK_PLAN], opened, progress=False).failed
        yield opened


def existing(house: KnowledgeBase, admin: TestClient) -> Mapping[str, str]:
    """Parameter or field -> a value that exists, so that requests get beyond the look-up."""
    entry = {"question": "公园几点关门？", "answer": "晚上十点。"}
    report = {"text": "公园几点开门", "note": "不对"}
    text = "关于停车的通知\n\n第一条 不许停车。".encode()
    staged = admin.post("/api/staff/documents/staged?name=a.txt", content=text)
    return {
        "document_id": house.storage.documents.summaries()[0].id,
        "entry_id": admin.post("/api/staff/faq", json=entry).json()["id"],
        "group_id": str(admin.post("/api/staff/reports", json=report).json()["group_id"]),
        "staged_id": staged.json()["id"],
        "code": admin.post("/api/questions", json={"text": "公园几点开？"}).json()["code"],
        "name": "editor",
        "role": "user",  # of a message
    }


def senders(operation: Operation, admin: TestClient, app: FastAPI) -> list[TestClient]:
    if operation.path.startswith("/api/staff"):
        return [admin]
    anybody = TestClient(app, raise_server_exceptions=False)
    return [anybody, admin] if operation.path in _SELF_SERVICE else [anybody]


@pytest.mark.slow
def test_every_route_answers_odd_input_with_a_sentence(
    house: KnowledgeBase, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.CRITICAL)  # a log with half a character cannot pass from process to process
    app = create_app(house)
    sign_in(house, app, Role.EDITOR)
    admin = sign_in(house, app, Role.ADMIN)
    found = operations(app, existing(house, admin))
    faults, sent = [], 0
    for operation in found:
        for client in senders(operation, admin, app):
            for request in operation.requests():
                response = client.request(
                    request.method,
                    request.url,
                    content=request.content,
                    headers=dict(request.headers),
                    follow_redirects=False,
                )
                sent += 1
                if operation.path != _STARTING and (fault := fault_of(response)):
                    faults.append(ascii(f"{operation.name} {request.what}: {fault}"))
    assert not faults, f"{len(faults)} of {sent}:\n" + "\n".join(faults[:50])
    assert len(found) >= 90 and sent >= 10_000
    # Nothing odd that was stored breaks what shows it.
    for operation in found:
        if operation.method == "GET" and operation.path != _STARTING:
            for client in senders(operation, admin, app):
                assert client.get(operation.url()).status_code < 500, operation.name
