"""SIGTERM: the program says that it leaves, takes no more visitors, and finishes the answers under way."""

import json
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from program import SECONDS, Program, running
from scripted_model import Messages, ScriptedModel, scripted_model

from ingest.pipeline.run import ingest
from kb.embedding.embedder import Embedder
from kb.knowledge_base import open_knowledge_base
from kb.settings import Settings

NOTICE = "关于下达道路养护经费的通知\n\n一、安排养护经费7万元。\n\n二、由区交通局负责实施。\n"
QUESTION = "道路养护经费是多少？"
SAID = "安排养护经费7万元。"
REQUEST_ID = "complaint-0001"


class SlowModel:
    """A language model that begins its answer when it is released."""

    def __init__(self, model: ScriptedModel) -> None:
        self.asked, self.released = threading.Event(), threading.Event()
        self.url = model.url
        model.script = self._script

    def _script(self, _messages: Messages) -> Iterator[str]:
        self.asked.set()
        assert self.released.wait(SECONDS)
        yield f"{SAID}[1]"


@pytest.fixture
def model() -> Iterator[SlowModel]:
    with scripted_model() as running_model:
        slow = SlowModel(running_model)
        yield slow
        slow.released.set()


@pytest.fixture
def program(
    make_home: Callable[[], Path], embedder: Embedder, tmp_path: Path, model: SlowModel
) -> Iterator[Program]:
    home, corpus = make_home(), tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "道路养护.txt").write_text(NOTICE, encoding="utf-8")
    with open_knowledge_base(Settings(home=home), embedder=embedder) as kb:
        assert not ingest([corpus], kb, progress=False).failed
    variables = {
        "KB_LLM_BASE_URL": model.url,
        "KB_LLM_MODEL": "scripted",
        "KB_LLM_FIRST_TOKEN_S": str(SECONDS),
        "KB_LLM_TOTAL_S": str(2 * SECONDS),
        "KB_READER": "off",
        "KB_DRAIN_S": "600",
        "KB_LOG_FORMAT": "json",
    }
    with running(home, corpus, tmp_path / "log", console=False, variables=variables) as started:
        started.wait_until_ready()
        yield started


def is_closed(program: Program) -> bool:
    try:
        program.client.get("/healthz")
    except httpx.ConnectError:
        return True
    return False


def test_sigterm_says_draining_first_and_finishes_the_answer_under_way(program: Program, model: SlowModel):
    with ThreadPoolExecutor(1) as visitor:
        headers = {"X-Request-ID": REQUEST_ID}
        asking = visitor.submit(
            program.client.post, "/api/ask", json={"question": QUESTION}, headers=headers, timeout=SECONDS
        )
        assert model.asked.wait(SECONDS)
        program.process.send_signal(signal.SIGTERM)
        program.wait_for(lambda: program.client.get("/readyz").json()["status"] == "draining")
        assert program.client.get("/readyz").status_code == 503
        assert program.client.get("/healthz").status_code == 200  # it must not be restarted
        assert program.client.get("/").status_code == 200  # who still comes is served
        program.process.send_signal(signal.SIGTERM)  # does not wait the 600 seconds
        program.wait_for(lambda: is_closed(program))
        model.released.set()
        answer = asking.result(SECONDS)
    assert program.process.wait(SECONDS) == 0
    assert (answer.json()["kind"], answer.json()["text"]) == ("generated", f"{SAID}[1]")
    assert answer.headers["X-Request-ID"] == REQUEST_ID
    lines = [json.loads(line) for line in program.log.splitlines() if line.startswith("{")]
    (line,) = [line for line in lines if line.get("request_id") == REQUEST_ID]
    assert (line["route"], line["status"], line["level"]) == ("/api/ask", 200, "info")
    assert "经费" not in program.log  # what a citizen asks stands in no log
