"""Markdown -> its text without marks of emphasis, headings as "# …", table rows (GitHub Flavored Markdown,
4.10) as lines that make sense alone."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from ingest.raw_text import RawText, TablePlace
from ingest.readers.assembly import names_table
from ingest.readers.tables import Cell, Table, write_table
from kb.models import Span

_DELIMITERS = re.compile(r"(?<![ \t])[ \t]*+\|?[ \t]*+:?-++:?[ \t]*+(?:\|[ \t]*+:?-++:?[ \t]*+)*+\|?[ \t]*+")
_CELL_END = re.compile(r"(?<!\\)\|")
_UNDERLINED = re.compile(r"^(?P<title>[^\s#>|].*)\n={3,}[ \t]*+$", re.MULTILINE)  # a setext heading
_WIDE_MARKS = re.compile(r"^＃{1,6}(?=[^＃])", re.MULTILINE)
_CLOSING_MARKS = re.compile(r"^(?P<heading>#{1,6}[ \t][^\n]*[^\s#])[ \t]+#{1,6}[ \t]*$", re.MULTILINE)
_STRONG = re.compile(r"(?<!\*)\*\*(?!\*)(?P<words>[^*\n]{1,300})\*\*(?!\*)")
_FENCE = re.compile(r"[ ]{0,3}(?:```|~~~)")


def read_markdown(text: str) -> RawText:
    """`text` (newlines as \\n) with its tables written as lines."""
    lines = _plain(text).split("\n")
    output_lines: list[str] = []
    tables: list[TablePlace] = []
    next_index = 0
    for first, last in (*_tables(lines), (len(lines), len(lines))):
        output_lines.extend(lines[next_index:first])
        next_index = last
        if first == last:
            continue
        table = write_table(Table(rows=_rows(lines[first:last]), header_rows=1))
        start = len(output_lines)
        caption = output_lines[-1].strip() if output_lines and names_table(output_lines[-1].strip()) else ""
        output_lines.extend(table.lines)
        offset = sum(len(line) + 1 for line in output_lines[: start - bool(caption)])
        length = sum(len(line) + 1 for line in output_lines[start - bool(caption) :]) - 1
        span = Span(start=offset, end=offset + max(length, 0))
        tables.append(TablePlace(span=span, caption=caption.strip("*")))
    return RawText(text="\n".join(output_lines), tables=tuple(tables))


def _plain(text: str) -> str:
    """`text` with each heading written as "# …", and without the marks of strong emphasis."""
    text = _STRONG.sub(r"\g<words>", text)
    text = _UNDERLINED.sub(r"# \g<title>", text)
    text = _WIDE_MARKS.sub(lambda marks: "#" * len(marks[0]), text)
    return _CLOSING_MARKS.sub(r"\g<heading>", text)


def _tables(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """(first line, line after the last) of each table outside of code blocks."""
    fenced = False
    end = 0
    for index, (head, below) in enumerate(pairwise(lines)):
        if _FENCE.match(head):
            fenced = not fenced
        if fenced or index < end or "|" not in head or "|" not in below or not _DELIMITERS.fullmatch(below):
            continue
        if len(_cells(head)) != len(_cells(below)):
            continue
        end = index + 2
        while end < len(lines) and "|" in lines[end]:
            end += 1
        yield index, end


def _rows(lines: Sequence[str]) -> tuple[tuple[Cell, ...], ...]:
    return tuple(
        tuple(Cell(text=cell) for cell in _cells(line)) for number, line in enumerate(lines) if number != 1
    )


def _cells(line: str) -> list[str]:
    cells = _CELL_END.split(line.strip())
    cells = cells[1:] if cells and not cells[0].strip() else cells
    cells = cells[:-1] if cells and not cells[-1].strip() else cells
    return [re.sub(r"<br ?/?>", " ", cell).replace("\\|", "|").strip() for cell in cells]
