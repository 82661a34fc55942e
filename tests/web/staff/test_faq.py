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
def desk(make_home: Callable[[], Path]) -> Iterator[KnowledgeBase]:
    with open_knowledge_base(Settings(home=make_home(), rate_address=0, rate_session=0)) as kb:
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


def test_thirty_entries_from_the_template_answer_as_soon_as_they_are_approved(
    editor: TestClient, reviewer: TestClient, citizen: TestClient
):
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


def test_a_wrong_file_is_told_by_row_and_column(editor: TestClient):
    content = "问题,答案\n户口迁移收费吗？,\n".encode()
    response = editor.post("/api/staff/faq/import?name=问答.csv", content=content)
    assert response.status_code == 422
    assert response.json()["error"].splitlines()[1] == "第 2 行“答案”：缺少这一项"
    assert editor.get("/api/staff/faq", params={"q": "户口迁移"}).json()["total"] == 0


def test_the_second_of_two_editors_is_told_and_nothing_is_lost(
    desk: KnowledgeBase, app: FastAPI, editor: TestClient
):
    colleague = sign_in(desk, app, Role.EDITOR, ("区民政局",))
    made = make(editor, "养老机构怎么入住？", department="区民政局")
    body = {"question": "养老机构怎么申请入住？", "answer": "向养老机构申请。", "department": "区民政局"}
    first = editor.put(f"/api/staff/faq/{made['id']}", json={"version": 1, "entry": body})
    assert first.json()["version"] == 2
    late = {**body, "answer": "向民政局申请。"}
    second = colleague.put(f"/api/staff/faq/{made['id']}", json={"version": 1, "entry": late})
    assert second.status_code == 409
    assert "编辑小王在" in second.json()["error"]
    assert "第 2 版" in second.json()["error"]
    stored = colleague.get(f"/api/staff/faq/{made['id']}").json()
    assert (stored["version"], stored["answer"]) == (2, "向养老机构申请。")
    again = colleague.put(f"/api/staff/faq/{made['id']}", json={"version": 2, "entry": late})
    assert again.status_code == 200


def test_an_editor_of_one_department_leaves_the_others_alone(
    desk: KnowledgeBase, app: FastAPI, editor: TestClient
):
    bound = sign_in(desk, app, Role.EDITOR, ("区民政局",))
    made = make(editor, "校车收费吗？", department="区教体局")
    body = {"question": "校车免费吗？", "answer": "免费。", "department": "区民政局"}
    response = bound.put(f"/api/staff/faq/{made['id']}", json={"version": 1, "entry": body})
    assert response.status_code == 403
    assert response.json() == {
        "error": "这项内容属于区教体局，您只能处理区民政局的内容；需要时请联系管理员。"
    }
    assert bound.post(f"/api/staff/faq/{made['id']}/submit", json={"version": 1}).status_code == 403


def test_a_reviewer_does_not_approve_their_own_entry(reviewer: TestClient):
    made = make(reviewer, "公园几点关门？")
    step(reviewer, made["id"], "submit", 1)
    body = {"version": 2, "secrecy_checked": True}
    response = reviewer.post(f"/api/staff/faq/{made['id']}/approve", json=body)
    assert response.status_code == 403
    assert "不能自己审核" in response.json()["error"]


def test_near_and_contradicting_entries_come_with_the_save(editor: TestClient):
    make(editor, "医保报销多少天到账？", answer="15个工作日内到账。")
    made = make(editor, "医保报销几天到账？", answer="30个工作日内到账。")
    kinds = [finding["kind"] for finding in made["findings"]]
    assert "contradiction" in kinds
    told = next(each for each in made["findings"] if each["kind"] == "contradiction")
    assert "工作日，本条为30，那条为15" in told["sentence"]


def test_the_history_shows_who_did_what_and_the_differences(editor: TestClient, reviewer: TestClient):
    made = make(editor, "图书馆几点开门？", answer="八点开门。")
    body = {"question": "图书馆几点开门？", "answer": "九点开门。"}
    editor.put(f"/api/staff/faq/{made['id']}", json={"version": 1, "entry": body})
    step(editor, made["id"], "submit", 2)
    step(reviewer, made["id"], "reject", 3, note="请写明周末")
    history = editor.get(f"/api/staff/faq/{made['id']}").json()["history"]
    assert [line["step"] for line in history] == ["退回", "提交", "修改", "新建"]
    assert history[0]["note"] == "请写明周末"
    (change,) = history[2]["changes"]
    assert [piece["text"] for piece in change["pieces"] if piece["kind"] == "removed"] == ["八"]
    assert [piece["text"] for piece in change["pieces"] if piece["kind"] == "added"] == ["九"]


def test_the_portal_is_told_with_the_source_and_then_of_the_removal(
    desk: KnowledgeBase, editor: TestClient, reviewer: TestClient, citizen: TestClient
):
    (plan,) = desk.documents.summaries()
    cursor = citizen.get("/api/faq/feed").json()["next"]
    made = make(editor, "街道配几名政策解答员？", document_id=plan.id, quote=QUOTE)
    step(editor, made["id"], "submit", 1)
    step(reviewer, made["id"], "approve", 2, secrecy_checked=True)
    page = citizen.get("/api/faq/feed", params={"cursor": cursor}).json()
    (item,) = page["items"]
    assert (item["id"], item["question"], item["more"] if "more" in item else page["more"]) == (
        made["id"],
        "街道配几名政策解答员？",
        False,
    )
    assert item["source"]["document"] == plan.title
    shown = citizen.get(item["source"]["url"])
    assert shown.status_code == 200
    assert QUOTE in shown.text
    step(reviewer, made["id"], "withdraw", 3)
    (removal,) = citizen.get("/api/faq/feed", params={"cursor": page["next"]}).json()["items"]
    assert (removal["id"], removal["removed"]) == (made["id"], True)
    assert "answer" not in removal


@pytest.mark.parametrize("parameters", [{"since": "昨天"}, {"cursor": -1}, {"limit": 100_000}])
def test_a_feed_that_cannot_be_read_is_one_sentence(citizen: TestClient, parameters: dict[str, object]):
    response = citizen.get("/api/faq/feed", params=parameters)
    assert response.status_code == 422
    assert list(response.json()) == ["error"]


@pytest.mark.parametrize("form", ["xlsx", "csv", "jsonl", "json"])
def test_everything_can_be_taken_out(editor: TestClient, form: str):
    response = editor.get("/api/staff/faq/export", params={"format": form})
    assert response.status_code == 200
    assert f".{form}" in response.headers["content-disposition"]
    if form == "json":
        total = editor.get("/api/staff/faq").json()["total"]
        assert len(response.json()) == total
