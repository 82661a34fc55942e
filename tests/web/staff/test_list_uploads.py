"""Lists of entries and contacts, over HTTP and at the command line: hostile files and names are refused."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hostile_sheets import encrypted, huge_dimension, huge_range, laughs, workbook
from staffing import sign_in

from app import create_app
from kb.commands.tasks import ImportContacts, ImportFaq
from kb.commands.terminal import Console
from kb.embedding.embedder import Embedder
from kb.errors import DatasetError, InputError
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.settings import Settings
from kb.staff.permissions import Role
from web.console.parts import chosen_file

CONTACTS, ENTRIES = "/api/staff/contacts", "/api/staff/faq/import"
pytestmark = pytest.mark.hostile


@pytest.fixture(scope="module")
def desk(make_home: Callable[[], Path], embedder: Embedder) -> Iterator[KnowledgeBase]:
    with open_knowledge_base(Settings(home=make_home()), embedder=embedder) as kb:
        yield kb


@pytest.fixture(scope="module")
def admin(desk: KnowledgeBase) -> TestClient:
    app: FastAPI = create_app(desk)
    return sign_in(desk, app, Role.ADMIN)


def test_contacts_with_a_huge_dimension_are_read(desk: KnowledgeBase, admin: TestClient):
    response = admin.put(CONTACTS, params={"name": "名单.xlsx"}, content=huge_dimension())
    assert response.json() == {"imported": 1}
    assert [contact.name for contact in desk.staff.contacts.all()] == ["王芳"]


@pytest.mark.parametrize("make", [huge_range, laughs, encrypted])
@pytest.mark.parametrize(("method", "path"), [("PUT", CONTACTS), ("POST", ENTRIES)])
def test_hostile_list_gets_one_sentence_and_changes_nothing(
    desk: KnowledgeBase, admin: TestClient, method: str, path: str, make: Callable[[], bytes]
):
    before = desk.staff.contacts.all(), desk.faq.life.records.all()
    response = admin.request(method, path, params={"name": "名单.xlsx"}, content=make())
    assert response.status_code == 422, response.text
    assert response.json()["error"].startswith("名单.xlsx：")
    assert (desk.staff.contacts.all(), desk.faq.life.records.all()) == before


@pytest.mark.parametrize(
    "name", ["", "..", ".csv/..", "a\0.csv", "名\n单.csv", "/etc/passwd", f"{'x' * 190}.csv"]
)
@pytest.mark.parametrize(("method", "path"), [("PUT", CONTACTS), ("POST", ENTRIES)])
def test_hostile_name_gets_one_sentence(admin: TestClient, method: str, path: str, name: str):
    response = admin.request(method, path, params={"name": name}, content=b"a,b\n1,2\n")
    assert response.status_code == 422, response.text
    assert list(response.json()) == ["error"]


def test_faults_of_a_long_list_are_counted_not_listed(admin: TestClient):
    rows = "部门,姓名,电话\n" + "区司法局,,0792\n" * 5_000
    told = admin.put(CONTACTS, params={"name": "名单.csv"}, content=rows.encode()).json()["error"]
    assert len(told.splitlines()) == 102
    assert "另有 4900 处没有列出。" in told


@pytest.mark.parametrize("kind", [ImportContacts, ImportFaq])
def test_command_line_refuses_hostile_lists(
    desk: KnowledgeBase, tmp_path: Path, kind: type[ImportContacts] | type[ImportFaq]
):
    file = tmp_path / "名单.xlsx"
    file.write_bytes(huge_range())
    with pytest.raises(DatasetError, match="单元格"):
        kind(file=file, as_json=False).run(desk, Console())
    with pytest.raises(DatasetError, match="读不出来"):
        kind(file=tmp_path / "没有.xlsx", as_json=False).run(desk, Console())


def test_command_line_refuses_json_nested_too_deeply(desk: KnowledgeBase, tmp_path: Path):
    file = tmp_path / "问答.jsonl"
    file.write_text("[" * 200_000, encoding="utf-8")
    with pytest.raises(DatasetError, match="第 1 行：不是 JSON"):
        ImportFaq(file=file, as_json=False).run(desk, Console())


def test_console_refuses_a_file_beyond_the_limit_before_reading_it(tmp_path: Path):
    (tmp_path / "名单.xlsx").write_bytes(workbook())
    assert chosen_file(tmp_path / "名单.xlsx") == ("名单.xlsx", workbook())
    with (tmp_path / "大.xlsx").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(InputError, match="超过 10 MB"):
        chosen_file(tmp_path / "大.xlsx")
    with pytest.raises(InputError, match="读不出来"):
        chosen_file(Path("/dev/zero"))
