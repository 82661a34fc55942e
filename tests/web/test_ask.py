"""POST /api/ask: answers, refusals, streams, and everything that is not a question."""

import json
from dataclasses import replace

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from kb.answers import Answer
from kb.errors import StoreError
from kb.knowledge_base import KnowledgeBase
from kb.models import MAX_QUESTION_CHARS
from web import ask, errors

ANSWERERS = "街道要安排几名政策解答员？"
OUTSIDE = "怎么办离婚登记？"


def events_of(text: str) -> list[tuple[str, dict]]:
    """Name and data of each server-sent event."""
    events = []
    for block in text.strip().split("\n\n"):
        name, data = block.split("\n")
        assert name.startswith("event: ") and data.startswith("data: ")
        events.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return events


def stream(client: TestClient, question: str) -> list[tuple[str, dict]]:
    headers = {"Accept": "text/event-stream"}
    response = client.post("/api/ask", json={"question": question}, headers=headers)
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.status_code == 200
    return events_of(response.text)


def test_answer_is_the_contract_and_its_quote_stands_in_the_document(client: TestClient, kb: KnowledgeBase):
    answer = Answer.model_validate(client.post("/api/ask", json={"question": ANSWERERS}).json())
    assert answer.kind == "extract"
    assert "1-2名" in answer.text
    for citation in answer.citations:
        assert kb.documents.get(citation.document_id).text[citation.start : citation.end] == citation.quote


def test_refusal_names_near_documents_and_cites_nothing(client: TestClient):
    answer = Answer.model_validate(client.post("/api/ask", json={"question": OUTSIDE}).json())
    assert answer.kind == "refused"
    assert not answer.citations
    assert answer.candidates


def test_history_and_filters_reach_the_answer(client: TestClient):
    body = {
        "question": "谁牵头？",
        "history": ["规范性文件清理什么时候完成？"],
        "filters": {"status": "现行有效"},
    }
    answer = client.post("/api/ask", json=body).json()
    assert "规范性文件" in answer["rewritten"]
    gone = client.post("/api/ask", json={"question": ANSWERERS, "filters": {"status": "已废止"}}).json()
    assert gone["kind"] == "refused"


def test_stream_tells_the_same_answer_in_order(client: TestClient):
    events = stream(client, ANSWERERS)
    names = [name for name, _ in events]
    tokens = names.count("token")
    assert tokens >= 1
    assert names == ["answer-start", *["token"] * tokens, "citations", "done"]
    plain = client.post("/api/ask", json={"question": ANSWERERS}).json()
    assert "".join(data["text"] for name, data in events if name == "token") == plain["text"]
    start, cited, done = events[0][1], events[-2][1], events[-1][1]
    assert {name: start[name] for name in ("question", "rewritten", "kind", "confidence")} == {
        name: plain[name] for name in ("question", "rewritten", "kind", "confidence")
    }
    assert {name: cited[name] for name in ("citations", "candidates", "contacts", "suggestions")} == {
        name: plain[name] for name in ("citations", "candidates", "contacts", "suggestions")
    }
    assert done["timings_ms"]["total"] > 0


@pytest.mark.parametrize(
    ("body", "words"),
    [
        pytest.param({"question": ""}, "请输入", id="empty"),
        pytest.param({"question": " \n　"}, "请输入", id="only spaces"),
        pytest.param({"question": "问" * (MAX_QUESTION_CHARS + 1)}, "太长", id="too long"),
    ],
)
def test_unaskable_question_is_said_in_both_forms(client: TestClient, body: dict, words: str):
    plain = client.post("/api/ask", json=body)
    assert 400 <= plain.status_code < 500
    assert words in plain.json()["error"]
    streamed = client.post("/api/ask", json=body, headers={"Accept": "text/event-stream"})
    assert words in streamed.text


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"{", id="broken JSON"),
        pytest.param(b"", id="no body"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"{}", id="no question"),
        pytest.param(b'{"question": 3}', id="a number"),
        pytest.param(b'{"question": null}', id="null"),
        pytest.param(b'{"question": "a", "filters": {"status": "x"}}', id="unknown status"),
        pytest.param(b'{"question": "a", "history": "b"}', id="history not a list"),
        pytest.param(b"\xff\xfe", id="not UTF-8"),
    ],
)
def test_malformed_body_is_a_chinese_sentence(client: TestClient, content: bytes):
    response = client.post("/api/ask", content=content, headers={"Content-Type": "application/json"})
    assert response.status_code in (400, 422)
    assert any("一" <= character <= "鿿" for character in response.json()["error"])


def test_longest_question_is_answered(client: TestClient):
    assert client.post("/api/ask", json={"question": "问" * MAX_QUESTION_CHARS}).status_code == 200


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        pytest.param(StoreError("磁盘 /dev/sda 坏了"), 503, "稍后再试", id="known error"),
        pytest.param(RuntimeError("secret"), 500, "编号", id="crash"),
    ],
)
def test_failure_is_said_without_its_cause(kb: KnowledgeBase, error: Exception, status: int, words: str):
    class Failing:
        def answer(self, _question):
            raise error

    app = FastAPI()
    app.state.kb = replace(kb, answerer=Failing())
    errors.install(app)
    app.include_router(ask.router)
    failing = TestClient(app, raise_server_exceptions=False)
    plain = failing.post("/api/ask", json={"question": ANSWERERS})
    assert plain.status_code == status
    assert words in plain.json()["error"]
    ((name, data),) = stream(failing, ANSWERERS)
    assert name == "error"
    assert words in data["error"]
    assert str(error) not in plain.text + data["error"]
