"""What works while the index is rebuilt, and that answers say when they will be back."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from fastapi.testclient import TestClient
from held import HeldEmbedder
from staffing import sign_in

from app import create_app
from ingest.pipeline.run import ingest
from kb.embedding.embedder import Embedder
from kb.errors import ModelError
from kb.faq.models import FaqEntry
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.settings import Settings
from kb.staff.contacts import Contact
from kb.staff.permissions import Role

pytestmark = pytest.mark.hostile

NOTICE = "关于下达道路养护经费的通知\n\n一、安排养护经费7万元。\n\n二、由区交通局负责实施。\n"
QUESTION = "道路养护经费是多少？"
ENTRY = FaqEntry(id="gate", question="公园几点关门？", answer="每晚十点。")


class Service(NamedTuple):
    """A service whose index is gone; its model waits before the first passage."""

    kb: KnowledgeBase
    held: HeldEmbedder
    client: TestClient

    def ask(self, question: str) -> object:
        return self.client.post("/api/ask", json={"question": question})


@pytest.fixture
def service(make_home: Callable[[], Path], embedder: Embedder, tmp_path: Path) -> Iterator[Service]:
    home = make_home()
    (tmp_path / "道路养护.txt").write_text(NOTICE, encoding="utf-8")
    settings = Settings(home=home, rate_address=0, rate_session=0)
    with open_knowledge_base(settings, embedder=embedder) as kb:
        assert not ingest([tmp_path], kb, progress=False).failed
        kb.faq.entries.put([ENTRY])
        kb.staff.contacts.replace([Contact(department="区交通局", name="王芳", phone="8123")])
    shutil.rmtree(home / "index")
    held = HeldEmbedder(embedder)
    with open_knowledge_base(settings, embedder=held, wait=False) as kb:
        assert held.waiting.wait(60)
        yield Service(kb, held, TestClient(create_app(kb), raise_server_exceptions=False))
        held.released.set()


def test_answers_say_when_they_are_back(service: Service):
    response = service.ask(QUESTION)
    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) >= 5
    assert "留言照常可用" in response.json()["error"]
    page = service.client.post("/chat", data={"question": QUESTION})
    assert (page.status_code, page.headers["Retry-After"]) == (503, response.headers["Retry-After"])
    assert "留言照常可用" in page.text
    chat = {"messages": [{"role": "user", "content": QUESTION}]}
    assert service.client.post("/v1/chat/completions", json=chat).status_code == 503
    assert service.client.get("/api/search", params={"q": "经费"}).status_code == 503
    stream = service.client.post(
        "/api/ask", json={"question": QUESTION}, headers={"Accept": "text/event-stream"}
    )
    assert "event: error" in stream.text
    assert '"retry_after"' in stream.text


def test_everything_else_goes_on(service: Service):
    client, (document,) = service.client, service.kb.storage.documents.summaries()
    for path in ("/", "/chat", "/privacy", f"/doc/{document.id}", "/api/documents", "/api/welcome"):
        assert client.get(path).status_code == 200, path
    assert client.get("/api/suggest", params={"q": "公园"}).json()
    left = client.post("/api/questions", json={"text": "区交通局的养护电话是多少？"})
    assert left.status_code == 201
    assert client.get(f"/api/questions/{left.json()['code']}").status_code == 200
    assert service.ask("公园几点关门？").json()["text"] == ENTRY.answer
    staff = sign_in(service.kb, client.app, Role.ADMIN)
    assert staff.get("/api/staff/contacts").status_code == 200
    found = staff.get("/api/staff/search", params={"q": "公园 关门"})
    assert [result["entry_id"] for result in found.json()] == ["gate"]


def test_readiness_tells_the_progress_and_liveness_stays(service: Service):
    chunks = service.kb.storage.documents.chunk_count()
    assert service.client.get("/healthz").json() == {"status": "ok"}
    response = service.client.get("/readyz")
    assert response.status_code == 503
    parts = response.json()["parts"]
    assert parts["index"] == {"state": "building", "done": 0, "total": chunks, "seconds_left": None}
    assert (parts["model"]["state"], parts["database"]["state"], parts["disk"]["state"]) == ("ok", "ok", "ok")


def test_answers_are_back_without_a_restart(service: Service):
    service.held.released.set()
    service.kb.retrieval.store.wait()
    assert "7万元" in service.ask(QUESTION).json()["text"]
    response = service.client.get("/readyz")
    assert response.status_code == 200
    assert response.json()["chunks"] == service.kb.storage.documents.chunk_count()


def test_broken_model_leaves_word_search_and_everything_without_it(
    service: Service, monkeypatch: pytest.MonkeyPatch
):
    def broken(_text: str) -> object:
        raise ModelError("向量模型 bundled 计算失败：out of memory")

    monkeypatch.setattr(service.held, "embed_query", broken)
    assert service.ask(QUESTION).status_code == 503
    assert service.client.post("/api/questions", json={"text": "养护电话是多少？"}).status_code == 201
    staff = sign_in(service.kb, service.client.app, Role.ANSWERER)
    found = staff.get("/api/staff/search", params={"q": "公园 关门"})
    assert [result["entry_id"] for result in found.json()] == ["gate"]
