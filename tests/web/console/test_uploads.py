"""Uploads in the console: what staff upload can be used by its owner once, and takes no room for long."""

import io
import os
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from at_console import API, Member, file_value
from openpyxl import Workbook
from staffing import make_staff

from kb.clock import china_today
from kb.errors import InputError
from kb.faq.models import FaqFilter
from kb.knowledge_base import KnowledgeBase
from kb.staff.permissions import Role
from web.uploads import UPLOADS, folder_of, is_own, may_upload, purge, taken, used

MARKDOWN = "# 养犬办法\n\n第一条 区公安分局负责养犬管理。\n".encode()


def stored(house: KnowledgeBase) -> list[Path]:
    """The files under KB_HOME/uploads that hold anything."""
    files = (house.settings.home / UPLOADS).rglob("*")
    return [file for file in files if file.is_file() and file.stat().st_size]


@pytest.fixture(autouse=True)
def _nothing_uploaded(house: KnowledgeBase) -> None:
    """Each test begins without uploads."""
    purge(house.settings.home, datetime.now(UTC) + timedelta(seconds=1))


def page_value(member: Member, path: str) -> dict[str, object]:
    """An uploaded file as Gradio's page names it."""
    url = f"{str(member.client.base_url).rstrip('/')}{API}/file={path}"
    return {
        **file_value(path),
        "url": url,
        "orig_name": Path(path).name,
        "size": 9,
        "mime_type": "text/plain",
    }


def workbook(*rows: tuple[str, ...]) -> bytes:
    book, content = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(content)
    return content.getvalue()


# --- what staff upload files for ---


def test_uploaded_document_is_staged_and_its_file_deleted(
    house: KnowledgeBase, at_console: Callable[[Role], Member]
):
    member = at_console(Role.EDITOR)
    (path,) = member.upload(("养犬办法.md", MARKDOWN)).json()
    answer = member.press("上传并查看识别结果", [page_value(member, path)], None)
    assert "养犬办法.md：已识别" in answer.text
    assert answer.output[0] is None  # the field is empty again
    assert not stored(house)
    again = member.press("上传并查看识别结果", [page_value(member, path)], None)
    assert "已经不在了" in again.text


def test_uploaded_faq_file_is_imported(house: KnowledgeBase, at_console: Callable[[Role], Member]):
    member = at_console(Role.EDITOR)
    rows = workbook(("问题", "答案", "部门"), ("养犬要办证吗？", "要。", "区公安分局"))
    (path,) = member.upload(("问答.xlsx", rows)).json()
    assert "已导入 1 条" in member.press("导入", page_value(member, path), False, last="Checkbox").text
    assert not stored(house)
    assert house.faq.life.records.page(FaqFilter(text="养犬"), china_today(), 1, 10).total == 1


def test_uploaded_contacts_are_imported(house: KnowledgeBase, at_console: Callable[[Role], Member]):
    member = at_console(Role.ADMIN)
    rows = workbook(("部门", "姓名", "电话", "办公时间"), ("区城管局", "王芳", "0915-8200000", "工作日"))
    (path,) = member.upload(("名单.xlsx", rows)).json()
    assert "已导入 1 人" in member.press("导入", page_value(member, path), "", last="Textbox").text
    assert not stored(house)


def test_faulty_file_is_deleted_and_its_faults_are_shown(
    house: KnowledgeBase, at_console: Callable[[Role], Member]
):
    member = at_console(Role.EDITOR)
    (path,) = member.upload(("问答.csv", "问题,答案\n,\n".encode())).json()
    answer = member.press("导入", page_value(member, path), False, last="Checkbox")
    file, result = answer.output
    assert file is None
    assert "第 2 行" in result
    assert not stored(house)


def test_owner_may_look_at_an_upload(at_console: Callable[[Role], Member]):
    member = at_console(Role.EDITOR)
    (path,) = member.upload(("甲.md", MARKDOWN)).json()
    assert member.client.get(f"{API}/file={path}").content == MARKDOWN
    with taken(Path(path).parents[4], make_staff(Role.EDITOR).name, path):
        pass
    assert member.client.get(f"{API}/file={path}").status_code == 403


@pytest.mark.parametrize("path", ["export.xlsx", "template.xlsx"])
def test_downloads_still_come(path: str, at_console: Callable[[Role], Member]):
    for list_ in ("contacts", "faq"):
        name = "export?format=xlsx" if (list_, path) == ("faq", "export.xlsx") else path
        answer = at_console(Role.ADMIN).client.get(f"/api/staff/{list_}/{name}")
        assert answer.status_code == 200
        assert answer.content.startswith(b"PK")


def test_every_function_of_the_page_still_answers(at_console: Callable[[Role], Member]):
    """Gradio's check of paths, and ours, are in nobody's way."""
    member = at_console(Role.ADMIN)
    opening = [number for number, fn in member.blocks.fns.items() if any(t[1] == "load" for t in fn.targets)]
    assert opening
    for number in opening:
        fn = member.blocks.fns[number]
        assert member.call(number, [None] * len(fn.inputs)).output is not None


# --- limits ---


def test_only_roles_that_use_files_may_upload(house: KnowledgeBase, at_console: Callable[[Role], Member]):
    assert [role for role in Role if not may_upload(make_staff(role))] == [Role.ANSWERER]
    answer = at_console(Role.ANSWERER).upload(("甲.md", MARKDOWN))
    assert answer.status_code == 403
    assert "不能上传" in answer.text
    assert not folder_of(house.settings.home, make_staff(Role.ANSWERER).name).exists()


def test_uploads_of_an_account_have_a_quota(
    house: KnowledgeBase, at_console: Callable[[Role], Member], monkeypatch: pytest.MonkeyPatch
):
    member, name = at_console(Role.REVIEWER), make_staff(Role.REVIEWER).name
    big = b"a" * 19_900_000
    statuses = [member.upload((f"{number}.md", big)).status_code for number in range(11)]
    assert statuses == [200] * 10 + [413]
    assert used(house.settings.home, name) < 200_000_000
    assert "合计最多 200 MB" in member.upload(("b.md", big)).text
    assert at_console(Role.EDITOR).upload(("b.md", MARKDOWN)).status_code == 200  # others have their own
    purge(house.settings.home, datetime.now(UTC) + timedelta(seconds=1))
    assert member.upload(("b.md", MARKDOWN)).status_code == 200


@pytest.mark.parametrize(
    ("send", "status"),
    [
        pytest.param({"files": [("files", ("a.md", b"a" * 20_000_001))]}, 413, id="too large a file"),
        pytest.param({"data": {"files": "no file"}, "files": {"x": b""}}, 400, id="a field for a file"),
        pytest.param({"content": b"{}", "headers": {"Content-Type": "application/json"}}, 400, id="no form"),
        pytest.param(
            {"content": b"--x\r\n", "headers": {"Content-Type": "multipart/form-data"}}, 400, id="no boundary"
        ),
        pytest.param({"content": iter([b"a"])}, 411, id="no length"),
    ],
)
def test_refused_upload_leaves_nothing(
    send: dict[str, object], status: int, house: KnowledgeBase, at_console: Callable[[Role], Member]
):
    assert at_console(Role.EDITOR).client.post(f"{API}/upload", **send).status_code == status
    assert not stored(house)


# --- owners ---


def test_uploads_are_for_the_user_of_the_program_alone(
    house: KnowledgeBase, at_console: Callable[[Role], Member]
):
    (path,) = at_console(Role.EDITOR).upload(("甲.md", MARKDOWN)).json()
    home = house.settings.home.resolve()
    assert Path(path).is_relative_to(home / UPLOADS)
    assert os.environ["GRADIO_TEMP_DIR"] == str(home / UPLOADS)
    for folder in (home / UPLOADS, folder_of(home, make_staff(Role.EDITOR).name)):
        assert stat.S_IMODE(folder.stat().st_mode) & 0o077 == 0, folder


@pytest.mark.hostile
@pytest.mark.parametrize("name", ["..", ".", "deep_links", "a/../b", "a", "甲" * 300])
def test_folder_of_an_account_is_inside_whatever_its_name(tmp_path: Path, name: str):
    folder = folder_of(tmp_path, name)
    assert folder.parent == tmp_path / UPLOADS
    assert len(folder.name) == 32


@pytest.mark.hostile
def test_file_of_others_is_neither_own_nor_taken(tmp_path: Path):
    own, other = folder_of(tmp_path, "wang"), folder_of(tmp_path, "li")
    for folder in (own, other):
        folder.mkdir(parents=True)
    (other / "a.md").write_text("甲", encoding="utf-8")
    (own / "link").symlink_to(other / "a.md")
    strange = [
        own,
        own / "link",
        f"{own}/../{other.name}/a.md",
        other / "a.md",
        "a.md",
        "",
        f"{own}/\0",
        7,
        None,
    ]
    for path in [*strange, f"{own}/{'a' * 5000}/../../../x"]:
        given = str(path) if isinstance(path, Path) else path
        assert not is_own(tmp_path, "wang", given), given
        with pytest.raises(InputError), taken(tmp_path, "wang", given):
            pass
    assert (other / "a.md").exists()
    assert is_own(tmp_path, "li", str(other / "a.md"))


def test_purge_deletes_old_uploads_only(tmp_path: Path):
    folder = folder_of(tmp_path, "wang")
    now = datetime.now(UTC)
    for name, hours in (("old", 25), ("new", 23)):
        (folder / name).mkdir(parents=True)
        file = folder / name / "a.md"
        file.write_text("甲", encoding="utf-8")
        moment = (now - timedelta(hours=hours)).timestamp()
        os.utime(file, (moment, moment))
    os.utime(folder / "old", (0, 0))
    purge(tmp_path, now - timedelta(hours=24))
    assert [file.parent.name for file in folder.rglob("a.md")] == ["new"]
