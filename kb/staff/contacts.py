"""Who a citizen can call: the 政策解答员 of each department, imported as one list.

A CSV or Excel file has the columns 部门（或街道）, 姓名, 电话 and, if known, 办公时间 (when they can be
called). The whole list is replaced at once, or not at all. What is exported can be imported again.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Select, delete, insert, select

from kb.answers import Contact
from kb.errors import DatasetError, InputError
from kb.staff.audit import Audit
from kb.staff.permissions import Action, Staff, require
from kb.storage import tables
from kb.storage.database import transaction
from kb.storage.spreadsheets import (
    is_example,
    list_template,
    read_rows,
    sheet_bytes,
    shown_name,
    told,
)
from kb.storage.text_files import read_file

# Field, the names that a list may give its column, whether it is required.
_COLUMNS: tuple[tuple[str, tuple[str, ...], bool], ...] = (
    ("department", ("部门", "街道", "部门（或街道）", "部门(或街道)", "部门或街道", "单位"), True),
    ("name", ("姓名", "政策解答员"), True),
    ("phone", ("电话", "联系电话", "办公电话"), True),
    ("hours", ("办公时间", "时间", "时段", "接听时间", "服务时间"), False),
)
_MOST_CHARS = 100  # in a cell
_MOST_BYTES = 2_000_000  # thousands of people
_HEAD = "第一行应为 部门,姓名,电话,办公时间（办公时间可以没有）"
_SHEET, _WIDTHS = "政策解答员", (24, 16, 20, 40)
_EXAMPLE = ("区司法局", "王芳", "0792-8551234", "工作日 8:30–12:00、14:30–17:30")


class Contacts:
    """The list of contacts in SQL. All methods raise StoreError when the database fails."""

    def __init__(self, engine: Engine, audit: Audit) -> None:
        self._engine = engine
        self._audit = audit

    def replace(self, contacts: Sequence[Contact]) -> None:
        """Replace the list by `contacts`."""
        with transaction(self._engine) as connection:
            _replace(connection, contacts)

    def import_list(self, staff: Staff, name: str, content: bytes, now: datetime) -> int:
        """Replace the list by that in the file `name` with bytes `content`; return the number of people.

        Raises:
            NotAllowedError: `staff` may not keep the list.
            InputError: the file is not such a list; every fault with its row and column.
        """
        require(staff, Action.CONTACTS)
        contacts = read_contact_file(name, content)
        with transaction(self._engine) as connection:
            before = [contact.model_dump() for contact in _read(connection, _rows())]
            _replace(connection, contacts)
            old, new = {"list": before}, {"list": [contact.model_dump() for contact in contacts]}
            self._audit.write(connection, staff.name, "更换名单", "政策解答员名单", old, new, now)
        return len(contacts)

    def all(self) -> tuple[Contact, ...]:
        """Every contact, in the order of the list."""
        with transaction(self._engine) as connection:
            return tuple(_read(connection, _rows()))

    def of(self, departments: Iterable[str]) -> tuple[Contact, ...]:
        """The contacts of `departments`, in their order."""
        names = list(dict.fromkeys(departments))
        if not names:
            return ()
        with transaction(self._engine) as connection:
            contacts = _read(connection, _rows().where(tables.contacts.c.department.in_(names)))
        return tuple(sorted(contacts, key=lambda contact: names.index(contact.department)))


def read_contacts(file: Path) -> list[Contact]:
    """The contacts of a CSV file (UTF-8, or GB18030 as Excel writes it) or an .xlsx file.

    Raises:
        DatasetError: the file cannot be read; one line for every row and column that is wrong.
    """
    return _contacts_in(file.name, read_rows(file.name, read_file(file, _MOST_BYTES)))


def read_contact_file(name: str, content: bytes) -> list[Contact]:
    """The contacts of an uploaded file, see `read_contacts`; `name` is the file's name.

    Raises:
        InputError: the file is too large or is not such a list.
    """
    if len(content) > _MOST_BYTES:
        raise InputError(f"文件超过 {_MOST_BYTES // 1_000_000} MB，不像是一份名单；没有导入。")
    try:
        return _contacts_in(shown_name(name), read_rows(name, content))
    except DatasetError as error:
        raise InputError(error.operator) from error


def _contacts_in(name: str, rows: Sequence[Sequence[str]]) -> list[Contact]:
    """The contacts of the file `name` with these rows; DatasetError with one line for every fault."""
    places = _places(rows[0] if rows else [], name)
    contacts: list[Contact] = []
    faults: list[str] = []
    for number, row in enumerate(rows[1:], start=2):
        cells = {field: row[place] if place < len(row) else "" for field, place in places.items()}
        if not any(row) or is_example(cells["department"]):
            continue
        row_faults = _faults(cells, row, places, rows[0])
        faults += [f"{name} 第 {number} 行：{fault}" for fault in row_faults]
        if not row_faults:
            contacts.append(Contact.model_validate({**cells, "hours": cells.get("hours") or None}))
    if not contacts and not faults:
        faults.append(f"{name} 里没有一个人")
    if faults:
        raise DatasetError("\n".join([*told(faults), "整份名单没有导入"]))
    return contacts


def template() -> bytes:
    """The .xlsx file to fill in: the head, and an example that is not imported."""
    return list_template(_SHEET, _head(), _WIDTHS, _EXAMPLE)


def contact_file(contacts: Sequence[Contact]) -> bytes:
    """The list as an .xlsx file."""
    rows = ((contact.department, contact.name, contact.phone, contact.hours) for contact in contacts)
    return sheet_bytes(_SHEET, _head(), _WIDTHS, rows)


def _head() -> list[str]:
    return [names[0] for _, names, _ in _COLUMNS]


def _places(head: Sequence[str], file: str) -> dict[str, int]:
    """Field -> index of its column in the file."""
    places = {
        field: place for field, names, _ in _COLUMNS for place, name in enumerate(head) if name in names
    }
    missing = [names[0] for field, names, is_needed in _COLUMNS if is_needed and field not in places]
    if missing:
        raise DatasetError(f"{file} 缺少列 {'、'.join(missing)}；{_HEAD}")
    return places


def _faults(
    cells: dict[str, str], row: Sequence[str], places: dict[str, int], head: Sequence[str]
) -> list[str]:
    """Each fault of a row in Chinese: the column and what is wrong with it."""
    column = {field: head[place] for field, place in places.items()}
    faults = [f"{column[field]}没有填" for field, _, is_needed in _COLUMNS if is_needed and not cells[field]]
    too_long = [field for field, text in cells.items() if len(text) > _MOST_CHARS]
    faults += [f"{column[field]}超过 {_MOST_CHARS} 个字" for field in too_long]
    if cells["phone"] and not any(character.isdigit() for character in cells["phone"]):
        faults.append(f"{column['phone']}里没有数字")
    if any(row[len(head) :]):
        faults.append(f"有 {len(row)} 列，表头只有 {len(head)} 列")
    return faults


def _replace(connection: Connection, contacts: Sequence[Contact]) -> None:
    connection.execute(delete(tables.contacts))
    if contacts:
        connection.execute(insert(tables.contacts), [contact.model_dump() for contact in contacts])


def _rows() -> Select[Any]:
    table = tables.contacts.c
    return select(table.department, table.name, table.phone, table.hours).order_by(table.id)


def _read(connection: Connection, rows: Select[Any]) -> list[Contact]:
    return [Contact.model_validate(dict(row)) for row in connection.execute(rows).mappings()]
