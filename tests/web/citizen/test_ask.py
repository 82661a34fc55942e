"""POST /api/ask: answers, refusals, streams, and invalid questions."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select

from kb.answers import Answer
from kb.citizens.journal import Journal
from kb.errors import StoreError
from kb.knowledge_base import KnowledgeBase
from kb.models import MAX_QUESTION_CHARS
from kb.storage import tables
from kb.storage.database import open_database
from web import errors
from web.citizen import ask

ANSWERERS = "街道要安排几名政策解答员？"
OUTSIDE = "怎么办离婚登记？"


def events_of(text: str) -> list[tuple[str, dict]]:
    """The name and data of each server-sent event."""
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


def test_answer_matches_model_and_quotes_document_exactly(client: TestClient, kb: KnowledgeBase):
    answer = Answer.model_validate(client.post("/api/ask", json={"question": ANSWERERS}).json())
    assert answer.kind == "extract"
    assert "1-2名" in answer.text
    for citation in answer.citations:
        assert (
            kb.storage.documents.get(citation.document_id).text[citation.start : citation.end]
            == citation.quote
        )


def test_refusal_has_candidates_and_no_citations(client: TestClient):
    answer = Answer.model_validate(client.post("/api/ask", json={"question": OUTSIDE}).json())
    assert answer.kind == "refused"
    assert not answer.citations
    assert answer.candidates


def test_history_and_filters_affect_answer(client: TestClient):
    body = {
        "question": "谁牵头？",
        "history": ["规范性文件清理什么时候完成？"],
        "filters": {"status": "现行有效"},
    }
    answer = client.post("/api/ask", json=body).json()
    assert "规范性文件" in answer["rewritten"]
    refusal = client.post("/api/ask", json={"question": ANSWERERS, "filters": {"status": "已废止"}}).json()
    assert refusal["kind"] == "refused"


def test_stream_has_same_answer_in_order(client: TestClient):
    events = stream(client, ANSWERERS)
    names = [name for name, _ in events]
    tokens = names.count("token")
    assert tokens >= 1
    assert names == ["answer-start", *["token"] * tokens, "citations", "done"]
    plain = client.post("/api/ask", json={"question": ANSWERERS}).json()
    assert "".join(data["text"] for name, data in events if name == "token") == plain["text"]
    start, sources, done = events[0][1], events[-2][1], events[-1][1]
    assert {name: start[name] for name in ("question", "rewritten", "kind", "confidence")} == {
        name: plain[name] for name in ("question", "rewritten", "kind", "confidence")
    }
    assert {name: sources[name] for name in ("citations", "candidates", "contacts", "suggestions")} == {
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
def test_invalid_question_gets_sentence_in_json_and_stream(client: TestClient, body: dict, words: str):
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
def test_malformed_body_gets_chinese_error(client: TestClient, content: bytes):
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
def test_failure_sentence_hides_cause(kb: KnowledgeBase, error: Exception, status: int, words: str):
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


class Recorded:
    """The program with an empty journal, and the rows of that journal."""

    def __init__(self, kb: KnowledgeBase, folder: Path) -> None:
        self.engine = open_database(folder / "kb.sqlite")
        self.app = FastAPI()
        self.app.state.kb = replace(kb, citizens=replace(kb.citizens, journal=Journal(self.engine)))
        errors.install(self.app)
        self.app.include_router(ask.router)
        self.client = TestClient(self.app, raise_server_exceptions=False)

    def rows(self) -> list:
        with self.engine.connect() as connection:
            return connection.execute(select(tables.asked)).all()

    def ask(self, question: str, session: str | None = None, **body: object) -> dict:
        headers = {"X-Policy-Session": session} if session else {}
        return self.client.post("/api/ask", json={"question": question, **body}, headers=headers).json()


@pytest.fixture
def recorded(kb: KnowledgeBase, tmp_path: Path) -> Iterator[Recorded]:
    recorded = Recorded(kb, tmp_path)
    yield recorded
    recorded.engine.dispose()


def test_answer_is_recorded_under_its_id(recorded: Recorded):
    plain = recorded.ask(ANSWERERS, "conversation-1")
    start, *_ = stream(recorded.client, OUTSIDE)
    rows = {row.id: row for row in recorded.rows()}
    assert set(rows) == {plain["id"], start[1]["id"]}
    row = rows[plain["id"]]
    assert (row.question, row.kind, row.ending, row.text) == (ANSWERERS, "extract", "quoted", plain["text"])
    assert row.documents == [plain["citations"][0]["document_id"]]
    assert "conversation" not in repr(rows)
    assert abs((row.asked_at - datetime.now(UTC)).total_seconds()) < 60
    assert rows[start[1]["id"]].kind == "refused"


def test_courtesy_is_answered_and_leaves_no_record(recorded: Recorded):
    answer = recorded.ask("转人工", "conversation-1")
    assert (answer["kind"], answer["ending"], answer["id"]) == ("courtesy", "person", None)
    assert answer["offers"] == ["leave", "contacts"]
    events = stream(recorded.client, "着火了")
    sources = next(data for name, data in events if name == "citations")
    assert [contact["phone"] for contact in sources["contacts"]] == ["110", "119", "120"]
    assert recorded.rows() == []


def test_open_question_is_asked_back_in_json_and_stream(client: TestClient):
    plain = client.post("/api/ask", json={"question": "信息公开"}).json()
    assert plain["kind"] == "extract"
    assert plain["clarifying"]["question"] == "您想了解信息公开的哪一方面？"
    options = {option["label"]: option["question"] for option in plain["clarifying"]["options"]}
    assert options["怎么申请"] == "信息公开怎么申请？"
    sources = next(data for name, data in stream(client, "信息公开") if name == "citations")
    assert sources["clarifying"] == plain["clarifying"]
    assert client.post("/api/ask", json={"question": ANSWERERS}).json()["clarifying"] is None


def test_question_is_recorded_masked(recorded: Recorded):
    typed = f"我的电话是13812345678，{ANSWERERS}"
    answer = recorded.ask(typed)
    assert answer["question"] == typed
    (row,) = recorded.rows()
    assert row.question == f"我的电话是〔电话号码〕，{ANSWERERS}"
    assert "138" not in row.rewritten


def test_repeated_request_is_recorded_once(recorded: Recorded):
    first = recorded.ask(ANSWERERS, "conversation-1", request_id="request-1")
    assert recorded.ask(ANSWERERS, "conversation-1", request_id="request-1") == first
    assert recorded.ask(ANSWERERS, "conversation-2", request_id="request-1")["id"] != first["id"]
    assert recorded.ask(ANSWERERS, "conversation-1", request_id="request-2")["id"] != first["id"]
    assert len(recorded.rows()) == 3


def test_concurrent_repeated_requests_share_one_answer(recorded: Recorded, kb: KnowledgeBase):
    begun, go_on = threading.Event(), threading.Event()

    class Slow:
        def answer(self, question):
            begun.set()
            assert go_on.wait(30)
            return kb.answerer.answer(question)

    recorded.app.state.kb = replace(recorded.app.state.kb, answerer=Slow())
    answers: list[dict] = []
    threads = [
        threading.Thread(target=lambda: answers.append(recorded.ask(ANSWERERS, request_id="request-slow")))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    assert begun.wait(30)
    go_on.set()
    for thread in threads:
        thread.join()
    assert len({answer["id"] for answer in answers}) == 1
    assert len(answers) == 3
    assert len(recorded.rows()) == 1


def test_request_id_reused_for_other_question_is_refused(client: TestClient):
    client.post("/api/ask", json={"question": ANSWERERS, "request_id": "request-other"})
    response = client.post("/api/ask", json={"question": OUTSIDE, "request_id": "request-other"})
    assert response.status_code == 422
    assert "内容不同" in response.json()["error"]


@pytest.mark.parametrize("name", ["short", "a" * 65, "with spaces", "<script>", ""])
def test_invalid_request_and_session_ids_are_refused(client: TestClient, name: str):
    body = {"question": ANSWERERS}
    with_request_id = client.post("/api/ask", json={**body, "request_id": name})
    with_session = client.post("/api/ask", json=body, headers={"X-Policy-Session": name})
    assert (with_request_id.status_code, with_session.status_code) == (422, 422)
    assert "格式不对" in with_request_id.json()["error"] and "格式不对" in with_session.json()["error"]


def test_answer_is_given_when_recording_fails(recorded: Recorded):
    with recorded.engine.begin() as connection:
        tables.asked.drop(connection)
    answer = recorded.ask(ANSWERERS)
    assert answer["id"] is None
    assert "1-2名" in answer["text"]
