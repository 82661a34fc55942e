"""The list of people to call."""

from pathlib import Path

import pytest

from kb.answers import Contact
from kb.contacts import Contacts, read_contacts
from kb.database import open_database
from kb.errors import DatasetError

ROWS = "部门,姓名,电话\n区司法局,王芳,0792-8551234\n区教体局,李强,0792-8554321\n"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_read_as_excel_writes_it(tmp_path: Path, encoding: str):
    file = tmp_path / "解答员.csv"
    file.write_bytes(ROWS.encode(encoding))
    assert read_contacts(file)[0] == Contact(department="区司法局", name="王芳", phone="0792-8551234")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("部门,姓名\n区司法局,王芳\n", "缺少列 电话"),
        ("部门,姓名,电话\n区司法局,,0792\n", "第 2 行：姓名没有填"),
        ("", "缺少列 部门、姓名、电话"),
    ],
    ids=["column", "value", "empty"],
)
def test_what_is_wrong_and_where(tmp_path: Path, text: str, told: str):
    file = tmp_path / "解答员.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(DatasetError, match=told):
        read_contacts(file)


def test_asked_for_by_department_in_the_order_asked(tmp_path: Path):
    contacts = Contacts(open_database(tmp_path / "kb.sqlite"))
    file = tmp_path / "解答员.csv"
    file.write_text(ROWS, encoding="utf-8")
    contacts.replace(read_contacts(file))
    assert [contact.name for contact in contacts.of(["区教体局", "区司法局", "区财政局"])] == ["李强", "王芳"]
    contacts.replace([])
    assert contacts.of(["区教体局"]) == ()
