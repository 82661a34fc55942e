"""Lists as people upload and download them: rows of a CSV or Excel file, and cells that Excel never computes.

A cell that begins with = + - or @ is a formula to a spreadsheet program, also when a citizen typed it
(OWASP, "CSV Injection"). Cells written here are text to Excel, and stay text when the file is saved again.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from kb.errors import DatasetError, DocumentError
from kb.files.limited_process import ProcessLimits, run_confined
from kb.storage.sheet_process import SheetReply
from kb.storage.sheets.writing import FORMULA_STARTS, sheet_pieces

MOST_BYTES = 10_000_000  # of a list that is read; 50,000 entries have half of it
EXAMPLE_MARK = "（示例）"  # at the beginning of an example row, which is not imported
_MARK = "'"  # Excel's own sign that a cell is text
_READER = "kb.storage.sheet_process"
_SUFFIXES, _OLD_SUFFIXES = (".csv", ".xlsx"), (".xls", ".et", ".xlsm", ".ods")
_NAME_CHARS = 80  # of a file's name in a sentence, its end
_MOST_TOLD = 100  # faults of one file
_MOST_COLUMNS, _COLUMN_CHARS = 10, 20  # unknown columns named, and how much of each


def read_rows(name: str, content: bytes) -> list[list[str]]:
    """Every row of a .csv file or of the first sheet of an .xlsx file, as trimmed texts; the head is row 1.

    `name` is the file's name, whoever gave it. The file is read in a process of its own
    (kb.storage.sheet_process). The mark that `csv_cell` puts before a formula is taken off.

    Raises:
        DatasetError: the file cannot be read, or takes too much to read, or is neither .csv nor .xlsx.
    """
    suffix = Path(name).suffix.lower()
    if suffix not in _SUFFIXES:
        advice = "；请另存为 .xlsx 后再导入" if suffix in _OLD_SUFFIXES else ""
        raise DatasetError(f"{shown_name(name)}：只认识 .csv 和 .xlsx 文件{advice}")
    if not content:
        return []
    try:
        output = run_confined(_READER, (suffix,), content, ProcessLimits())
    except DocumentError as error:
        raise DatasetError(f"{shown_name(name)}：{error}") from error
    reply = SheetReply.model_validate_json(output)
    if reply.refused is not None:
        raise DatasetError(f"{shown_name(name)}：{reply.refused}")
    unmarked = _unmarked if suffix == ".csv" else str
    return [list(map(unmarked, row)) for row in reply.rows]


def shown_name(name: str) -> str:
    """A file's name as it stands in a sentence: short, in one line.

    >>> shown_name("../名单\\n\\0.csv")
    '名单.csv'
    """
    return "".join(filter(str.isprintable, Path(name).name))[-_NAME_CHARS:]


def told(faults: Sequence[str]) -> list[str]:
    """The first of `faults`, and how many are left out: nobody reads a thousand."""
    left_out = len(faults) - _MOST_TOLD
    return [*faults[:_MOST_TOLD], *([f"另有 {left_out} 处没有列出。"] if left_out > 0 else [])]


def few(names: Sequence[str]) -> str:
    """The first of `names` for a sentence, each cut short; 无 for none.

    >>> few(["问题", "", "长" * 30]), few([])
    ('问题、空白列、长长长长长长长长长长长长长长长长长长长长', '无')
    """
    shown = "、".join(name[:_COLUMN_CHARS] or "空白列" for name in names[:_MOST_COLUMNS])
    return shown + ("等" if len(names) > _MOST_COLUMNS else "") or "无"


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

    `widths` are in characters. Texts longer than a cell can hold are cut (kb.storage.sheets.writing).

    Raises:
        DatasetError: the file cannot be written.
    """
    count = 0

    def counted() -> Iterator[Sequence[object]]:
        nonlocal count
        for row in rows:
            yield row
            count += 1

    try:
        with path.open("wb") as file:
            file.writelines(sheet_pieces(title, head, widths, counted()))
    except OSError as error:
        raise DatasetError(f"{path} 写不进去：{error}") from error
    return count


def sheet_bytes(
    title: str, head: Sequence[str], widths: Sequence[int], rows: Iterable[Sequence[object]]
) -> bytes:
    """The content of the .xlsx file that `write_sheet` writes."""
    return b"".join(sheet_pieces(title, head, widths, rows))


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


def _looks_like_formula(text: str) -> bool:
    """Whether a spreadsheet program would compute `text`, now or once its marks are taken off."""
    return text.lstrip(_MARK).startswith(FORMULA_STARTS)


def _unmarked(text: str) -> str:
    return text.removeprefix(_MARK) if _looks_like_formula(text) else text
