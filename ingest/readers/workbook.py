"""Spreadsheets (XLSX, XLSM) and comma-separated values -> tables as text.

Cells are read as Excel shows them. The name of a sheet is a heading; empty rows separate its tables; a row
with a single filled cell is a caption above a table and a remark below it. Hidden sheets are left out and
named in the remarks.
"""

import csv
import io
from collections.abc import Iterator, Sequence

from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from ingest.raw_text import RawText
from ingest.readers.assembly import Assembly
from ingest.readers.cell_formats import shown
from ingest.readers.plain_text import decoded
from ingest.readers.tables import Cell, Table
from kb.errors import DocumentError
from kb.files.excel import DAMAGE

MAX_CELLS = 1_000_000
_DELIMITERS = ",;\t|"
_SAMPLE = 10_000  # characters from which the delimiter is guessed
_DEFAULT_NAMES = ("sheet", "工作表")  # of a sheet that nobody renamed

Row = tuple[Cell, ...]


def read_workbook(content: bytes) -> RawText:
    """The text of the visible sheets of an Excel file.

    Raises:
        DocumentError: damaged, too large, or no visible sheet in it.
    """
    try:
        book = load_workbook(io.BytesIO(content), data_only=True)
    except DAMAGE as error:
        raise DocumentError(
            f"这份表格已损坏，读不出来（{type(error).__name__}: {error}）；"
            "请用 Excel 或 WPS 打开后另存一份再导入"
        ) from error
    visible = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    hidden = [sheet.title for sheet in book.worksheets if sheet.sheet_state != "visible"]
    if sum(sheet.max_row * sheet.max_column for sheet in visible) > MAX_CELLS:
        raise DocumentError(
            f"这份表格的范围超过 {MAX_CELLS:,} 个单元格（也可能是带格式的空行空列）；"
            "请删去多余的行列，或拆分后再导入"
        )
    assembly = Assembly()
    for sheet in visible:
        if len(visible) > 1 or not sheet.title.lower().startswith(_DEFAULT_NAMES):
            assembly.heading(sheet.title, 1)
        _add_rows(assembly, _sheet_rows(sheet))
    title = (book.properties.title or "").strip()
    remarks = (f"隐藏的工作表没有读入：{'、'.join(hidden)}",) if hidden else ()
    return assembly.raw_text({"title": title}, remarks)


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


def _sheet_rows(sheet: Worksheet) -> list[Row]:
    """The rows of a sheet; a merged cell covers its whole range."""
    spans = {
        (r.min_row, r.min_col): (r.max_row - r.min_row + 1, r.max_col - r.min_col + 1)
        for r in sheet.merged_cells.ranges
    }
    covered = {
        (row, column)
        for merged in sheet.merged_cells.ranges
        for row in range(merged.min_row, merged.max_row + 1)
        for column in range(merged.min_col, merged.max_col + 1)
    } - spans.keys()
    rows: list[Row] = []
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        row = []
        for column, cell in enumerate(cells, start=1):
            if (number, column) not in covered:
                height, width = spans.get((number, column), (1, 1))
                row.append(Cell(text=shown(cell.value, cell.number_format), rows=height, columns=width))
        rows.append(tuple(row))
    return rows


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
