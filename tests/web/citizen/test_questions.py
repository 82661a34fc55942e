"""POST /api/questions and GET /api/questions/{code}."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from kb.answers import Contact
from kb.errors import ModelError
from kb.knowledge_base import KnowledgeBase
from web import errors
from web.citizen import questions

TEXT = "规范性文件清理的结果到哪里查？"
CONTACT = "13812345678"


@pytest.fixture
def judge(kb: KnowledgeBase) -> Iterator[Contact]:
    """Someone to call at 区司法局."""
    contact = Contact(department="区司法局", name="王芳", phone="0792-8551234")
    kb.contacts.replace([contact])
    yield contact
    kb.contacts.replace([])


def leave(client: TestClient, **body: object) -> dict:
    response = client.post("/api/questions", json={"text": TEXT, **body})
    assert response.status_code == 201, response.text
    return response.json()


def test_left_looked_up_and_answered(client: TestClient, kb: KnowledgeBase):
    left = leave(client, contact=CONTACT)
    seen = client.get(f"/api/questions/{left['code'].lower()}")
    assert (seen.status_code, seen.headers["cache-control"]) == (200, "no-store")
    assert CONTACT not in seen.text
    assert seen.json() == {
        "code": left["code"],
        "text": TEXT,
        "asked": seen.json()["asked"],
        "due": left["due"],
        "state": "waiting",
        "reply": None,
    }
    assert date.fromisoformat(left["due"]) > date.fromisoformat(seen.json()["asked"])
    kb.questions.reply(left["code"], "见政府网站。", "区司法局", "王芳", datetime(2024, 5, 14, tzinfo=UTC))
    answered = client.get(f"/api/questions/{left['code']}").json()
    assert answered["state"] == "answered"
    expected = {"text": "见政府网站。", "department": "区司法局", "name": "王芳", "date": "2024-05-14"}
    assert answered["reply"] == expected


def test_the_department_is_the_one_that_the_answer_named(client: TestClient, judge: Contact):
    asked = client.post("/api/ask", json={"question": "规范性文件清理什么时候完成、谁牵头？"}).json()
    assert asked["contacts"] == [judge.model_dump()]
    left = leave(client, text="那么结果到哪里查？", answer_id=asked["id"])
    assert (left["department"], left["contacts"]) == ("区司法局", [judge.model_dump()])


def test_without_an_answer_the_department_is_sought(client: TestClient, judge: Contact):
    left = leave(client, text="规范性文件清理由谁负责？", answer_id="forgotten")
    assert (left["department"], left["contacts"]) == ("区司法局", [judge.model_dump()])


def test_a_matter_of_no_department(client: TestClient):
    left = leave(client, text="怎么办离婚登记？")
    assert (left["department"], left["contacts"]) == (None, [])


def test_the_same_request_has_the_same_code(client: TestClient):
    first = leave(client, request_id="leave-once-1")
    assert leave(client, request_id="leave-once-1") == first
    assert leave(client)["code"] != first["code"]
    other = client.post("/api/questions", json={"text": "别的问题", "request_id": "leave-once-1"})
    assert other.status_code == 422


@pytest.mark.parametrize("code", ["K7M3-9QXF", "nothing", "%20", "🙂", "' or 1=1 --", "０" * 300])
def test_wrong_code_is_a_chinese_sentence(client: TestClient, code: str):
    response = client.get(f"/api/questions/{code}")
    assert response.status_code == 404
    assert "没有找到这个查询码" in response.json()["error"]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"text": ""}, id="empty"),
        pytest.param({"text": " 　\n"}, id="only spaces"),
        pytest.param({"text": "问" * 501}, id="too long"),
        pytest.param({"text": TEXT, "contact": "1" * 101}, id="contact too long"),
        pytest.param({"text": TEXT, "name": "张三"}, id="unknown field"),
        pytest.param({}, id="nothing"),
    ],
)
def test_what_cannot_be_left_is_a_chinese_sentence(client: TestClient, body: dict):
    response = client.post("/api/questions", json=body)
    assert response.status_code == 422
    assert any("一" <= character <= "鿿" for character in response.json()["error"])


def test_a_question_can_be_left_while_the_model_is_broken(kb: KnowledgeBase):
    class Broken:
        def answer(self, _question):
            raise ModelError("模型文件坏了")

    app = FastAPI()
    app.state.kb = replace(kb, answerer=Broken())
    errors.install(app)
    app.include_router(questions.router)
    left = leave(TestClient(app))
    assert left["department"] is None
    assert kb.questions.find(left["code"]).text == TEXT
