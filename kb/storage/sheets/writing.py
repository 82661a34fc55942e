"""Writes an Excel file piece by piece, as its rows come: a year's ledger neither waits nor fills memory.

openpyxl takes a millisecond a row and gives the file when it is whole. What is written here is the least that
ISO/IEC 29500 asks of a workbook: the sheets first, with their texts in the cells, and at the end the parts
that name them. A cell whose text looks like a formula gets the style with `quotePrefix`, Excel's own sign
that it is text, so it stays text when the file is saved again.
"""

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from xml.sax.saxutils import escape, quoteattr
from zipfile import ZIP_DEFLATED, ZipFile

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # in XML 1.0
_LIKE_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")  # Excel would show _x003D_ as =
_MOST_UNITS = 32_767  # of UTF-16 in a cell: a rare character (𠮷) counts as two
_MOST_ROWS = 1_000_000  # in a sheet; Excel takes 1,048,576
_MOST_BYTES = (
    1_500_000_000  # of a sheet: from 2 GiB on zip has another format, which Excel refuses in a stream
)
_ROWS_AT_ONCE = 200
_LEVEL = 3  # of compression: a third of the time of the usual 6, a tenth more bytes
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_HEAD, _TEXT = 1, 2  # styles
_STYLES = (
    f'{_XML}<styleSheet xmlns="{_MAIN}">'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1" applyAlignment="1">'
    '<alignment vertical="center"/></xf>'
    '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0" quotePrefix="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


class _Outlet(io.RawIOBase):
    """Where the zip file goes: what was written since the last `take`. It cannot be gone back in."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, part: object) -> int:
        content = bytes(part)  # type: ignore[call-overload]  # what zipfile gives: bytes or a view of them
        self._parts.append(content)
        return len(content)

    def take(self) -> bytes:
        content = b"".join(self._parts)
        self._parts.clear()
        return content


def sheet_pieces(
    title: str, head: Sequence[str], widths: Sequence[int], rows: Iterable[Sequence[object]]
) -> Iterator[bytes]:
    """The .xlsx file with `head` and `rows`, as pieces of bytes; `widths` are in characters.

    Texts longer than a cell can hold are cut. Rows that one sheet cannot hold go on in further sheets.
    """
    outlet, rest, names = _Outlet(), iter(rows), list[str]()
    with ZipFile(outlet, "w", ZIP_DEFLATED, compresslevel=_LEVEL) as book:
        following = next(rest, None)
        while not names or following is not None:
            names.append(title if not names else f"{title}{len(names) + 1}")
            with book.open(f"xl/worksheets/sheet{len(names)}.xml", "w") as sheet:
                sheet.write(_opening(head, widths).encode())
                count = size = 0
                while following is not None and count < _MOST_ROWS and size < _MOST_BYTES:
                    batch, following = _batch(following, rest)
                    size += sheet.write("".join(map(_row, batch)).encode())
                    count += len(batch)
                    yield outlet.take()
                sheet.write(b"</sheetData></worksheet>")
        _close(book, names)
    yield outlet.take()


def _batch(
    first: Sequence[object], rest: Iterator[Sequence[object]]
) -> tuple[list[Sequence[object]], Sequence[object] | None]:
    """`first` and the rows after it that are written together, and the row after those."""
    batch = [first]
    for row in rest:
        if len(batch) == _ROWS_AT_ONCE:
            return batch, row
        batch.append(row)
    return batch, None


def _opening(head: Sequence[str], widths: Sequence[int]) -> str:
    """The beginning of a sheet: its first row stays in view."""
    columns = "".join(
        f'<col min="{number}" max="{number}" width="{width}" customWidth="1"/>'
        for number, width in enumerate(widths, start=1)
    )
    return (
        f'{_XML}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
        f"<cols>{columns}</cols><sheetData><row>{''.join(_text(name, _HEAD) for name in head)}</row>"
    )


def _row(values: Sequence[object]) -> str:
    return f"<row>{''.join(map(_cell, values))}</row>"


def _cell(value: object) -> str:
    if value is None or value == "":
        return "<c/>"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return f"<c><v>{value}</v></c>"
    text = _LIKE_ESCAPED.sub("_x005F_", _ILLEGAL.sub("", str(value)))
    if len(text) > _MOST_UNITS // 2:
        text = text.encode("utf-16-le")[: 2 * _MOST_UNITS].decode("utf-16-le", "ignore")
    return _text(text, _TEXT if text.startswith(FORMULA_STARTS) else 0)


def _text(text: str, style: int) -> str:
    mark = f' s="{style}"' if style else ""
    return f'<c t="inlineStr"{mark}><is><t xml:space="preserve">{escape(text)}</t></is></c>'


def _close(book: ZipFile, names: Sequence[str]) -> None:
    """Write the parts that say which sheets there are."""
    numbers = range(1, len(names) + 1)
    sheets = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{number}" r:id="rId{number}"/>'
        for number, name in zip(numbers, names, strict=True)
    )
    kinds = "".join(
        f'<Override PartName="/xl/worksheets/sheet{number}.xml" ContentType="{_TYPE}.worksheet+xml"/>'
        for number in numbers
    )
    related = chain(
        (_related(number, "worksheet", f"worksheets/sheet{number}.xml") for number in numbers),
        (_related(len(names) + 1, "styles", "styles.xml"),),
    )
    parts = {
        "xl/styles.xml": _STYLES,
        "xl/workbook.xml": f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><sheets>{sheets}</sheets>'
        "</workbook>",
        "xl/_rels/workbook.xml.rels": _relations(related),
        "_rels/.rels": _relations([_related(1, "officeDocument", "xl/workbook.xml")]),
        "[Content_Types].xml": f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>{kinds}</Types>',
    }
    for name, content in parts.items():
        book.writestr(name, content)


def _related(number: int, kind: str, target: str) -> str:
    return f'<Relationship Id="rId{number}" Type="{_RELATIONS}/{kind}" Target="{target}"/>'


def _relations(related: Iterable[str]) -> str:
    return f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{"".join(related)}</Relationships>'
