"""Spreadsheets made to harm a program that reads them: an honest one of openpyxl with a part changed."""

import io
import zipfile
from collections.abc import Callable, Mapping

from openpyxl import Workbook

HEAD = ("部门", "姓名", "电话")
_PHONE = "0792-8551234"
_ROWS = (HEAD, ("区司法局", "王芳", _PHONE))
_SHEET = "xl/worksheets/sheet1.xml"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)


def workbook(*rows: tuple[object, ...]) -> bytes:
    """An honest .xlsx file of `rows`, else of a list with one person."""
    book = Workbook()
    for row in rows or _ROWS:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def with_parts(parts: Mapping[str, str | bytes], without: str | None = None) -> bytes:
    """The honest .xlsx file with `parts` in place of its own, and without the part named `without`."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook())) as source,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            if name != without and name not in parts:
                target.writestr(name, source.read(name))
        for name, content in parts.items():
            target.writestr(name, content)
    return file.getvalue()


def part(name: str = _SHEET) -> str:
    """A part of the honest file, as text."""
    with zipfile.ZipFile(io.BytesIO(workbook())) as source:
        return source.read(name).decode()


def sheet(old: str, new: str) -> bytes:
    """The honest file with `old` in its sheet replaced by `new`."""
    assert old in part()
    return with_parts({_SHEET: part().replace(old, new)})


def huge_dimension() -> bytes:
    """A file that declares every cell that Excel can have, and holds six."""
    return sheet('<dimension ref="A1:C2"', '<dimension ref="A1:XFD1048576"')


def huge_range() -> bytes:
    """The same, and its second row is the last that Excel can have: all between is filled up."""
    text = part().replace('<dimension ref="A1:C2"', '<dimension ref="A1:XFD1048576"')
    return with_parts({_SHEET: text.replace('<row r="2"', '<row r="1048576"')})


def far_row() -> bytes:
    """A file whose last row has a number of twelve digits."""
    return sheet('<row r="2"', '<row r="999999999999"')


def far_cells() -> bytes:
    """A file of two thousand rows, each with one cell in Excel's last column."""
    rows = "".join(f'<row r="{n}"><c r="XFD{n}"><v>1</v></c></row>' for n in range(3, 2003))
    return sheet("</sheetData>", f"{rows}</sheetData>")


def many_cells() -> bytes:
    """A file of a million and a half cells with one letter each."""
    row = "".join(f'<c r="{letter}{{n}}" t="str"><v>a</v></c>' for letter in "ABCDEFGHIJKLMNO")
    rows = "".join(f'<row r="{n}">{row.format(n=n)}</row>' for n in range(3, 100_003))
    return sheet("</sheetData>", f"{rows}</sheetData>")


def repeated_text() -> bytes:
    """A file whose thousand cells show one shared text (ECMA-376, 18.4) of thirty thousand letters."""
    rows = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(3, 1003))
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    types, name = "[Content_Types].xml", "xl/sharedStrings.xml"
    override = f'<Override PartName="/{name}" ContentType="{kind}"/>'
    return with_parts(
        {
            _SHEET: part().replace("</sheetData>", f"{rows}</sheetData>"),
            name: f'<sst xmlns="{main}"><si><t>{"长" * 30_000}</t></si></sst>',
            types: part(types).replace("</Types>", f"{override}</Types>"),
        }
    )


def zip_bomb() -> bytes:
    """A file whose sheet is two hundred megabytes of spaces."""
    return with_parts({_SHEET: part().replace("</sheetData>", " " * 200_000_000 + "</sheetData>")})


def _laughs(text: str) -> str:
    levels = "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    return f'<!DOCTYPE x [<!ENTITY a "哈">{levels}]>' + text.replace(_PHONE, "&i;")


def laughs() -> bytes:
    """A file whose sheet has nested entities (billion laughs)."""
    return with_parts({_SHEET: _laughs(part())})


def laughs_under_another_name() -> bytes:
    """The same, in a part that is not called .xml, so that a check by names misses it."""
    renamed = {
        name: part(name).replace("sheets/sheet1.xml", "sheets/sheet1.dat")
        for name in ("[Content_Types].xml", "xl/_rels/workbook.xml.rels")
    }
    return with_parts({**renamed, _SHEET.replace(".xml", ".dat"): _laughs(part())}, without=_SHEET)


def foreign_entity() -> bytes:
    """A file that names a file of this machine as an entity."""
    doctype = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    return with_parts({_SHEET: doctype + part().replace(_PHONE, "&a;")})


def climbing() -> bytes:
    """A file with a part whose name leads out of it."""
    return with_parts({"../../evil.xml": "<a/>"})


def encrypted() -> bytes:
    """The container of an .xlsx file with a password (MS-OFFCRYPTO)."""
    return _OLE + "EncryptedPackage".encode("utf-16-le") + bytes(512)


def old_excel() -> bytes:
    """The container of an .xls file (MS-CFB)."""
    return _OLE + "Workbook".encode("utf-16-le") + bytes(512)


def no_sheet() -> bytes:
    """A file whose book lists no sheet."""
    book = part("xl/workbook.xml")
    return with_parts(
        {"xl/workbook.xml": book.split("<sheets>")[0] + "<sheets/>" + book.split("</sheets>")[1]}
    )


def cut_sheet() -> bytes:
    """A file whose sheet ends in the middle."""
    return with_parts({_SHEET: part()[:-40]})


# Name -> how the file is made, and words of the sentence with which it is refused.
REFUSED: Mapping[str, tuple[Callable[[], bytes], str]] = {
    "huge range": (huge_range, "1,000,000 个单元格"),
    "far row": (far_row, "1,000,000 个单元格"),
    "far cells": (far_cells, "1,000,000 个单元格"),
    "repeated text": (repeated_text, "超过 50,000 行或 10,000,000 字"),
    "zip bomb": (zip_bomb, "压缩炸弹"),
    "laughs": (laughs, "实体声明"),
    "laughs under another name": (laughs_under_another_name, "不是能读的 Excel 文件"),
    "foreign entity": (foreign_entity, "实体声明"),
    "climbing": (climbing, "指向别处"),
    "encrypted": (encrypted, "有密码"),
    "old excel": (old_excel, "旧版 Excel"),
    "no sheet": (no_sheet, "没有工作表"),
    "cut sheet": (cut_sheet, "不是完整的 XML"),
}
