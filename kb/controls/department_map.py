"""Keeps the department map (kb.controls.responsible) among the settings: rows added, changed and removed."""

from collections.abc import Callable, Iterable
from datetime import datetime

from kb.controls.responsible import MapRow, Matter
from kb.controls.store import DEPARTMENT_MAP, Controls, Saved
from kb.errors import InputError
from kb.models import Model, PolicyDocument
from kb.staff.permissions import Action, Staff, require

MOST = 500  # rows
MAX_VALUE, LEAST_WORDS = 200, 2  # characters
_AROUND = "《》“” \t\n\u3000"
_GONE = "这一条已经不在了，请刷新。"


class Overview(Model):
    """The rows by matter and value, and who saved them last."""

    rows: tuple[MapRow, ...]
    saved: Saved


class DepartmentMap:
    """The map; `heads` gives the documents without their texts, `departments` those of the contact list.

    Methods that change it take the version that was read, and raise as those of kb.controls.store.Controls.
    """

    def __init__(
        self,
        controls: Controls,
        heads: Callable[[], Iterable[PolicyDocument]],
        departments: Callable[[], Iterable[str]],
    ) -> None:
        self._controls = controls
        self._heads = heads
        self._departments = departments

    def overview(self, staff: Staff) -> Overview:
        """All rows.

        Raises:
            NotAllowedError: `staff` is no administrator.
        """
        require(staff, Action.SETTINGS)
        rows = sorted(self._rows(), key=lambda row: (tuple(Matter).index(row.matter), row.value))
        return Overview(rows=tuple(rows), saved=self._controls.saved(DEPARTMENT_MAP))

    def covered(self, staff: Staff, row: MapRow) -> tuple[str, ...]:
        """The titles of the documents that `row` is about.

        Raises:
            NotAllowedError: `staff` is no administrator.
            InputError: `row` cannot stand in the map.
        """
        require(staff, Action.SETTINGS)
        checked = self._checked(row)
        return tuple(sorted({head.title for head in self._heads() if checked.covers(head)}))

    def departments(self) -> tuple[str, ...]:
        """The departments that rows may name."""
        return tuple(dict.fromkeys(self._departments()))

    def put(self, row: MapRow, before: MapRow | None, version: int, staff: Staff, now: datetime) -> None:
        """Save `row`, in place of `before` when that is given, and of any other on the same matter."""
        require(staff, Action.SETTINGS)
        checked = self._checked(row)
        others = [
            one
            for one in self._rows()
            if one != before and (one.matter, one.value) != (checked.matter, checked.value)
        ]
        if len(others) >= MOST:
            raise InputError(f"部门对照最多 {MOST} 条，请先整理。")
        self._save(f"部门对照 {checked.told}", [*others, checked], version, staff, now)

    def remove(self, row: MapRow, version: int, staff: Staff, now: datetime) -> None:
        """Remove a row."""
        require(staff, Action.SETTINGS)
        others = [one for one in self._rows() if one != row]
        if len(others) == len(self._rows()):
            raise InputError(_GONE)
        self._save(f"部门对照（删去）{row.told}", others, version, staff, now)

    def _rows(self) -> tuple[MapRow, ...]:
        return self._controls.rules().department_map

    def _save(self, subject: str, rows: Iterable[MapRow], version: int, staff: Staff, now: datetime) -> None:
        value = [row.model_dump(mode="json") for row in rows]
        self._controls.save(DEPARTMENT_MAP, subject, value, version, staff, now)

    def _checked(self, row: MapRow) -> MapRow:
        """`row` without white space at its ends, if it can stand in the map.

        Raises:
            InputError: something is missing or too long, or no contact belongs to the department.
        """
        value, department = row.value.strip(_AROUND), row.department.strip()
        if not value:
            raise InputError(f"请填写{row.matter.label}。")
        if len(value) > MAX_VALUE or not value.isprintable():
            raise InputError(f"{row.matter.label}最多 {MAX_VALUE} 个字，不能有换行。")
        if row.matter is Matter.WORDS and len(value) < LEAST_WORDS:
            raise InputError(f"标题或问题里的词至少 {LEAST_WORDS} 个字：一个字会对上不相干的文件。")
        if department not in self.departments():
            raise InputError(f"通讯录里没有“{department or '（未选）'}”，请先在名单里加上这个部门。")
        return MapRow(matter=row.matter, value=value, department=department)
