"""Citizens' words after their time: typed everywhere once, purged, and then looked for in every byte."""

import json
import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from factories import WORK_PLAN
from fastapi import FastAPI
from fastapi.testclient import TestClient
from staffing import sign_in

from app import create_app
from ingest.pipeline.run import ingest
from kb.embedding.embedder import Embedder
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.settings import Settings
from kb.staff.permissions import Role
from web.startup import begin_day, purge

pytestmark = pytest.mark.hostile

CANARY = "西渡口鹦鹉螺号"  # in no document
QUESTION = f"{CANARY}怎么办离婚登记？"
REFUSED = f"我家{CANARY}的公租房什么时候批？"
SESSION = {"X-Policy-Session": "canary-session"}
DEPARTMENT = "区民政局"


@pytest.fixture
def kb(make_home: Callable[[], Path], embedder: Embedder) -> Iterator[KnowledgeBase]:
    with open_knowledge_base(
        Settings(home=make_home(), rate_address=0, rate_session=0), embedder=embedder
    ) as opened:
        assert not ingest([WORK_PLAN], opened, progress=False).failed
        yield opened


@pytest.fixture
def app(kb: KnowledgeBase) -> FastAPI:
    return create_app(kb)


def forms_of(text: str) -> list[bytes]:
    """The bytes in which a text may stand in a file."""
    percent = "".join(f"%{byte:02X}" for byte in text.encode())
    escaped = json.dumps(text)[1:-1]
    return [
        text.encode(),
        text.encode("utf-16-le"),
        text.encode("gb18030"),
        escaped.encode(),
        percent.encode(),
    ]


def files_with(text: str, home: Path) -> list[str]:
    """The files of a home, except the model's, in which `text` stands in any form."""
    files = [path for path in home.rglob("*") if path.is_file() and (home / "models") not in path.parents]
    found = []
    for path in files:
        with suppress(FileNotFoundError):  # the index at rest puts its seal in the place of the former
            content = path.read_bytes()
            if any(form in content for form in forms_of(text)):
                found.append(path.name)
    return found


def ask_everywhere(client: TestClient) -> None:
    """Everything that a citizen can type."""
    answer = client.post("/api/ask", json={"question": REFUSED}, headers=SESSION).json()
    events = {**SESSION, "Accept": "text/event-stream"}
    client.post("/api/ask", json={"question": "那要多久？", "history": [REFUSED]}, headers=events)
    client.post("/chat", data={"question": QUESTION})
    client.post("/v1/chat/completions", json={"messages": [{"role": "user", "content": QUESTION}]})
    client.get("/api/suggest", params={"q": QUESTION})
    client.get("/api/search", params={"q": QUESTION})
    client.get("/chat", params={"q": QUESTION})
    body = {"answer_id": answer["id"], "helpful": False, "reason": "其他", "comment": f"{CANARY}没答上来"}
    assert client.post("/api/feedback", json=body).status_code == 200
    left = {"text": QUESTION, "contact": f"{CANARY} 13812345678", "answer_id": answer["id"]}
    assert client.post("/api/questions", json=left, headers=SESSION).status_code == 201


def work_on_all(staff: TestClient, admin: TestClient) -> list[str]:
    """Everything that staff do with a citizen's question; returns the ids of the FAQ drafts."""
    report = {"text": QUESTION, "note": f"{CANARY}答错了", "url": f"/chat?q={CANARY}", "departments": []}
    assert staff.post("/api/staff/reports", json=report).status_code == 201
    staff.get("/api/staff/search", params={"q": QUESTION})
    groups = staff.get("/api/staff/queue").json()
    drafts = []
    for group in groups:
        path = f"/api/staff/queue/{group['id']}"
        items = staff.get(path).json()["items"]
        if len(items) > 1:
            moved = {"source": items[0]["source"], "ref": items[0]["ref"]}
            assert staff.post(f"{path}/separate", json=moved).status_code == 201
    for group in staff.get("/api/staff/queue").json():
        path = f"/api/staff/queue/{group['id']}"
        claimed = staff.post(f"{path}/claim").json()
        body = {"version": claimed["version"], "text": f"关于{CANARY}：请到窗口办理。"}
        done = staff.post(f"{path}/{'reply' if group['waiting'] else 'dismiss'}", json=body)
        assert done.status_code == 200, done.text
        made = staff.post(f"{path}/draft", json={"answer": f"关于{CANARY}：请到窗口办理。"})
        assert made.status_code == 201, made.text
        drafts.append(made.json()["faq_id"])
    draft = {"question": f"{QUESTION}？", "answer": "请到窗口办理。", "variants": [f"{CANARY}呢"]}
    admin.post("/api/staff/faq/check", json=draft)
    saved = admin.put(f"/api/staff/faq/{drafts[0]}", json={"version": 1, "entry": draft})
    assert saved.status_code == 200, saved.text
    return drafts


@pytest.mark.sqlite
def test_purge_leaves_nothing_of_what_citizens_typed_in_any_file(
    kb: KnowledgeBase, app: FastAPI, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    ask_everywhere(TestClient(app))
    staff, admin = (sign_in(kb, app, role) for role in (Role.ANSWERER, Role.ADMIN))
    drafts = work_on_all(staff, admin)
    home, later = kb.settings.home, datetime.now(UTC) + timedelta(days=181)
    assert files_with(CANARY, home)
    assert kb.staff.audit.verify() is None
    with sqlite3.connect(home / "kb.sqlite") as connection:
        log = repr(connection.execute("SELECT * FROM audit").fetchall())
    assert CANARY not in log and json.dumps(CANARY)[1:-1] not in log
    shown = repr(kb.staff.audit.entries(100))
    assert CANARY in shown  # before their time the words are still shown with the entries

    begin_day(kb, later)
    assert files_with(CANARY, home) == []
    assert files_with("13812345678", home) == []
    assert CANARY not in caplog.text
    assert kb.staff.audit.verify() is None
    assert CANARY not in repr(kb.staff.audit.entries(100)) and "原文已到期删除" in repr(
        kb.staff.audit.entries(100)
    )
    assert all(staff.get(f"/api/staff/faq/{draft}").status_code == 404 for draft in drafts)
    assert staff.get("/api/staff/queue").json() == []


def test_purge_keeps_everything_until_the_last_day(kb: KnowledgeBase, app: FastAPI):
    ask_everywhere(TestClient(app))
    drafts = work_on_all(*(sign_in(kb, app, role) for role in (Role.ANSWERER, Role.ADMIN)))
    entries = kb.staff.audit.entries(100)
    purge(kb, datetime.now(UTC) + timedelta(days=179))
    assert kb.staff.audit.entries(100) == entries
    assert {record.entry.id for record in kb.faq.life.records.all()} == set(drafts)
    assert len(kb.citizens.questions.all()) == 1


def test_approved_entry_stays_without_the_versions_in_the_citizens_words(kb: KnowledgeBase, app: FastAPI):
    citizen, answerer = TestClient(app), sign_in(kb, app, Role.ANSWERER)
    editor, reviewer = sign_in(kb, app, Role.EDITOR), sign_in(kb, app, Role.REVIEWER)
    citizen.post("/api/questions", json={"text": QUESTION})
    (group,) = answerer.get("/api/staff/queue").json()
    draft = answerer.post(f"/api/staff/queue/{group['id']}/draft", json={"answer": "请到窗口办理。"}).json()
    path = f"/api/staff/faq/{draft['faq_id']}"
    words = {"question": "怎么办离婚登记？", "answer": "请到窗口办理。"}
    assert editor.put(path, json={"version": 1, "entry": words}).status_code == 200
    assert editor.post(f"{path}/submit", json={"version": 2}).status_code == 200
    approval = {"version": 3, "secrecy_checked": True}
    assert reviewer.post(f"{path}/approve", json=approval).status_code == 200
    purge(kb, datetime.now(UTC) + timedelta(days=181))
    assert files_with(CANARY, kb.settings.home) == []
    assert [line["version"] for line in reviewer.get(path).json()["history"]] == [4]
    assert citizen.post("/api/ask", json={"question": "怎么办离婚登记？"}).json()["kind"] == "faq"
