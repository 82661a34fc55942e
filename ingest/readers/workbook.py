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

from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from ingest.raw_text import RawText
from ingest.readers.assembly import Assembly
from ingest.readers.cell_formats import shown
from ingest.readers.formulas import computed
from ingest.readers.plain_text import decoded
from ingest.readers.tables import Cell, Table
from kb.errors import DocumentError
from kb.files.excel import DAMAGE, open_workbook

MAX_CELLS = 1_000_000
_DELIMITERS = ",;\t|"
_SAMPLE = 10_000  # characters from which the delimiter is guessed
_NO_VALUE = re.compile(
    rb"<f(?:\s[^>]{0,200})?(?:/>|>[^<]{0,8000}</f>)\s{0,8}(?:<v>\s{0,8}</v>|<v\s?/>)?\s{0,8}</c>"
)
_MOST_NAMED = 5  # places that a remark names
_DEFAULT_NAMES = ("sheet", "工作表")  # of a sheet that nobody renamed

Row = tuple[Cell, ...]


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
    uncomputed = _uncomputed(content, visible)
    for sheet in visible:
        named = len(visible) > 1 or not sheet.title.lower().startswith(_DEFAULT_NAMES)
        if named and not shown_only:
            assembly.heading(sheet.title, 1)
        formulas = _formulas(content, sheet.title) if sheet.title in uncomputed else None
        found = _sheet_rows(sheet, formulas)
        _add_rows(assembly, found.rows)
        left_out += found.remarks
    title = (book.properties.title or "").strip()
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
    _add_rows(assembly, rows)
    return assembly.raw_text({})


def _uncomputed(content: bytes, sheets: Sequence[Worksheet]) -> set[str]:
    """The names of the sheets, if any cell of the file has a formula without a value."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = [name for name in archive.namelist() if name.startswith("xl/worksheets/")]
        found = any(_NO_VALUE.search(archive.read(name)) for name in parts if name.endswith(".xml"))
    return {sheet.title for sheet in sheets} if found else set()


def _formulas(content: bytes, name: str) -> Worksheet | None:
    """The sheet `name` with its formulas instead of its values."""
    sheet = open_workbook(content, data_only=False)[name]
    return sheet if isinstance(sheet, Worksheet) else None


class _SheetRows(NamedTuple):
    """The visible rows of a sheet, and what was left out of them."""

    rows: list[Row]
    remarks: list[str]


def _sheet_rows(sheet: Worksheet, formulas: Worksheet | None) -> _SheetRows:
    """The visible rows of a sheet; a merged cell covers its whole range.

    `formulas`: the same sheet with its formulas, where some were never computed.
    """
    hidden_rows = {number for number, row in sheet.row_dimensions.items() if row.hidden}
    hidden_columns = set(_hidden_columns(sheet))
    merged = _Merged(sheet, hidden_rows, hidden_columns)
    rows: list[Row] = []
    unknown: list[str] = []
    hidden = False
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        row = []
        for column, cell in enumerate(cells, start=1):
            if number in hidden_rows or column in hidden_columns:
                hidden = hidden or cell.value is not None
                continue
            value = cell.value
            if value is None and formulas is not None:
                held = formulas.cell(number, column).value
                if isinstance(held, str) and held.startswith("="):
                    value = computed(held, lambda row, column: formulas.cell(row, column).value)
                    unknown += [cell.coordinate] * (value is None)
            if (place := (number, column)) not in merged.covered:
                height, width = merged.spans.get(place, (1, 1))
                row.append(Cell(text=shown(value, cell.number_format), rows=height, columns=width))
        if number not in hidden_rows:
            rows.append(tuple(row))
    return _SheetRows(rows, list(_remarks(sheet, unknown, hidden_rows, hidden_columns if hidden else set())))


def _hidden_columns(sheet: Worksheet) -> Iterator[int]:
    for dimension in sheet.column_dimensions.values():
        if dimension.hidden and dimension.min and dimension.max:
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


def _remarks(
    sheet: Worksheet, unknown: Sequence[str], hidden_rows: set[int], hidden_columns: set[int]
) -> Iterator[str]:
    """Sentences on what a sheet holds and the text does not."""
    rows = [row for row in sorted(hidden_rows) if any(cell.value is not None for cell in sheet[row])]
    parts = []
    if rows:
        parts.append(f"第 {'、'.join(map(str, rows[:_MOST_NAMED]))} 行")
    if hidden_columns:
        parts.append(f"{'、'.join(map(get_column_letter, sorted(hidden_columns)[:_MOST_NAMED]))} 列")
    if parts:
        yield f"工作表“{sheet.title}”里隐藏的{'和'.join(parts)}没有读入"
    if unknown:
        yield (
            f"工作表“{sheet.title}”里 {'、'.join(unknown[:_MOST_NAMED])} 等 {len(unknown)} 格的公式"
            "没有算出结果，没有读入；请用 Excel 或 WPS 打开，保存后再导入"
        )


def _add_rows(assembly: Assembly, rows: Sequence[Row]) -> None:
    for block in _blocks(rows):
        first, last = 0, len(block)
        while first < last and _single(block[first]):
            first += 1
        while last > first and _single(block[last - 1]):
            last -= 1
        for row in block[:first]:
            assembly.paragraph(_single(row), caption=first < last)
        if first < last:
            assembly.table(Table(rows=tuple(_narrowed(block[first:last]))))
        for row in block[last:]:
            assembly.paragraph(_single(row))


def _blocks(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Groups of rows between empty rows; a row that a cell from above reaches into is not empty."""
    block: list[Row] = []
    reach = 0  # rows that a merged cell still covers
    for row in rows:
        filled = any(cell.text for cell in row)
        if filled or reach > 0:
            block.append(row)
            reach = max(reach, *(cell.rows for cell in row if cell.text), 0) - 1 if filled else reach - 1
        elif block:
            yield block
            block, reach = [], 0
    if block:
        yield block


def _single(row: Row) -> str:
    """The text of a row whose only filled cell covers no rows below; else ""."""
    filled = [cell for cell in row if cell.text]
    return filled[0].text if len(filled) == 1 and filled[0].rows == 1 else ""


def _narrowed(rows: Sequence[Row]) -> Iterator[Row]:
    """Rows without the empty cells at their right end."""
    for row in rows:
        last = len(row)
        while last and not row[last - 1].text and row[last - 1].rows == 1:
            last -= 1
        yield row[:last]
