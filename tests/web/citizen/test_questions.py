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
    """A contact at 区司法局."""
    contact = Contact(department="区司法局", name="王芳", phone="0792-8551234")
    kb.staff.contacts.replace([contact])
    yield contact
    kb.staff.contacts.replace([])


def leave(client: TestClient, **body: object) -> dict:
    response = client.post("/api/questions", json={"text": TEXT, **body})
    assert response.status_code == 201, response.text
    return response.json()


def test_left_question_is_found_by_code_and_shows_reply(client: TestClient, kb: KnowledgeBase):
    receipt = leave(client, contact=CONTACT)
    response = client.get(f"/api/questions/{receipt['code'].lower()}")
    assert (response.status_code, response.headers["cache-control"]) == (200, "no-store")
    assert CONTACT not in response.text
    assert response.json() == {
        "code": receipt["code"],
        "text": TEXT,
        "asked": response.json()["asked"],
        "due": receipt["due"],
        "state": "waiting",
        "earlier": None,
        "further": None,
        "reply": None,
        "satisfied": None,
    }
    assert date.fromisoformat(receipt["due"]) > date.fromisoformat(response.json()["asked"])
    kb.citizens.questions.reply(
        receipt["code"], "见政府网站。", "区司法局", "王芳", datetime(2024, 5, 14, tzinfo=UTC)
    )
    answered = client.get(f"/api/questions/{receipt['code']}").json()
    assert answered["state"] == "answered"
    expected = {"text": "见政府网站。", "department": "区司法局", "name": "王芳", "date": "2024-05-14"}
    assert answered["reply"] == expected


def test_citizen_answers_once_to_the_reply_and_judges_it(client: TestClient, kb: KnowledgeBase):
    code = leave(client)["code"]
    place = f"/api/questions/{code}"
    assert client.post(f"{place}/further", json={"text": "什么时候？"}).status_code == 422  # no reply yet
    assert client.post(f"{place}/satisfaction", json={"satisfied": True}).status_code == 422
    answered = datetime(2024, 5, 14, tzinfo=UTC)
    kb.citizens.questions.reply(code, "见政府网站。", "区司法局", "王芳", answered)
    judged = client.post(f"{place}/satisfaction", json={"satisfied": False}).json()
    assert (judged["state"], judged["satisfied"]) == ("answered", False)
    asked = client.post(f"{place}/further", json={"text": "哪个网站？我的手机是13812345678"}).json()
    assert (asked["state"], asked["reply"], asked["earlier"]["text"]) == ("waiting", None, "见政府网站。")
    assert asked["further"] == "哪个网站？我的手机是〔电话号码〕"
    assert date.fromisoformat(asked["due"]) > date.fromisoformat(asked["asked"])
    kb.citizens.questions.reply(code, "区政府网站的“政策文件”栏目。", "区司法局", "王芳", datetime.now(UTC))
    final = client.get(place).json()
    assert (final["earlier"]["text"], final["reply"]["text"]) == (
        "见政府网站。",
        "区政府网站的“政策文件”栏目。",
    )
    twice = client.post(f"{place}/further", json={"text": "还有呢？"})
    assert (twice.status_code, twice.json()["error"]) == (422, "一条留言只能再问一次；还有疑问请重新留言。")
    assert client.post("/api/questions/K7M3-9QXF/further", json={"text": "？"}).status_code == 404


def test_department_comes_from_the_answer(client: TestClient, judge: Contact):
    answer = client.post("/api/ask", json={"question": "规范性文件清理什么时候完成、谁牵头？"}).json()
    assert answer["contacts"] == [judge.model_dump()]
    receipt = leave(client, text="那么结果到哪里查？", answer_id=answer["id"])
    assert (receipt["department"], receipt["contacts"]) == ("区司法局", [judge.model_dump()])


def test_department_is_searched_without_answer(client: TestClient, judge: Contact):
    receipt = leave(client, text="规范性文件清理由谁负责？", answer_id="forgotten")
    assert (receipt["department"], receipt["contacts"]) == ("区司法局", [judge.model_dump()])


def test_question_without_department_has_no_contacts(client: TestClient):
    receipt = leave(client, text="怎么办离婚登记？")
    assert (receipt["department"], receipt["contacts"]) == (None, [])


def test_repeated_request_gets_same_code(client: TestClient):
    first = leave(client, request_id="leave-once-1")
    assert leave(client, request_id="leave-once-1") == first
    assert leave(client)["code"] != first["code"]
    refused = client.post("/api/questions", json={"text": "别的问题", "request_id": "leave-once-1"})
    assert refused.status_code == 422


@pytest.mark.parametrize("code", ["K7M3-9QXF", "nothing", "%20", "🙂", "' or 1=1 --", "０" * 300])
def test_unknown_code_gets_chinese_404(client: TestClient, code: str):
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
def test_invalid_question_gets_chinese_error(client: TestClient, body: dict):
    response = client.post("/api/questions", json=body)
    assert response.status_code == 422
    assert any("一" <= character <= "鿿" for character in response.json()["error"])


def test_question_can_be_left_when_model_fails(kb: KnowledgeBase):
    class Broken:
        def answer(self, _question):
            raise ModelError("模型文件坏了")

    app = FastAPI()
    app.state.kb = replace(kb, answerer=Broken())
    errors.install(app)
    app.include_router(questions.router)
    receipt = leave(TestClient(app))
    assert receipt["department"] is None
    assert kb.citizens.questions.find(receipt["code"]).text == TEXT
