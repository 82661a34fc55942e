"""Generated answers over HTTP: events as sentences pass, one recorded answer, figures for monitoring."""

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


def test_events_of_a_generated_answer(web: TestClient, server: ScriptedModel, generating: KnowledgeBase):
    server.script = says(TRUE, SECOND)
    got = events(web.post("/api/ask", json={"question": ANSWERERS}, headers=STREAM).text)
    assert [name for name, _ in got] == ["answer-start", "token", "token", "citations", "done"]
    start = got[0][1]
    assert (start["kind"], start["question"], start["notice"]) == ("generated", ANSWERERS, None)
    assert got[1][1]["text"] + got[2][1]["text"] == f"{TRUE}\n{SECOND}"
    assert len(got[3][1]["citations"]) == 1
    assert [check["kept"] for check in got[4][1]["checks"]] == [True, True]
    assert generating.journal.departments_of(start["id"]) is not None


def test_the_first_sentence_comes_before_the_second_is_said(generating: KnowledgeBase, server: ScriptedModel):
    server.script = steps(TRUE, "相关", Wait(1.0), SECOND.removeprefix("相关"))
    came: dict[str, float] = {}
    with serving(create_app(generating), Settings(port=0)) as port:
        start = time.monotonic()
        url = f"http://127.0.0.1:{port}/api/ask"
        asked = {"json": {"question": ANSWERERS}, "headers": STREAM}
        with httpx.stream("POST", url, trust_env=False, **asked) as response:
            for line in response.iter_lines():
                came.setdefault(line, took(start))
    times = [at for line, at in came.items() if line.startswith("data") and "text" in line]
    assert times[1] - times[0] > 0.8


def test_a_slow_model_keeps_the_connection_alive(
    generating: KnowledgeBase, server: ScriptedModel, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("web.citizen.ask._SILENCE", 0.1)
    server.script = steps(Wait(0.5), TRUE)
    text = (
        TestClient(create_app(generating)).post("/api/ask", json={"question": ANSWERERS}, headers=STREAM).text
    )
    assert text.startswith(": still at work\n\n")
    assert events(text)[-1][0] == "done"


def test_killed_in_mid_answer_the_stream_goes_on_with_the_original(web: TestClient, server: ScriptedModel):
    server.script = steps(SECOND, "各街", Cut())
    got = events(web.post("/api/ask", json={"question": ANSWERERS}, headers=STREAM).text)
    text = "".join(data["text"] for name, data in got if name == "token")
    assert text.startswith(f"{SECOND}\n{wording.MODEL_INTERRUPTED}\n各街道至少安排1-2名政策解答员")
    assert len(dict(got)["citations"]["citations"]) == 2
    assert got[-1][0] == "done"


def test_asked_twice_the_model_writes_once(web: TestClient, server: ScriptedModel):
    server.script = says(TRUE)
    body = {"question": ANSWERERS, "request_id": "request-0001"}
    headers = {"X-Policy-Session": "session-0001"}
    first = events(web.post("/api/ask", json=body, headers={**headers, **STREAM}).text)
    second = web.post("/api/ask", json=body, headers=headers).json()
    assert len(server.asked) == 1
    assert (second["id"], second["text"]) == (first[0][1]["id"], TRUE)


def test_away_and_unchecked_are_said(web: TestClient, server: ScriptedModel):
    server.script = steps(Cut())
    away = events(web.post("/api/ask", json={"question": ANSWERERS}, headers=STREAM).text)
    assert (away[0][1]["kind"], away[0][1]["notice"]) == ("extract", wording.MODEL_AWAY)
    server.script = says("各街道至少安排9名政策解答员。[1]")
    page = web.post("/chat", content=f"question={ANSWERERS}".encode()).text
    assert wording.MODEL_UNCHECKED in page and "9名" not in page


def test_the_page_without_script_shows_label_and_numbers(web: TestClient, server: ScriptedModel):
    server.script = says(TRUE)
    page = web.post("/chat", content=f"question={ANSWERERS}".encode()).text
    assert GENERATED_LABEL in page and ">[1] " in page


def test_traditional_characters(web: TestClient, server: ScriptedModel):
    server.script = says(TRUE)
    headers = {**STREAM, "Accept-Language": "zh-TW"}
    got = events(web.post("/api/ask", json={"question": ANSWERERS}, headers=headers).text)
    assert (
        "".join(data["text"] for name, data in got if name == "token") == "各街道至少安排1-2名政策解答員。[1]"
    )
    assert got[0][1]["kind"] == "generated"


def test_metrics(web: TestClient, server: ScriptedModel):
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


def test_metrics_without_a_model(client: TestClient):
    response = client.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain")
    assert "policy_answer_seconds" in response.text


def test_the_widget_says_the_same_words():
    texts = json.loads((FOLDER / "texts.json").read_text(encoding="utf-8"))
    assert texts["generated"] == GENERATED_LABEL
