"""Spreadsheets (XLSX, XLSM) and comma-separated values -> tables as text.

Cells are read as Excel shows them. The name of a sheet is a heading; empty rows separate its tables; a row
with a single filled cell is a caption above a table and a remark below it. Hidden sheets, rows and columns
are left out and named in the remarks. Formulas that were never computed are computed where that is plain
arithmetic, else named in the remarks.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.formula import ArrayFormula, DataTableFormula
from openpyxl.worksheet.worksheet import Worksheet

from ingest.raw_text import RawText
from ingest.readers.assembly import Assembly
from ingest.readers.cell_formats import shown
from ingest.readers.formulas import Value, computed
from ingest.readers.plain_text import decoded
from ingest.readers.sheet_blocks import Row, add_rows, title_row
from ingest.readers.tables import Cell
from kb.errors import DocumentError
from kb.files.excel import DAMAGE, open_workbook, unescaped

MAX_CELLS = 1_000_000
_DELIMITERS = ",;\t|"
_SAMPLE = 10_000  # characters from which the delimiter is guessed
_NO_VALUE = re.compile(
    rb"<f(?:\s[^>]{0,200})?(?:/>|>[^<]{0,8000}</f>)\s{0,8}(?:<v>\s{0,8}</v>|<v\s?/>)?\s{0,8}</c>"
)
_NOTHING = (0, 0.0)  # width or height with which Excel shows nothing
_MOST_NAMED = 5  # places that a remark names
_DEFAULT_NAMES = ("sheet", "工作表")  # of a sheet that nobody renamed


def read_workbook(content: bytes, *, shown_only: bool = False) -> RawText:
    """The text of the visible sheets of an Excel file.

    `shown_only`: only of the sheet that was in front when it was saved; that is the one that a document shows
    in which the workbook is embedded.

    Raises:
        DocumentError: damaged, too large, or no visible sheet in it.
    """
    try:
        book = open_workbook(content)
    except DAMAGE as error:
        raise DocumentError(
            f"这份表格已损坏，读不出来（{type(error).__name__}: {error}）；"
            "请用 Excel 或 WPS 打开后另存一份再导入"
        ) from error
    visible = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    if shown_only and book.active in visible:
        visible = [book.active]
    hidden = [sheet.title for sheet in book.worksheets if sheet.sheet_state != "visible"]
    if sum(sheet.max_row * sheet.max_column for sheet in visible) > MAX_CELLS:
        raise DocumentError(
            f"这份表格的范围超过 {MAX_CELLS:,} 个单元格（也可能是带格式的空行空列）；"
            "请删去多余的行列，或拆分后再导入"
        )
    assembly = Assembly()
    left_out: list[str] = []
    title = ""
    formulas = open_workbook(content, data_only=False) if _has_uncomputed(content) else None
    for sheet in visible:
        found = _sheet_rows(sheet, formulas)
        named = len(visible) > 1 or not sheet.title.lower().startswith(_DEFAULT_NAMES)
        if named and not shown_only:
            assembly.heading(sheet.title, 1)
        add_rows(assembly, found.rows)
        left_out += found.remarks
        title = title_row(found.rows) if len(visible) == 1 else ""
    title = title or (book.properties.title or "").strip()
    remarks = [f"隐藏的工作表没有读入：{'、'.join(hidden)}"] if hidden else []
    return assembly.raw_text({"title": title}, (*remarks, *left_out))


def read_csv(content: bytes) -> RawText:
    """The text of a file of comma-, semicolon- or tab-separated values.

    Raises:
        DocumentError: not text, or not a complete CSV file.
    """
    text = decoded(content)
    try:
        dialect: type[csv.Dialect] | str = csv.Sniffer().sniff(text[:_SAMPLE], _DELIMITERS)
    except csv.Error:
        dialect = "excel"
    try:
        rows = [
            tuple(Cell(text=cell) for cell in row)
            for row in csv.reader(io.StringIO(text, newline=""), dialect)
        ]
    except csv.Error as error:
        raise DocumentError(
            f"不是完整的 CSV 表格（{error}）；请在 Excel 里另存为 CSV UTF-8 再导入"
        ) from error
    assembly = Assembly()
    add_rows(assembly, rows)
    return assembly.raw_text({})


def _has_uncomputed(content: bytes) -> bool:
    """Whether any cell of the file has a formula without a value."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = [name for name in archive.namelist() if name.startswith("xl/worksheets/")]
        return any(_NO_VALUE.search(archive.read(name)) for name in parts if name.endswith(".xml"))


class _Formulas:
    """What the cells of a workbook hold: their formulas, where they have one."""

    def __init__(self, book: Workbook, sheet: str) -> None:
        self._book = book
        self._sheet = sheet

    def held(self, sheet: str, row: int, column: int) -> object:
        """What a cell holds; `sheet` is "" for the sheet itself. None on a sheet that is not there."""
        found = next((one for one in self._book.worksheets if one.title == (sheet or self._sheet)), None)
        held = found.cell(row, column).value if found else None
        return held.text if isinstance(held, ArrayFormula) else held

    def computed(self, row: int, column: int) -> tuple[Value | None, bool]:
        """The value of the formula in a cell of the sheet itself, and whether there is a formula in it."""
        held = self.held("", row, column)
        if not (isinstance(held, str) and held.startswith("=")):
            return None, isinstance(held, DataTableFormula)
        return computed(held, self.held), True


class _SheetRows(NamedTuple):
    """The visible rows of a sheet, and what was left out of them."""

    rows: list[Row]
    remarks: list[str]


def _sheet_rows(sheet: Worksheet, book: Workbook | None) -> _SheetRows:
    """The visible rows of a sheet; a merged cell covers its whole range.

    `book`: the workbook with its formulas, where some were never computed.
    """
    formulas = _Formulas(book, sheet.title) if book else None
    hidden_rows = {
        number for number, row in sheet.row_dimensions.items() if row.hidden or row.height in _NOTHING
    }
    hidden_columns = set(_hidden_columns(sheet))
    merged = _Merged(sheet, hidden_rows, hidden_columns)
    rows: list[Row] = []
    unknown: list[str] = []
    faulty: list[str] = []
    hidden = False
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        row = []
        for column, cell in enumerate(cells, start=1):
            if number in hidden_rows or column in hidden_columns:
                hidden = hidden or cell.value is not None
                continue
            value = cell.value
            if value is None and formulas is not None:
                value, is_formula = formulas.computed(number, column)
                unknown += [cell.coordinate] * (is_formula and value is None)
            if cell.data_type == "e":
                faulty.append(cell.coordinate)
                value = None
            if (place := (number, column)) not in merged.covered:
                height, width = merged.spans.get(place, (1, 1))
                value = unescaped(value) if isinstance(value, str) else value
                row.append(Cell(text=shown(value, cell.number_format), rows=height, columns=width))
        if number not in hidden_rows:
            rows.append(tuple(row))
    left_out = _LeftOut(unknown, faulty, hidden_rows, hidden_columns if hidden else set())
    return _SheetRows(rows, list(_remarks(sheet, left_out)))


def _hidden_columns(sheet: Worksheet) -> Iterator[int]:
    for dimension in sheet.column_dimensions.values():
        if (dimension.hidden or dimension.width in _NOTHING) and dimension.min and dimension.max:
            yield from range(dimension.min, min(dimension.max, sheet.max_column) + 1)


class _Merged:
    """Merged cells: where the first visible one of each stands, its `spans`, and the `covered` others."""

    def __init__(self, sheet: Worksheet, hidden_rows: set[int], hidden_columns: set[int]) -> None:
        self.spans: dict[tuple[int, int], tuple[int, int]] = {}
        self.covered: set[tuple[int, int]] = set()
        for area in sheet.merged_cells.ranges:
            rows = [row for row in range(area.min_row, area.max_row + 1) if row not in hidden_rows]
            columns = [one for one in range(area.min_col, area.max_col + 1) if one not in hidden_columns]
            places = {(row, column) for row in rows for column in columns}
            first = (area.min_row, area.min_col)
            self.covered |= places - {first}
            if first in places:
                self.spans[first] = (len(rows), len(columns))


class _LeftOut(NamedTuple):
    """What of a sheet is not read: cells with formulas and with errors by name, hidden rows and columns."""

    unknown: list[str]
    faulty: list[str]
    rows: set[int]
    columns: set[int]


def _remarks(sheet: Worksheet, left_out: _LeftOut) -> Iterator[str]:
    """Sentences on what a sheet holds and the text does not."""
    rows = [row for row in sorted(left_out.rows) if any(cell.value is not None for cell in sheet[row])]
    parts = []
    if rows:
        parts.append(f"第 {'、'.join(map(str, rows[:_MOST_NAMED]))} 行")
    if left_out.columns:
        parts.append(f"{'、'.join(map(get_column_letter, sorted(left_out.columns)[:_MOST_NAMED]))} 列")
    if parts:
        yield f"工作表“{sheet.title}”里隐藏的{'和'.join(parts)}没有读入"
    if left_out.unknown:
        yield (
            f"工作表“{sheet.title}”里 {_named(left_out.unknown)}的公式没有算出结果，没有读入；"
            "请用 Excel 或 WPS 打开，保存后再导入"
        )
    if left_out.faulty:
        yield f"工作表“{sheet.title}”里 {_named(left_out.faulty)}显示为错误，没有读入；请改正后再导入"


def _named(cells: Sequence[str]) -> str:
    return f"{'、'.join(cells[:_MOST_NAMED])} 等 {len(cells)} 格" if len(cells) > 1 else f"{cells[0]} 格"
