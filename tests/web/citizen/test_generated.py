"""Generated answers over HTTP: an event per checked sentence, one recorded answer, metrics."""

import json
import time
from collections.abc import Iterator

import httpx
import pytest
from fastapi.testclient import TestClient
from generating import with_model
from scripted_model import Cut, ScriptedModel, Wait, says, scripted_model, steps, took
from serving import serving

from app import create_app
from kb.answers import GENERATED_LABEL, Reason
from kb.controls import wording
from kb.errors import LlmFailure
from kb.knowledge_base import KnowledgeBase
from kb.settings import Settings
from web.widget_script import FOLDER

ANSWERERS = "街道要安排几名政策解答员？"
TRUE = "各街道至少安排1-2名政策解答员。[1]"
SECOND = "相关名单和工作联系方式将于8月底前向社会公布。[1]"
STREAM = {"Accept": "text/event-stream"}


@pytest.fixture
def server() -> Iterator[ScriptedModel]:
    with scripted_model() as running:
        yield running


@pytest.fixture
def generating(kb: KnowledgeBase, server: ScriptedModel) -> KnowledgeBase:
    return with_model(kb, server)


@pytest.fixture
def web(generating: KnowledgeBase) -> TestClient:
    return TestClient(create_app(generating), raise_server_exceptions=False)


def events(text: str) -> list[tuple[str, dict]]:
    blocks = [block.split("\n") for block in text.split("\n\n") if block.startswith("event")]
    return [(name.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for name, data in blocks]


def test_generated_answer_streams_checked_sentences(
    web: TestClient, server: ScriptedModel, generating: KnowledgeBase
):
    server.script = says(TRUE, SECOND)
    received = events(web.post("/api/ask", json={"question": ANSWERERS}, headers=STREAM).text)
    assert [name for name, _ in received] == ["answer-start", "token", "token", "citations", "done"]
    start = received[0][1]
    assert (start["kind"], start["question"], start["notice"]) == ("generated", ANSWERERS, None)
    assert received[1][1]["text"] + received[2][1]["text"] == f"{TRUE}\n{SECOND}"
    assert len(received[3][1]["citations"]) == 1
    assert [check["kept"] for check in received[4][1]["checks"]] == [True, True]
    assert generating.citizens.journal.departments_of(start["id"]) is not None


def test_first_sentence_arrives_before_second_is_generated(generating: KnowledgeBase, server: ScriptedModel):
    server.script = steps(TRUE, "相关", Wait(1.0), SECOND.removeprefix("相关"))
    arrivals: dict[str, float] = {}
    with serving(create_app(generating), Settings(port=0)) as port:
        start = time.monotonic()
        url = f"http://127.0.0.1:{port}/api/ask"
        request = {"json": {"question": ANSWERERS}, "headers": STREAM}
        with httpx.stream("POST", url, trust_env=False, **request) as response:
            for line in response.iter_lines():
                arrivals.setdefault(line, took(start))
    times = [seconds for line, seconds in arrivals.items() if line.startswith("data") and "text" in line]
    assert times[1] - times[0] > 0.8


def test_slow_model_sends_comment_to_keep_connection(
    generating: KnowledgeBase, server: ScriptedModel, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("web.citizen.ask._SILENCE", 0.1)
    server.script = steps(Wait(0.5), TRUE)
    text = (
        TestClient(create_app(generating)).post("/api/ask", json={"question": ANSWERERS}, headers=STREAM).text
    )
    assert text.startswith(": still at work\n\n")
    assert events(text)[-1][0] == "done"


def test_interrupted_answer_continues_with_extract(web: TestClient, server: ScriptedModel):
    server.script = steps(SECOND, "各街", Cut())
    received = events(web.post("/api/ask", json={"question": ANSWERERS}, headers=STREAM).text)
    text = "".join(data["text"] for name, data in received if name == "token")
    assert text.startswith(f"{SECOND}\n{wording.MODEL_INTERRUPTED}\n各街道至少安排1-2名政策解答员")
    assert len(dict(received)["citations"]["citations"]) == 2
    assert received[-1][0] == "done"


def test_repeated_request_calls_model_once(web: TestClient, server: ScriptedModel):
    server.script = says(TRUE)
    body = {"question": ANSWERERS, "request_id": "request-0001"}
    headers = {"X-Policy-Session": "session-0001"}
    first = events(web.post("/api/ask", json=body, headers={**headers, **STREAM}).text)
    second = web.post("/api/ask", json=body, headers=headers).json()
    assert len(server.asked) == 1
    assert (second["id"], second["text"]) == (first[0][1]["id"], TRUE)


def test_notice_when_model_is_away_or_answer_unchecked(web: TestClient, server: ScriptedModel):
    server.script = steps(Cut())
    received = events(web.post("/api/ask", json={"question": ANSWERERS}, headers=STREAM).text)
    assert (received[0][1]["kind"], received[0][1]["notice"]) == ("extract", wording.MODEL_AWAY)
    server.script = says("各街道至少安排9名政策解答员。[1]")
    page = web.post("/chat", content=f"question={ANSWERERS}".encode()).text
    assert wording.MODEL_UNCHECKED in page and "9名" not in page


def test_chat_page_shows_label_and_source_numbers(web: TestClient, server: ScriptedModel):
    server.script = says(TRUE)
    page = web.post("/chat", content=f"question={ANSWERERS}".encode()).text
    assert GENERATED_LABEL in page and ">[1] " in page


def test_generated_answer_is_converted_to_traditional(web: TestClient, server: ScriptedModel):
    server.script = says(TRUE)
    headers = {**STREAM, "Accept-Language": "zh-TW"}
    received = events(web.post("/api/ask", json={"question": ANSWERERS}, headers=headers).text)
    assert (
        "".join(data["text"] for name, data in received if name == "token")
        == "各街道至少安排1-2名政策解答員。[1]"
    )
    assert received[0][1]["kind"] == "generated"


def test_metrics_count_answers_and_checks(web: TestClient, server: ScriptedModel):
    server.script = says(TRUE, "每名解答员每月补贴5000元。[1]")
    web.post("/api/ask", json={"question": ANSWERERS})
    web.post("/api/ask", json={"question": "怎么办离婚登记？"})
    text = web.get("/metrics").text
    assert 'policy_answers_total{ending="generated",kind="generated"} 1.0' in text
    assert 'policy_answers_total{ending="weak_evidence",kind="refused"} 1.0' in text
    assert 'policy_generated_sentences_total{kept="false"} 1.0' in text
    assert 'policy_check_failures_total{reason="number"} 1.0' in text
    assert "policy_answer_seconds_bucket" in text and "policy_llm_breaker_open 0.0" in text
    for name in (*Reason, *LlmFailure):
        assert f'"{name.value}"' in text


def test_metrics_are_served_without_model(client: TestClient):
    response = client.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain")
    assert "policy_answer_seconds" in response.text


def test_widget_uses_same_label():
    texts = json.loads((FOLDER / "texts.json").read_text(encoding="utf-8"))
    assert texts["generated"] == GENERATED_LABEL
