"""FAQ entries over HTTP: from the template to the citizen's answer, two editors at once, the feed."""

from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pytest
from factories import WORK_PLAN
from fastapi import FastAPI
from fastapi.testclient import TestClient
from openpyxl import load_workbook
from staffing import sign_in

from app import create_app
from ingest.pipeline.run import ingest
from kb.embedding.embedder import Embedder
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.settings import Settings
from kb.staff.permissions import Role

QUOTE = "各街道至少安排1-2名政策解答员"
SERVICES = (
    "低保",
    "高龄津贴",
    "残疾人证",
    "公租房",
    "居住证",
    "营业执照",
    "社保卡",
    "不动产证",
    "准生证",
    "护照",
)
ASPECTS = (("怎么办理？", "怎样办理"), ("在哪里办理？", "到哪里办理"), ("需要什么材料？", "要带什么材料"))


@pytest.fixture(scope="module")
def desk(make_home: Callable[[], Path], embedder: Embedder) -> Iterator[KnowledgeBase]:
    with open_knowledge_base(
        Settings(home=make_home(), rate_address=0, rate_session=0), embedder=embedder
    ) as kb:
        assert not ingest([WORK_PLAN], kb, progress=False).failed
        yield kb


@pytest.fixture(scope="module")
def app(desk: KnowledgeBase) -> FastAPI:
    return create_app(desk)


@pytest.fixture(scope="module")
def citizen(app: FastAPI) -> TestClient:
    return TestClient(app, raise_server_exceptions=False)


@pytest.fixture(scope="module")
def editor(desk: KnowledgeBase, app: FastAPI) -> TestClient:
    return sign_in(desk, app, Role.EDITOR)


@pytest.fixture(scope="module")
def reviewer(desk: KnowledgeBase, app: FastAPI) -> TestClient:
    return sign_in(desk, app, Role.REVIEWER)


def make(editor: TestClient, question: str, **fields: object) -> dict[str, object]:
    body = {"question": question, "answer": "请到街道便民服务中心办理。", **fields}
    response = editor.post("/api/staff/faq", json=body)
    assert response.status_code == 201, response.text
    return response.json()


def step(
    client: TestClient, entry_id: object, name: str, version: int, **fields: object
) -> dict[str, object]:
    response = client.post(f"/api/staff/faq/{entry_id}/{name}", json={"version": version, **fields})
    assert response.status_code == 200, response.text
    return response.json()


def test_imported_entries_answer_once_approved(editor: TestClient, reviewer: TestClient, citizen: TestClient):
    book = load_workbook(BytesIO(editor.get("/api/staff/faq/template.xlsx").content))
    for service in SERVICES:
        for question, reworded in ASPECTS:
            answer = f"{service}{question}请到街道办事大厅。"
            book.worksheets[0].append([f"{service}{question}", f"{service}{reworded}", answer])
    file = BytesIO()
    book.save(file)
    sent = editor.post("/api/staff/faq/import?name=常见问答.xlsx&submit=true", content=file.getvalue())
    assert sent.status_code == 201, sent.text
    assert sent.json()["imported"] == 30
    waiting = reviewer.get("/api/staff/faq?state=submitted&size=100").json()["entries"]
    imported = [entry for entry in waiting if entry["question"].startswith(SERVICES)]
    assert len(imported) == 30
    for entry in imported:
        step(reviewer, entry["id"], "approve", entry["version"], secrecy_checked=True)
    answer = citizen.post("/api/ask", json={"question": "请问一下，公租房要带什么材料呢？"}).json()
    assert (answer["kind"], answer["text"]) == ("faq", "公租房需要什么材料？请到街道办事大厅。")


def test_invalid_import_names_row_and_column(editor: TestClient):
    content = "问题,答案\n户口迁移收费吗？,\n".encode()
    response = editor.post("/api/staff/faq/import?name=问答.csv", content=content)
    assert response.status_code == 422
    assert response.json()["error"].splitlines()[1] == "第 2 行“答案”：缺少这一项"
    assert editor.get("/api/staff/faq", params={"q": "户口迁移"}).json()["total"] == 0


def test_concurrent_save_conflicts_and_names_first_editor(
    desk: KnowledgeBase, app: FastAPI, editor: TestClient
):
    colleague = sign_in(desk, app, Role.EDITOR, ("区民政局",))
    created = make(editor, "养老机构怎么入住？", department="区民政局")
    body = {"question": "养老机构怎么申请入住？", "answer": "向养老机构申请。", "department": "区民政局"}
    first = editor.put(f"/api/staff/faq/{created['id']}", json={"version": 1, "entry": body})
    assert first.json()["version"] == 2
    late_body = {**body, "answer": "向民政局申请。"}
    second = colleague.put(f"/api/staff/faq/{created['id']}", json={"version": 1, "entry": late_body})
    assert second.status_code == 409
    assert "编辑小王在" in second.json()["error"]
    assert "第 2 版" in second.json()["error"]
    stored = colleague.get(f"/api/staff/faq/{created['id']}").json()
    assert (stored["version"], stored["answer"]) == (2, "向养老机构申请。")
    retry = colleague.put(f"/api/staff/faq/{created['id']}", json={"version": 2, "entry": late_body})
    assert retry.status_code == 200


def test_editor_cannot_change_other_departments_entry(desk: KnowledgeBase, app: FastAPI, editor: TestClient):
    other_editor = sign_in(desk, app, Role.EDITOR, ("区民政局",))
    created = make(editor, "校车收费吗？", department="区教体局")
    body = {"question": "校车免费吗？", "answer": "免费。", "department": "区民政局"}
    response = other_editor.put(f"/api/staff/faq/{created['id']}", json={"version": 1, "entry": body})
    assert response.status_code == 403
    assert response.json() == {
        "error": "这项内容属于区教体局，您只能处理区民政局的内容；需要时请联系管理员。"
    }
    assert other_editor.post(f"/api/staff/faq/{created['id']}/submit", json={"version": 1}).status_code == 403


def test_reviewer_cannot_approve_own_entry(reviewer: TestClient):
    created = make(reviewer, "公园几点关门？")
    step(reviewer, created["id"], "submit", 1)
    body = {"version": 2, "secrecy_checked": True}
    response = reviewer.post(f"/api/staff/faq/{created['id']}/approve", json=body)
    assert response.status_code == 403
    assert "不能自己审核" in response.json()["error"]


def test_save_returns_contradicting_entries(editor: TestClient):
    make(editor, "医保报销多少天到账？", answer="15个工作日内到账。")
    created = make(editor, "医保报销几天到账？", answer="30个工作日内到账。")
    kinds = [finding["kind"] for finding in created["findings"]]
    assert "contradiction" in kinds
    contradiction = next(finding for finding in created["findings"] if finding["kind"] == "contradiction")
    assert "工作日，本条为30，那条为15" in contradiction["sentence"]


def test_history_shows_steps_and_differences(editor: TestClient, reviewer: TestClient):
    created = make(editor, "图书馆几点开门？", answer="八点开门。")
    body = {"question": "图书馆几点开门？", "answer": "九点开门。"}
    editor.put(f"/api/staff/faq/{created['id']}", json={"version": 1, "entry": body})
    step(editor, created["id"], "submit", 2)
    step(reviewer, created["id"], "reject", 3, note="请写明周末")
    history = editor.get(f"/api/staff/faq/{created['id']}").json()["history"]
    assert [line["step"] for line in history] == ["退回", "提交", "修改", "新建"]
    assert history[0]["note"] == "请写明周末"
    (change,) = history[2]["changes"]
    assert [piece["text"] for piece in change["pieces"] if piece["kind"] == "removed"] == ["八"]
    assert [piece["text"] for piece in change["pieces"] if piece["kind"] == "added"] == ["九"]


def test_feed_has_entry_with_source_and_later_its_removal(
    desk: KnowledgeBase, editor: TestClient, reviewer: TestClient, citizen: TestClient
):
    (plan,) = desk.storage.documents.summaries()
    cursor = citizen.get("/api/faq/feed").json()["next"]
    created = make(editor, "街道配几名政策解答员？", document_id=plan.id, quote=QUOTE)
    step(editor, created["id"], "submit", 1)
    step(reviewer, created["id"], "approve", 2, secrecy_checked=True)
    page = citizen.get("/api/faq/feed", params={"cursor": cursor}).json()
    (item,) = page["items"]
    assert (item["id"], item["question"], item["more"] if "more" in item else page["more"]) == (
        created["id"],
        "街道配几名政策解答员？",
        False,
    )
    assert item["source"]["document"] == plan.title
    source_page = citizen.get(item["source"]["url"])
    assert source_page.status_code == 200
    assert QUOTE in source_page.text
    step(reviewer, created["id"], "withdraw", 3)
    (removal,) = citizen.get("/api/faq/feed", params={"cursor": page["next"]}).json()["items"]
    assert (removal["id"], removal["removed"]) == (created["id"], True)
    assert "answer" not in removal


@pytest.mark.parametrize("parameters", [{"since": "昨天"}, {"cursor": -1}, {"limit": 100_000}])
def test_invalid_feed_parameters_get_one_sentence(citizen: TestClient, parameters: dict[str, object]):
    response = citizen.get("/api/faq/feed", params=parameters)
    assert response.status_code == 422
    assert list(response.json()) == ["error"]


@pytest.mark.parametrize("form", ["xlsx", "csv", "jsonl", "json"])
def test_export_in_every_format(editor: TestClient, form: str):
    response = editor.get("/api/staff/faq/export", params={"format": form})
    assert response.status_code == 200
    assert f".{form}" in response.headers["content-disposition"]
    if form == "json":
        total = editor.get("/api/staff/faq").json()["total"]
        assert len(response.json()) == total
