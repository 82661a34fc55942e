"""Settings over HTTP, and their effect for citizens."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from staffing import sign_in

from app import create_app
from ingest.pipeline.run import ingest
from kb.answers import Contact
from kb.controls import wording
from kb.embedding.embedder import Embedder
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.settings import Settings
from kb.staff.permissions import Role

SETTINGS = "/api/staff/settings"
NOTICE = "系统维护，5月20日恢复，请拨打 0792-8123456。"
PARKING = """关于规范停车收费的通知

一、收费标准
（一）小型汽车首小时收费五元，此后每小时两元。（牵头单位：区发改委；责任单位：区城管局）
二、施行时间
本通知自2022年3月1日起施行。
浔阳区城市管理局
2022年2月15日
"""
QUESTION = "小型汽车停车首小时收费多少？"


@pytest.fixture(scope="module")
def own_kb(
    make_home: Callable[[], Path], tmp_path_factory: pytest.TempPathFactory, embedder: Embedder
) -> Iterator[KnowledgeBase]:
    folder = tmp_path_factory.mktemp("corpus")
    (folder / "停车收费.txt").write_text(PARKING, encoding="utf-8")
    with open_knowledge_base(Settings(home=make_home(), rate_address=0), embedder=embedder) as opened:
        ingest([folder], opened, progress=False)
        opened.staff.contacts.replace([Contact(department="区城管局", name="王芳", phone="0792-8123456")])
        yield opened


@pytest.fixture(scope="module")
def own_app(own_kb: KnowledgeBase) -> FastAPI:
    return create_app(own_kb)


@pytest.fixture(scope="module")
def citizen(own_app: FastAPI) -> TestClient:
    return TestClient(own_app, raise_server_exceptions=False)


@pytest.fixture(scope="module")
def signed_in(own_kb: KnowledgeBase, own_app: FastAPI) -> TestClient:
    return sign_in(own_kb, own_app, Role.ADMIN)


@pytest.fixture
def admin(signed_in: TestClient) -> Iterator[TestClient]:
    """An administrator's client; settings are restored afterwards."""
    yield signed_in
    switch(signed_in, "on")
    now = signed_in.get(SETTINGS).json()
    for sentence in now["sentences"]:
        if sentence["text"] != sentence["default"]:
            body = {"version": sentence["saved"]["version"], "text": None}
            signed_in.put(f"{SETTINGS}/sentences/{sentence['name']}", json=body)
    for document in now["excluded"]:
        body = {"version": now["excluded_saved"]["version"], "excluded": False}
        signed_in.put(f"{SETTINGS}/excluded/{document['document_id']}", json=body)


def switch(admin: TestClient, mode: str, notice: str = "") -> None:
    version = admin.get(SETTINGS).json()["switched"]["version"]
    response = admin.put(f"{SETTINGS}/switch", json={"version": version, "mode": mode, "notice": notice})
    assert response.status_code == 200, response.text


def asked(client: TestClient) -> dict:
    return client.post("/api/ask", json={"question": QUESTION}).json()


def test_column_off_returns_notice(citizen: TestClient, admin: TestClient):
    assert asked(citizen)["kind"] == "extract"
    switch(admin, "off", NOTICE)
    answer = asked(citizen)
    assert (answer["kind"], answer["ending"], answer["text"]) == ("refused", "closed", NOTICE)
    assert (answer["citations"], answer["candidates"]) == ([], [])
    page = citizen.post("/chat", data={"question": QUESTION}).text
    assert NOTICE in page and "五元" not in page
    welcome = citizen.get("/api/welcome").json()
    assert (welcome["mode"], welcome["notice"], welcome["topics"]) == ("off", NOTICE, [])
    assert citizen.get("/api/search", params={"q": "停车"}).json() == {"error": NOTICE}
    receipt = citizen.post("/api/questions", json={"text": "停车怎么收费？", "answer_id": answer["id"]})
    assert receipt.status_code < 300, receipt.text
    with citizen.stream(
        "POST", "/api/ask", json={"question": QUESTION}, headers={"Accept": "text/event-stream"}
    ) as s:
        assert '"ending": "closed"' in "".join(s.iter_text())
    switch(admin, "on")
    assert "五元" in asked(citizen)["text"]
    welcome = citizen.get("/api/welcome").json()
    assert (welcome["mode"], welcome["notice"]) == ("on", "")


def test_search_only_returns_documents_and_contacts(citizen: TestClient, admin: TestClient):
    switch(admin, "search_only")
    answer = asked(citizen)
    assert (answer["ending"], answer["text"]) == ("closed", wording.SEARCH_ONLY)
    assert answer["candidates"][0]["document"] == "关于规范停车收费的通知"
    assert answer["contacts"][0]["phone"] == "0792-8123456"
    page = citizen.post("/chat", data={"question": QUESTION}).text
    assert "关于规范停车收费的通知" in page and "0792-8123456" in page and "此后每小时两元。" not in page
    assert citizen.get("/api/search", params={"q": "停车"}).json()["hits"]


def test_changed_sentence_is_shown_to_citizens(citizen: TestClient, admin: TestClient):
    body = {"version": 0, "text": "没有找到这张留言条，请核对。"}
    assert admin.put(f"{SETTINGS}/sentences/LEFT_UNKNOWN", json=body).status_code == 200
    unknown = citizen.get("/api/questions/AAAA2222")
    assert (unknown.status_code, unknown.json()) == (404, {"error": body["text"]})
    assert body["text"] in citizen.get("/chat", params={"code": "AAAA2222"}).text


def test_everyday_word_is_previewed_then_saved(citizen: TestClient, admin: TestClient):
    question = "小轿车停车首小时收多少？"
    asked_now = citizen.post("/api/ask", json={"question": question}).json()
    assert asked_now["rewritten"] == question
    change = {"said": "小轿车", "official": "小型汽车"}
    preview = admin.post(f"{SETTINGS}/everyday-words/preview", json=change).json()
    assert preview["examples"] == [
        {"question": question, "before": question, "after": "小型汽车停车首小时收多少?"}
    ]
    assert (preview["changed"], admin.get(SETTINGS).json()["everyday"]) == (1, {})
    saved = admin.put(f"{SETTINGS}/everyday-words", json={"version": 0, **change})
    assert (saved.status_code, saved.json()["everyday"]) == (200, {"小轿车": "小型汽车"})
    answer = citizen.post("/api/ask", json={"question": question}).json()
    assert answer["rewritten"] == "小型汽车停车首小时收多少?"


def test_sentence_without_placeholder_is_refused(admin: TestClient):
    response = admin.put(f"{SETTINGS}/sentences/OUTDATED", json={"version": 0, "text": "《{title}》旧了。"})
    assert response.status_code == 422
    assert response.json() == {"error": "缺少占位符 {status}，请原样保留。"}
    sentences = {sentence["name"]: sentence for sentence in admin.get(SETTINGS).json()["sentences"]}
    assert sentences["OUTDATED"]["text"] == wording.OUTDATED


def test_concurrent_switch_conflicts(admin: TestClient):
    version = admin.get(SETTINGS).json()["switched"]["version"]
    body = {"version": version, "mode": "search_only"}
    assert admin.put(f"{SETTINGS}/switch", json=body).status_code == 200
    second = admin.put(f"{SETTINGS}/switch", json={**body, "mode": "off"})
    assert second.status_code == 409
    assert admin.get(SETTINGS).json()["mode"] == "search_only"


def test_excluded_document_is_visible_to_staff_only(
    citizen: TestClient, admin: TestClient, own_kb: KnowledgeBase
):
    (parking,) = (summary.id for summary in own_kb.storage.documents.summaries())
    assert citizen.get(f"/doc/{parking}").status_code == 200
    version = admin.get(SETTINGS).json()["excluded_saved"]["version"]
    body = {"version": version, "excluded": True}
    response = admin.put(f"{SETTINGS}/excluded/{parking}", json=body)
    assert response.json()["excluded"] == [{"document_id": parking, "title": "关于规范停车收费的通知"}]
    assert asked(citizen)["ending"] == "no_hits"
    assert citizen.get(f"/doc/{parking}").status_code == 404
    assert citizen.get(f"/doc/{parking}/original").status_code == 404
    assert citizen.get("/api/documents").json() == {"documents": []}
    assert "关于规范停车收费的通知" not in citizen.get("/").text
    assert admin.get(f"/doc/{parking}").status_code == 200


def test_threshold_effect_names_its_origin(admin: TestClient):
    effect = admin.get(f"{SETTINGS}/threshold").json()
    assert effect["origin"] in ("本机最近一次评测", "随软件附带的评测")
    assert effect["questions"] > 100 and len(effect["rows"]) == 19


def test_switch_is_in_audit_log(own_kb: KnowledgeBase, admin: TestClient):
    switch(admin, "off", NOTICE)
    entry = own_kb.staff.audit.entries(1)[0]
    assert (entry.actor, entry.subject) == ("admin", "栏目开关")
