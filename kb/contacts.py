"""Who a citizen can call: the 政策解答员 of each department, imported as one list.

A CSV file has the columns 部门, 姓名, 电话; the whole list is replaced at once, or not at all.
"""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from sqlalchemy import Engine, delete, insert, select

from kb import tables
from kb.answers import Contact
from kb.errors import DatasetError
from kb.text_files import read_text_file

_COLUMNS = {"部门": "department", "姓名": "name", "电话": "phone"}


class Contacts:
    """The list in SQL."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def replace(self, contacts: Sequence[Contact]) -> None:
        """Put `contacts` in place of the list."""
        with self._engine.begin() as connection:
            connection.execute(delete(tables.contacts))
            if contacts:
                connection.execute(insert(tables.contacts), [contact.model_dump() for contact in contacts])

    def all(self) -> tuple[Contact, ...]:
        """Every contact, by department as the list had them."""
        table = tables.contacts.c
        with self._engine.connect() as connection:
            rows = connection.execute(select(table.department, table.name, table.phone))
            return tuple(Contact(department=row.department, name=row.name, phone=row.phone) for row in rows)

    def of(self, departments: Iterable[str]) -> tuple[Contact, ...]:
        """The contacts of `departments`, in their order."""
        wanted = list(dict.fromkeys(departments))
        if not wanted:
            return ()
        table = tables.contacts.c
        with self._engine.connect() as connection:
            rows = connection.execute(
                select(table.department, table.name, table.phone).where(table.department.in_(wanted))
            )
            found = [Contact(department=row.department, name=row.name, phone=row.phone) for row in rows]
        return tuple(sorted(found, key=lambda contact: wanted.index(contact.department)))


def read_contacts(file: Path) -> list[Contact]:
    """The contacts of a CSV file (UTF-8, or GB18030 as Excel writes it).

    Raises:
        DatasetError: the file cannot be read, lacks a column, or a row lacks a value.
    """
    rows = list(csv.DictReader(read_text_file(file).splitlines()))
    missing = [column for column in _COLUMNS if not rows or column not in rows[0]]
    if missing:
        raise DatasetError(f"{file} 缺少列 {'、'.join(missing)}；第一行应为 部门,姓名,电话")
    contacts: list[Contact] = []
    for number, row in enumerate(rows, start=2):
        empty = [column for column in _COLUMNS if not (row[column] or "").strip()]
        if empty:
            raise DatasetError(f"{file} 第 {number} 行：{'、'.join(empty)}没有填；整份名单没有导入")
        contacts.append(Contact(**{field: row[column].strip() for column, field in _COLUMNS.items()}))
    return contacts
