"""The list of people to call."""

import csv
import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from kb.answers import Contact
from kb.errors import DatasetError, InputError, NotAllowedError
from kb.staff.audit import Audit
from kb.staff.contacts import Contacts, contact_file, read_contact_file, read_contacts, template
from kb.staff.permissions import Role, Staff
from kb.storage.database import open_database

NOW = datetime(2024, 5, 10, tzinfo=UTC)
ROWS = "部门,姓名,电话\n区司法局,王芳,0792-8551234\n区教体局,李强,0792-8554321\n"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_csv_in_either_encoding_of_excel_is_read(tmp_path: Path, encoding: str):
    file = tmp_path / "解答员.csv"
    file.write_bytes(ROWS.encode(encoding))
    assert read_contacts(file)[0] == Contact(department="区司法局", name="王芳", phone="0792-8551234")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("部门,姓名\n区司法局,王芳\n", "缺少列 电话"),
        ("部门,姓名,电话\n区司法局,,0792\n", "第 2 行：姓名没有填"),
        ("", "缺少列 部门、姓名、电话"),
        ("姓名,电话,部门\n王芳,0792-8551234\n", "第 2 行：部门没有填"),
    ],
    ids=["column", "value", "empty", "short_row"],
)
def test_wrong_csv_raises_error_naming_row_and_column(tmp_path: Path, text: str, told: str):
    file = tmp_path / "解答员.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(DatasetError, match=told):
        read_contacts(file)


HOURS = (
    "部门（或街道）,姓名,电话,时间\n区司法局,王芳,0792-8551234,工作日 8:30–17:30\n甘棠街道,李强,8554321,\n"
)
WITH_HOURS = [
    Contact(department="区司法局", name="王芳", phone="0792-8551234", hours="工作日 8:30–17:30"),
    Contact(department="甘棠街道", name="李强", phone="8554321"),
]


def test_hours_are_optional(tmp_path: Path):
    file = tmp_path / "解答员.csv"
    file.write_text(HOURS, encoding="utf-8")
    assert read_contacts(file) == WITH_HOURS


def test_xlsx_is_read_like_csv(tmp_path: Path):
    book = Workbook()
    for row in csv.reader(io.StringIO(HOURS)):
        book.active.append(row)
    book.active["C3"] = 8554321  # Excel takes a short number for a number
    file = tmp_path / "解答员.xlsx"
    book.save(file)
    assert read_contacts(file) == WITH_HOURS


def test_exported_list_can_be_imported_again():
    formula = Contact(department="=1+1", name="+王芳", phone="+86 792 8551234", hours="-")
    people = [*WITH_HOURS, formula]
    assert read_contact_file("政策解答员.xlsx", contact_file(people)) == people


def test_template_example_is_not_imported():
    book = load_workbook(io.BytesIO(template()))
    rows = list(book.active.iter_rows(values_only=True))
    assert rows[0] == ("部门", "姓名", "电话", "办公时间")
    assert len(rows) == 2
    book.active.append(["甘棠街道", "李强", "8554321"])
    filled = io.BytesIO()
    book.save(filled)
    assert read_contact_file("模板.xlsx", filled.getvalue()) == WITH_HOURS[1:]


def test_all_faults_are_named_by_row_and_column():
    rows = ("部门,姓名,电话,时间", "区司法局,,暂无,", "", ",李强,8554321,", "区财政局,赵敏,8551111,上午,多余")
    with pytest.raises(InputError) as caught:
        read_contact_file("解答员.csv", "\n".join(rows).encode())
    assert str(caught.value).split("\n") == [
        "解答员.csv 第 2 行：姓名没有填",
        "解答员.csv 第 2 行：电话里没有数字",
        "解答员.csv 第 4 行：部门没有填",
        "解答员.csv 第 5 行：有 5 列，表头只有 4 列",
        "整份名单没有导入",
    ]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("名单.xlsx", b"not a workbook", "不是能读的 Excel 文件"),
        ("名单.doc", b"", "只认识 .csv 和 .xlsx"),
        ("名单.csv", "部门,姓名,电话\n".encode(), "没有一个人"),
        ("../../名单.csv", b"", "缺少列"),
        ("名单.csv", b"," * 2_500_000, "超过 2 MB"),
    ],
    ids=["broken", "other kind", "only a head", "path", "too large"],
)
def test_file_that_is_no_list_is_refused(name: str, content: bytes, told: str):
    with pytest.raises(InputError, match=told):
        read_contact_file(name, content)


def test_import_replaces_the_list_or_changes_nothing(tmp_path: Path):
    engine = open_database(tmp_path / "kb.sqlite")
    contacts, audit = Contacts(engine, Audit(engine)), Audit(engine)
    admin = Staff(name="admin", title="管理员", role=Role.ADMIN)
    assert contacts.import_list(admin, "名单.csv", HOURS.encode(), NOW) == 2
    assert contacts.import_list(admin, "名单.csv", ROWS.encode(), NOW) == 2
    with pytest.raises(InputError):
        contacts.import_list(admin, "名单.csv", b"", NOW)
    with pytest.raises(NotAllowedError, match="不能维护政策解答员名单"):
        contacts.import_list(admin.model_copy(update={"role": Role.REVIEWER}), "a.csv", ROWS.encode(), NOW)
    assert [contact.department for contact in contacts.all()] == ["区司法局", "区教体局"]
    newest, _ = audit.entries(5)
    assert (newest.actor, newest.action, newest.subject) == ("admin", "更换名单", "政策解答员名单")
    assert newest.before is not None and newest.before["list"] == [
        contact.model_dump() for contact in WITH_HOURS
    ]


def test_of_gives_contacts_in_the_order_of_departments(tmp_path: Path):
    engine = open_database(tmp_path / "kb.sqlite")
    contacts = Contacts(engine, Audit(engine))
    file = tmp_path / "解答员.csv"
    file.write_text(ROWS, encoding="utf-8")
    contacts.replace(read_contacts(file))
    assert [contact.name for contact in contacts.of(["区教体局", "区司法局", "区财政局"])] == ["李强", "王芳"]
    contacts.replace([])
    assert contacts.of(["区教体局"]) == ()
