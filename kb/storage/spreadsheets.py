"""Lists as people upload and download them: rows of a CSV or Excel file, and cells that Excel never computes.

A cell that begins with = + - or @ is a formula to a spreadsheet program, also when a citizen typed it
(OWASP, "CSV Injection"). Cells written here are text to Excel, and stay text when the file is saved again.
"""

import csv
import io
import tempfile
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from kb.errors import DatasetError
from kb.storage.text_files import read_text_file

EXAMPLE_MARK = "（示例）"  # at the beginning of an example row, which is not imported
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_MARK = "'"  # Excel's own sign that a cell is text
_MOST_CHARS = 32_767  # in a cell of Excel
_MIDNIGHT = " 00:00:00"


def read_rows(path: Path) -> list[list[str]]:
    """Every row of a .csv file or of the first sheet of an .xlsx file, as trimmed texts; the head is row 1.

    The mark that `csv_cell` puts before a formula is taken off.

    Raises:
        DatasetError: the file cannot be read, or is neither .csv nor .xlsx.
    """
    suffix = path.suffix.lower()
    if suffix == ".csv":
        table = csv.reader(io.StringIO(read_text_file(path), newline=""))
        return [[_unmarked(cell.strip()) for cell in row] for row in table]
    if suffix == ".xlsx":
        return _excel_rows(path)
    raise DatasetError(f"{path.name}：只认识 .csv 和 .xlsx 文件")


def csv_cell(value: object) -> object:
    """`value` for a cell of a CSV file; a mark keeps Excel from computing it, `read_rows` removes the mark.

    >>> csv_cell("=1+1"), csv_cell("'=1"), csv_cell("答案"), csv_cell(None)
    ("'=1+1", "''=1", '答案', None)
    """
    return f"{_MARK}{value}" if isinstance(value, str) and _looks_like_formula(value) else value


def write_sheet(
    path: Path, title: str, head: Sequence[str], widths: Sequence[int], rows: Iterable[Sequence[object]]
) -> int:
    """Write an .xlsx file row by row, without holding it in memory; return the number of rows below the head.

    `widths` are in characters. Texts longer than a cell can hold are cut.

    Raises:
        DatasetError: the file cannot be written.
    """
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    for number, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.append([_head_cell(sheet, name) for name in head])
    count = 0
    for row in rows:
        sheet.append([_safe(sheet, value) for value in row])
        count += 1
    try:
        book.save(path)
    except OSError as error:
        raise DatasetError(f"{path} 写不进去：{error}") from error
    return count


def sheet_bytes(
    title: str, head: Sequence[str], widths: Sequence[int], rows: Iterable[Sequence[object]]
) -> bytes:
    """The content of the .xlsx file that `write_sheet` writes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sheet.xlsx"
        write_sheet(path, title, head, widths, rows)
        return path.read_bytes()


def list_template(title: str, head: Sequence[str], widths: Sequence[int], example: Sequence[object]) -> bytes:
    """The .xlsx file of a list to fill in: the head, and `example` as a row that is not imported.

    The example's first cell gets EXAMPLE_MARK, by which `is_example` knows the row.
    """
    return sheet_bytes(title, head, widths, [(f"{EXAMPLE_MARK}{example[0]}", *example[1:])])


def is_example(cell: str) -> bool:
    """Whether `cell` is the first of an example row (see `list_template`).

    >>> is_example("（示例）区司法局"), is_example("区司法局")
    (True, False)
    """
    return cell.startswith(EXAMPLE_MARK)


def _excel_rows(path: Path) -> list[list[str]]:
    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (OSError, InvalidFileException, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise DatasetError(f"{path.name} 不是能读的 Excel 文件（.xlsx）：{error}") from error
    try:
        return [[_text(value) for value in row] for row in book.worksheets[0].iter_rows(values_only=True)]
    finally:
        book.close()


def _looks_like_formula(text: str) -> bool:
    """Whether a spreadsheet program would compute `text`, now or once its marks are taken off."""
    return text.lstrip(_MARK).startswith(FORMULA_STARTS)


def _unmarked(text: str) -> str:
    return text.removeprefix(_MARK) if _looks_like_formula(text) else text


def _text(value: object) -> str:
    """A cell's value as a person reads it: 8551234 and not 8551234.0, a day without its midnight."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return str(value).removesuffix(_MIDNIGHT)
    return value.isoformat() if isinstance(value, date) else str(value).strip()


def _head_cell(sheet: WriteOnlyWorksheet, name: str) -> Cell:
    cell = WriteOnlyCell(sheet, name)
    cell.font = Font(bold=True)
    cell.alignment = Alignment(vertical="center")
    return cell


def _safe(sheet: WriteOnlyWorksheet, value: object) -> object:
    """`value` for a cell of an Excel file: without control characters, and never a formula."""
    if not isinstance(value, str):
        return value
    text = ILLEGAL_CHARACTERS_RE.sub("", value)[:_MOST_CHARS]
    if not text.startswith(FORMULA_STARTS):
        return text
    cell = WriteOnlyCell(sheet, text)
    cell.data_type = "s"
    cell.quotePrefix = True  # what Excel itself notes for a text that looks like a formula
    return cell
