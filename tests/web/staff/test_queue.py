"""The work list over HTTP, from a question to the reply seen with its code; figures, ledger, contacts."""

import io
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from openpyxl import load_workbook
from staffing import make_staff, sign_in

from app import create_app
from ingest.pipeline.run import ingest
from kb.embedding.embedder import Embedder
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.settings import Settings
from kb.staff.permissions import Role

QUESTION, PHONE = "怎么办离婚登记？", "13812345678"
REPLY = "请双方到区政务服务中心婚姻登记窗口办理。"
CIVIL, SCHOOLS = ("区民政局",), ("区教体局",)


@pytest.fixture
def kb(make_home: Callable[[], Path], embedder: Embedder) -> Iterator[KnowledgeBase]:
    """A new knowledge base for each test, as these tests change it."""
    with open_knowledge_base(
        Settings(home=make_home(), rate_address=0, rate_session=0), embedder=embedder
    ) as opened:
        yield opened


@pytest.fixture
def app(kb: KnowledgeBase) -> FastAPI:
    return create_app(kb)


@pytest.fixture
def citizen(app: FastAPI) -> TestClient:
    return TestClient(app, raise_server_exceptions=False)


@pytest.fixture
def login(kb: KnowledgeBase, app: FastAPI) -> Callable[..., TestClient]:
    return lambda role, departments=(): sign_in(kb, app, role, departments)


def leave(kb: KnowledgeBase, text: str = QUESTION, departments: tuple[str, ...] = CIVIL) -> str:
    return kb.citizens.questions.leave(text, PHONE, None, departments, datetime.now(UTC)).code


def group_of(client: TestClient) -> dict:
    """The only waiting group."""
    (group,) = client.get("/api/staff/queue").json()
    return group


def test_reply_reaches_citizen_and_becomes_draft(
    kb: KnowledgeBase, citizen: TestClient, login: Callable[..., TestClient]
):
    receipt = citizen.post("/api/questions", json={"text": QUESTION, "contact": PHONE}).json()
    citizen.post("/api/ask", json={"question": "离婚登记到哪里办？"})
    answerer = login(Role.ANSWERER, CIVIL)
    group = group_of(answerer)
    assert (group["asked"], group["waiting"], group["due"]) == (2, 1, receipt["due"])
    detail = answerer.get(f"/api/staff/queue/{group['id']}").json()
    assert {item["contact"] for item in detail["items"]} == {PHONE, None}
    path = f"/api/staff/queue/{group['id']}"
    claimed = answerer.post(f"{path}/claim").json()
    assert (claimed["state"], claimed["claimed_title"]) == ("claimed", "政策解答员小王")
    replied = answerer.post(f"{path}/reply", json={"version": claimed["version"], "text": REPLY})
    assert replied.status_code == 200, replied.text
    left_question = citizen.get(f"/api/questions/{receipt['code']}").json()
    assert left_question["state"] == "answered"
    assert (left_question["reply"]["text"], left_question["reply"]["department"]) == (REPLY, "区民政局")
    assert left_question["reply"]["name"] == "政策解答员小王"
    drafted = answerer.post(f"{path}/draft", json={})
    assert drafted.status_code == 201, drafted.text
    record = kb.faq.life.records.get(drafted.json()["faq_id"])
    entry = record.entry
    assert (entry.question, entry.answer, entry.department) == (QUESTION, REPLY, "区民政局")
    assert (entry.status.value, record.author) == ("draft", make_staff(Role.ANSWERER, CIVIL).name)
    second_draft = answerer.post(f"{path}/draft", json={})
    assert second_draft.status_code == 422
    assert f"已经写成问答（编号 {entry.id}）" in second_draft.json()["error"]


def test_concurrent_claims_second_gets_409(kb: KnowledgeBase, login: Callable[..., TestClient]):
    leave(kb)
    first, second = login(Role.ANSWERER, CIVIL), login(Role.EDITOR, CIVIL)
    path = f"/api/staff/queue/{group_of(first)['id']}"
    start, codes = threading.Barrier(2), []

    def claim(client: TestClient) -> None:
        start.wait()
        codes.append(client.post(f"{path}/claim").status_code)

    threads = [threading.Thread(target=claim, args=(client,)) for client in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [200, 409]
    late_claim = second.post(f"{path}/claim")
    assert (late_claim.status_code, "认领，没有改动" in late_claim.json()["error"]) == (409, True)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
def test_group_of_other_department_gets_403_for_every_role_that_can_be_bound(
    kb: KnowledgeBase, login: Callable[..., TestClient], role: Role
):
    leave(kb)
    group = group_of(login(Role.ADMIN))
    path = f"/api/staff/queue/{group['id']}"
    outsider = login(role, SCHOOLS)
    assert outsider.get("/api/staff/queue").json() == []
    for response in (
        outsider.get(path),
        outsider.post(f"{path}/claim"),
        outsider.post(f"{path}/reply", json={"version": 1, "text": REPLY}),
        outsider.post(f"{path}/dismiss", json={"version": 1, "text": "重复"}),
        outsider.post(f"{path}/draft", json={"answer": REPLY}),
        outsider.post(f"{path}/separate", json={"source": "left", "ref": "?"}),
    ):
        assert response.status_code == 403, response.text
        assert PHONE not in response.text
    assert group_of(login(Role.ADMIN)) == group


def test_invalid_requests_get_one_sentence(kb: KnowledgeBase, login: Callable[..., TestClient]):
    leave(kb)
    client = login(Role.ANSWERER)
    path = f"/api/staff/queue/{group_of(client)['id']}"
    for response, sentence in (
        (client.post(f"{path}/reply", json={"version": 1, "text": " "}), "请填写答复。"),
        (client.post(f"{path}/dismiss", json={"version": 1, "text": "重复"}), "还有 1 条群众留言等待答复"),
        (client.post(f"{path}/faq", json={"version": 1, "faq_id": "x"}), "没有编号为“x”的已审核问答"),
        (client.post("/api/staff/reports", json={"text": "低保", "note": ""}), "请填写哪里有误。"),
        (client.post("/api/staff/reports", json={"text": "低保", "note": "错", "url": "http://x"}), "url"),
        (client.post("/api/staff/reports", json={"text": "低保", "note": "错", "url": "//x.example"}), "url"),
        (client.get("/api/staff/figures?since=2024-05-11&until=2024-05-10"), "早于开始日期"),
    ):
        assert response.status_code == 422, response.text
        assert sentence in response.json()["error"]


def test_report_joins_queue_of_department(login: Callable[..., TestClient]):
    body = {
        "text": "低保标准是多少",
        "note": "已调到 785 元",
        "url": "/doc/a?start=1&end=9",
        "departments": CIVIL,
    }
    reported = login(Role.ANSWERER, SCHOOLS).post("/api/staff/reports", json=body)
    assert reported.status_code == 201, reported.text
    civil = login(Role.ANSWERER, CIVIL)
    (item,) = civil.get(f"/api/staff/queue/{reported.json()['group_id']}").json()["items"]
    assert (item["kind"], item["comment"], item["url"]) == ("report", "已调到 785 元", "/doc/a?start=1&end=9")


def test_figures_and_ledger_include_today(citizen: TestClient, login: Callable[..., TestClient]):
    answer = citizen.post("/api/ask", json={"question": "=怎么办离婚登记？"}).json()
    citizen.post("/api/feedback", json={"answer_id": answer["id"], "helpful": False, "reason": "看不懂"})
    today = (datetime.now(UTC) + timedelta(hours=8)).date()
    period = f"since={today - timedelta(days=1)}&until={today}"
    figures = login(Role.ANSWERER).get(f"/api/staff/figures?{period}").json()
    assert (figures["total"]["refused"], figures["total"]["unhelpful"]) == (1, 1)
    assert figures["total"]["p95_ms"] > 0
    ledger = login(Role.REVIEWER).get(f"/api/staff/ledger.xlsx?{period}")
    assert ledger.status_code == 200
    assert "attachment" in ledger.headers["content-disposition"]
    _, row = load_workbook(io.BytesIO(ledger.content)).active.iter_rows(values_only=True)
    assert row[1:3] == ("=怎么办离婚登记？", "没答上来")
    assert row[6:8] == ("没帮助", "看不懂")


def test_contacts_import_with_hours_and_reject_invalid_row(
    kb: KnowledgeBase, citizen: TestClient, login: Callable[..., TestClient]
):
    rows = "部门,姓名,电话,时间\n区司法局,王芳,0792-8551234,工作日 8:30–17:30\n"
    path = "/api/staff/contacts"
    imported = login(Role.ADMIN).put(path, params={"name": "名单.csv"}, content=rows.encode("gb18030"))
    assert imported.json() == {"imported": 1}
    refused = login(Role.ADMIN).put(
        path, params={"name": "名单.csv"}, content="部门,姓名,电话\n区司法局,,1\n".encode()
    )
    assert refused.status_code == 422
    assert "第 2 行：姓名没有填" in refused.json()["error"]
    contact = {
        "department": "区司法局",
        "name": "王芳",
        "phone": "0792-8551234",
        "hours": "工作日 8:30–17:30",
    }
    assert login(Role.ANSWERER).get(path).json() == [contact]
    question = kb.citizens.questions.leave("规范性文件清理？", None, None, ("区司法局",), datetime.now(UTC))
    assert kb.staff.contacts.of(question.departments)[0].hours == "工作日 8:30–17:30"


def test_contacts_export_can_be_imported_again(login: Callable[..., TestClient]):
    path = "/api/staff/contacts"
    admin = login(Role.ADMIN)
    template = admin.get(f"{path}/template.xlsx")
    assert template.headers["content-disposition"].startswith("attachment; filename*=UTF-8''%E6%94%BF")
    book = load_workbook(io.BytesIO(template.content))
    book.active.append(["甘棠街道", "李强", 8554321, "工作日上午"])
    file = io.BytesIO()
    book.save(file)
    imported = admin.put(path, params={"name": "名单.xlsx"}, content=file.getvalue())
    assert imported.json() == {"imported": 1}
    exported = login(Role.ANSWERER).get(f"{path}/export.xlsx")
    assert admin.put(path, params={"name": "a.xlsx"}, content=exported.content).json() == {"imported": 1}
    contact = {"department": "甘棠街道", "name": "李强", "phone": "8554321", "hours": "工作日上午"}
    assert admin.get(path).json() == [contact]


def test_queue_filters(kb: KnowledgeBase, login: Callable[..., TestClient]):
    code = leave(kb)
    leave(kb, "小学怎么报名？", SCHOOLS)
    client = login(Role.ANSWERER)

    def found(**wanted: object) -> list[str]:
        response = client.get("/api/staff/queue", params=wanted)
        assert response.status_code == 200, response.text
        return [group["text"] for group in response.json()]

    assert sorted(found()) == ["小学怎么报名？", QUESTION]
    assert found(department="区教体局") == ["小学怎么报名？"]
    assert sorted(found(department=["区教体局", "区民政局"])) == ["小学怎么报名？", QUESTION]
    assert found(q=code) == found(q="离婚") == [QUESTION]
    assert found(mine=True) == found(overdue=True) == found(state="answered") == []
    (group,) = client.get("/api/staff/queue", params={"q": code}).json()
    client.post(f"/api/staff/queue/{group['id']}/claim")
    assert found(mine=True) == found(state="claimed") == [QUESTION]
    assert login(Role.EDITOR).get("/api/staff/queue", params={"mine": True}).json() == []
    assert login(Role.EDITOR, SCHOOLS).get("/api/staff/queue", params={"q": code}).json() == []


def test_search_finds_passages_and_filters_by_kind(
    kb: KnowledgeBase, login: Callable[..., TestClient], tmp_path: Path
):
    file = tmp_path / "停车.md"
    file.write_text(
        "# 关于白鹿洞路夜间停车的通知\n\n第一条 白鹿洞路夜间停车，每车每次收费三元。\n\n"
        "第二条 本通知自2023年1月1日起施行。\n",
        encoding="utf-8",
    )
    assert not ingest([file], kb, progress=False).failed
    client = login(Role.ANSWERER)
    passage = client.get("/api/staff/search", params={"q": "白鹿洞路停车收费"}).json()[0]
    assert passage["kind"] == "文件"
    assert "每次收费三元" in passage["text"]
    assert passage["source"].startswith("《关于白鹿洞路夜间停车的通知》")
    assert client.get("/api/staff/search", params={"q": "白鹿洞路停车收费", "kind": "问答"}).json() == []
    assert client.get("/api/staff/search", params={"q": "  "}).json() == []
