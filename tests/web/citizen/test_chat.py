"""/chat: asking without JavaScript, returning with a code."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient

from app import create_app
from kb.errors import StoreError
from kb.knowledge_base import KnowledgeBase

ANSWERERS = "街道要安排几名政策解答员？"
EVIL = '"><script>alert(1)</script>'


def test_chat_form_works_without_javascript(client: TestClient):
    page = client.get("/chat", params={"q": ANSWERERS}).text
    assert '<div id="policy-qa-page">' in page
    assert 'action="/chat" method="post"' in page
    assert f'value="{ANSWERERS}"' in page
    assert '<script src="/widget.js" data-title="政策问答" data-mode="page" async></script>' in page


def test_chat_answer_shows_source(client: TestClient):
    page = client.post("/chat", data={"question": ANSWERERS}).text
    assert "1-2名政策解答员" in page
    assert "2023年浔阳区政务公开工作要点" in page
    assert 'href="/doc/' in page and "start=" in page


def test_chat_refusal_shows_near_documents(client: TestClient):
    page = client.post("/chat", data={"question": "怎么办离婚登记？"}).text
    assert "目前收录的文件里没有查到" in page
    assert "内容相近的文件" in page


def test_chat_page_offers_numbers_and_list_without_javascript(client: TestClient):
    page = client.post("/chat", data={"question": "人工客服"}).text
    assert 'href="tel:12345"' in page and 'href="/#contacts"' in page


def test_chat_page_asks_back_without_javascript(client: TestClient):
    page = client.post("/chat", data={"question": "信息公开"}).text
    assert "您想了解信息公开的哪一方面？" in page
    assert 'href="/chat?q=' in page and "怎么申请</a>" in page


def test_chat_answer_is_recorded(client: TestClient, kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch):
    recorded = []
    record = kb.citizens.journal.record
    monkeypatch.setattr(
        kb.citizens.journal, "record", lambda *given: recorded.append(record(*given)) or recorded[-1]
    )
    client.post("/chat", data={"question": ANSWERERS})
    assert len(recorded) == 1


@pytest.mark.parametrize(
    ("body", "words"),
    [
        pytest.param("", "请输入", id="nothing"),
        pytest.param("question=", "请输入", id="empty"),
        pytest.param("question=" + "a" * 501, "太长", id="too long"),
        pytest.param("x=1&" * 30 + "question=a", "请输入", id="more fields than the form has"),
        pytest.param(b"question=\xff%ff", "", id="not UTF-8"),
        pytest.param("question=%00", "", id="NUL"),
    ],
)
def test_invalid_form_gets_page(client: TestClient, body: str | bytes, words: str):
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    response = client.post("/chat", content=body, headers=headers)
    assert response.status_code in (200, 422)
    assert words in response.text
    assert "政策问答知识库" in response.text


def test_chat_page_escapes_input(client: TestClient):
    for response in (
        client.get("/chat", params={"q": EVIL}),
        client.post("/chat", data={"question": EVIL}),
        client.get("/chat", params={"code": EVIL}),
    ):
        assert "<script>" not in response.text


def test_chat_failure_shows_sentence(kb: KnowledgeBase):
    class Failing:
        def answer(self, _question):
            raise StoreError("磁盘 /dev/sda 坏了")

    response = TestClient(create_app(replace(kb, answerer=Failing()))).post("/chat", data={"question": "a"})
    assert response.status_code == 503
    assert "稍后再试" in response.text
    assert "sda" not in response.text


def test_left_question_is_shown_by_code(client: TestClient, kb: KnowledgeBase):
    question = kb.citizens.questions.leave("楼上漏水归谁管？", "13800000000", None, [], datetime.now(UTC))
    page = client.get("/chat", params={"code": question.code}).text
    assert "楼上漏水归谁管？" in page
    assert "等待答复" in page
    assert str(question.due) in page
    assert "13800000000" not in page
    kb.citizens.questions.reply(question.code, "由物业服务企业负责。", "区住建局", "李工", datetime.now(UTC))
    answered = client.get("/chat", params={"code": question.code}).text
    assert "已答复" in answered
    assert "由物业服务企业负责。" in answered


def test_unknown_code_gets_404_sentence(client: TestClient):
    response = client.get("/chat", params={"code": "AAAAAAAA"})
    assert response.status_code == 404
    assert "没有找到" in response.text
