"""Documents over HTTP: an upload that becomes an answer, a correction, a removal."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from factories import CORPUS
from fastapi import FastAPI
from fastapi.testclient import TestClient
from printing import Printer
from staffing import sign_in

from app import create_app
from ingest.pipeline.run import ingest
from kb.embedding.embedder import Embedder
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.settings import Settings
from kb.staff.permissions import Role

DOCUMENTS = "/api/staff/documents"
LAW = "物业管理条例(2018-03-19).md"
PARKING = """关于规范停车收费的通知
浔城管〔2022〕3号

一、收费标准
（一）小型汽车首小时收费五元，此后每小时两元。
二、施行时间
本通知自2022年3月1日起施行。
浔阳区城市管理局
2022年2月15日
"""
QUESTION = "小型汽车停车首小时收费多少？"


@pytest.fixture(scope="module")
def own_kb(
    make_home: Callable[[], Path], tmp_path_factory: pytest.TempPathFactory, embedder: Embedder
) -> Iterator[KnowledgeBase]:
    folder = tmp_path_factory.mktemp("corpus")
    (folder / LAW).write_text((CORPUS / LAW).read_text(encoding="utf-8")[:1200], encoding="utf-8")
    settings = Settings(home=make_home(), rate_address=0, document_review="off")  # one person does all
    with open_knowledge_base(settings, embedder=embedder) as opened:
        ingest([folder], opened, progress=False)
        yield opened


@pytest.fixture(scope="module")
def own_app(own_kb: KnowledgeBase) -> FastAPI:
    return create_app(own_kb)


@pytest.fixture(scope="module")
def citizen(own_app: FastAPI) -> TestClient:
    return TestClient(own_app, raise_server_exceptions=False)


@pytest.fixture(scope="module")
def reviewer(own_kb: KnowledgeBase, own_app: FastAPI) -> TestClient:
    return sign_in(own_kb, own_app, Role.REVIEWER)


@pytest.fixture
def live(own_kb: KnowledgeBase, reviewer: TestClient) -> Iterator[str]:
    """The id of the published parking notice; removed afterwards."""
    staged = upload(reviewer)
    document_id = reviewer.post(f"{DOCUMENTS}/staged/{staged['id']}").json()["id"]
    yield document_id
    response = reviewer.get(f"{DOCUMENTS}/{document_id}")
    if response.status_code == 200:
        reviewer.delete(f"{DOCUMENTS}/{document_id}", params={"version": response.json()["version"]})


def upload(client: TestClient, text: str = PARKING, name: str = "停车收费.txt") -> dict:
    response = client.post(f"{DOCUMENTS}/staged", params={"name": name}, content=text.encode())
    assert response.status_code == 201, response.text
    return response.json()


def asked(client: TestClient, question: str = QUESTION) -> dict:
    return client.post("/api/ask", json={"question": question}).json()


def test_upload_answers_only_once_published(citizen: TestClient, reviewer: TestClient):
    staged = upload(reviewer)
    assert (staged["title"], staged["number"]) == ("关于规范停车收费的通知", "浔城管〔2022〕3号")
    assert [preview["id"] for preview in reviewer.get(f"{DOCUMENTS}/staged").json()] == [staged["id"]]
    assert "五元" not in asked(citizen)["text"]
    published = reviewer.post(f"{DOCUMENTS}/staged/{staged['id']}").json()
    assert published["id"] == staged["document_id"]
    assert "五元" in asked(citizen)["text"]
    detail = reviewer.get(f"{DOCUMENTS}/{published['id']}").json()
    assert (detail["outline"], detail["passages"]) == (staged["outline"], staged["passages"])
    reviewer.delete(f"{DOCUMENTS}/{published['id']}", params={"version": detail["version"]})
    assert "五元" not in asked(citizen)["text"]


def test_page_of_an_upload_is_a_picture_for_its_owner_only(citizen: TestClient, reviewer: TestClient):
    printer = Printer()
    printer.paragraph("第一条 为了规范停车收费，制定本办法。", 120)
    answer = reviewer.post(f"{DOCUMENTS}/staged", params={"name": "停车.pdf"}, content=printer.finished())
    address = f"{DOCUMENTS}/staged/{answer.json()['id']}/pages"
    page = reviewer.get(f"{address}/1")
    assert (page.status_code, page.headers["content-type"]) == (200, "image/png")
    assert page.headers["content-security-policy"] == "default-src 'none'; img-src data:"
    assert reviewer.get(f"{address}/2").status_code == 404
    assert citizen.get(f"{address}/1").status_code == 401
    reviewer.delete(f"{DOCUMENTS}/staged/{answer.json()['id']}")


def test_discarded_upload_cannot_be_published(reviewer: TestClient):
    staged = upload(reviewer)
    assert reviewer.delete(f"{DOCUMENTS}/staged/{staged['id']}").status_code == 204
    assert reviewer.get(f"{DOCUMENTS}/staged").json() == []
    response = reviewer.post(f"{DOCUMENTS}/staged/{staged['id']}")
    assert response.status_code == 404
    assert "可能已上线或已丢弃" in response.json()["error"]


def test_unreadable_file_gets_one_sentence(reviewer: TestClient):
    response = reviewer.post(f"{DOCUMENTS}/staged", params={"name": "坏.pdf"}, content=b"%PDF-1.7 nothing")
    assert response.status_code == 422
    assert response.json()["error"].startswith("坏.pdf：")


def test_uploads_over_limit_are_refused(reviewer: TestClient, citizen: TestClient):
    within = reviewer.post(f"{DOCUMENTS}/staged", params={"name": "大.txt"}, content=b"a" * 20_500_000)
    assert within.status_code == 422 and "20 MB" in within.json()["error"]
    beyond = reviewer.post(f"{DOCUMENTS}/staged", params={"name": "大.txt"}, content=b"a" * 23_000_000)
    assert beyond.status_code == 413 and "20 MB" in beyond.json()["error"]
    assert citizen.post("/api/ask", content=b"a" * 70_000).status_code == 413


def test_correction_repealed_with_successor(
    citizen: TestClient, reviewer: TestClient, own_kb: KnowledgeBase, live: str
):
    law = next(summary.id for summary in own_kb.storage.documents.summaries() if summary.source == LAW)
    correction = {"status": "已废止", "replaced_by": law}
    body = {"version": 0, "correction": correction}
    version = reviewer.get(f"{DOCUMENTS}/{live}").json()["version"]
    response = reviewer.patch(f"{DOCUMENTS}/{live}", json={**body, "version": version})
    assert response.status_code == 200, response.text
    assert set(response.json()["stated"]) >= {"status", "replaced_by"}
    assert asked(citizen)["ending"] == "only_outdated"
    answer = asked(citizen, f"关于规范停车收费的通知里，{QUESTION}")
    assert answer["citations"][0]["status"] == "已废止"
    page = citizen.get(f"/doc/{live}").text
    assert "本文件已废止" in page
    assert f'href="/doc/{law}"' in page
    again = reviewer.patch(f"{DOCUMENTS}/{live}", json={**body, "version": version})
    assert again.status_code == 409
    assert "刚刚由 reviewer 改过" in again.json()["error"]
    reset = reviewer.post(f"{DOCUMENTS}/{live}/reset", params={"version": version + 1}).json()
    assert (reset["status"], reset["stated"]) == ("现行有效", [])


def test_list_filters_by_title_number_status_and_removed(reviewer: TestClient, live: str):
    def titles(**query: object) -> list[str]:
        return [card["title"] for card in reviewer.get(DOCUMENTS, params=query).json()]

    assert titles(q="停车") == titles(q="浔城管") == ["关于规范停车收费的通知"]
    assert titles(status="已废止") == []
    assert len(titles()) == 2
    version = reviewer.get(f"{DOCUMENTS}/{live}").json()["version"]
    assert reviewer.delete(f"{DOCUMENTS}/{live}", params={"version": version}).status_code == 204
    assert titles(q="停车") == []
    assert titles(removed=True) == ["关于规范停车收费的通知"]
    assert reviewer.post(f"{DOCUMENTS}/{live}/restore").json()["title"] == "关于规范停车收费的通知"
    assert titles(q="停车") == ["关于规范停车收费的通知"]
    assert reviewer.post(f"{DOCUMENTS}/{live}/ingest").json() == {"changed": False}


def test_removal_forbidden_for_other_department(own_kb: KnowledgeBase, own_app: FastAPI, live: str):
    stranger = sign_in(own_kb, own_app, Role.REVIEWER, ["区民政局"])
    response = stranger.delete(f"{DOCUMENTS}/{live}", params={"version": 1})
    assert response.status_code == 403
    assert response.json()["error"].startswith("这份文件属于浔阳区城市管理局，您只能处理区民政局的文件")
