"""The process in which lists from outside are read (kb.files.limited_process): rows of a CSV or Excel file.

    python -m kb.storage.sheet_process MEMORY .xlsx|.csv

Cells are counted while they are read: what a sheet declares (`<dimension>`) is not believed.
"""

import csv
import io
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from xml.etree.ElementTree import ParseError

from kb.errors import DocumentError, KbError
from kb.files.archives import check_zip, is_encrypted_office
from kb.files.excel import DAMAGE, open_workbook, unescaped
from kb.files.limited_process import confine
from kb.models import Model
from kb.storage.text_files import decoded

MOST_ROWS = 50_000  # with something in them; the longest lists have a few thousand
MOST_CELLS = 1_000_000  # empty ones as well
MOST_CHARS = 10_000_000
_ZIP_MAGIC = b"PK\x03\x04"
_OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MIDNIGHT = " 00:00:00"
_REASON_CHARS = 100  # of the reason that openpyxl gives
_NO_EXCEL = "不是能读的 Excel 文件（.xlsx）"


class SheetReply(Model):
    """The rows, or the reason why there are none."""

    rows: tuple[tuple[str, ...], ...] = ()
    refused: str | None = None


def rows_in(content: bytes, suffix: str) -> tuple[tuple[str, ...], ...]:
    """The rows of a file as trimmed texts, without the empty rows at the end.

    `suffix` is .xlsx or .csv. Of an Excel file the first sheet is read, without the empty cells that Excel
    keeps after the filled ones; in a CSV file they stay, as they may show a comma too many.

    Raises:
        DocumentError: damaged, with a password, of another format, or too large.
        DatasetError: the text is in an unknown encoding.
    """
    if is_encrypted_office(content):
        raise DocumentError("这份文件有密码；请去掉密码后再导入")
    if content.startswith(_OLE_MAGIC):
        raise DocumentError("这是旧版 Excel 文件（xls、et）；请另存为 .xlsx 后再导入")
    if content.startswith(_ZIP_MAGIC):
        check_zip(content)
        return _counted(_excel_rows(content), trim=True)
    if suffix == ".xlsx":
        raise DocumentError(f"{_NO_EXCEL}；请用 Excel 或 WPS 打开后另存为 .xlsx 再导入")
    return _counted(_csv_rows(content), trim=False)


def _excel_rows(content: bytes) -> Iterator[Sequence[object]]:
    try:
        book = open_workbook(content, read_only=True)
        if not book.worksheets:
            raise DocumentError("里面没有工作表；请用 Excel 或 WPS 打开后另存为 .xlsx 再导入")
        sheet = book.worksheets[0]
        sheet.reset_dimensions()
        for row in sheet.iter_rows(values_only=True):
            yield [unescaped(value) if isinstance(value, str) else value for value in row]
    except (*DAMAGE, ParseError) as error:
        first_line = str(error).partition("\n")[0][:_REASON_CHARS]
        reason = f"{_NO_EXCEL}（{type(error).__name__}: {first_line}）"
        raise DocumentError(f"{reason}；请用 Excel 或 WPS 打开后另存一份再导入") from error


def _csv_rows(content: bytes) -> Iterator[Sequence[object]]:
    csv.field_size_limit(MOST_CHARS)
    try:
        yield from csv.reader(io.StringIO(decoded(content), newline=""))
    except csv.Error as error:
        raise DocumentError(
            f"不是完整的 CSV 表格（{error}）；请在 Excel 里另存为 CSV UTF-8 再导入"
        ) from error


def _counted(table: Iterable[Sequence[object]], trim: bool) -> tuple[tuple[str, ...], ...]:
    """`table` as texts, while it stays within the limits; `trim`: without empty cells at row ends."""
    rows: list[tuple[str, ...]] = []
    cells = characters = filled = 0
    for values in table:
        cells += 1 + len(values)
        if cells > MOST_CELLS:
            raise DocumentError(
                f"这份表格的范围超过 {MOST_CELLS:,} 个单元格（也可能是带格式的空行空列）；"
                "请删去多余的行列，或拆分后再导入"
            )
        row = [_text(value) for value in values]
        while trim and row and not row[-1]:
            row.pop()
        characters += sum(map(len, row))
        filled += any(row)
        if filled > MOST_ROWS or characters > MOST_CHARS:
            raise DocumentError(f"这份表格超过 {MOST_ROWS:,} 行或 {MOST_CHARS:,} 字；请拆分后再导入")
        rows.append(tuple(row))
    while rows and not any(rows[-1]):
        rows.pop()
    return tuple(rows)


def _text(value: object) -> str:
    """A cell's value as a person reads it: 8551234 and not 8551234.0, a day without its midnight, no NUL."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return str(value).removesuffix(_MIDNIGHT)
    return value.isoformat() if isinstance(value, date) else str(value).replace("\0", "").strip()


def main(memory: int, suffix: str) -> None:
    """Read the file on standard input; write a SheetReply to standard output."""
    confine(memory)
    try:
        reply = SheetReply(rows=rows_in(sys.stdin.buffer.read(), suffix))
    except KbError as error:
        reply = SheetReply(refused=error.operator)
    except MemoryError:
        reply = SheetReply(refused="读这份表格需要的内存超过上限；请拆分后再导入")
    sys.stdout.buffer.write(reply.model_dump_json().encode())


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
