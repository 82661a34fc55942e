"""Excel files opened by openpyxl, those too whose styles only Excel and WPS put up with.

Cells are read, not looked at: where the style sheet or the properties of a file are faulty (an empty <fill/>,
as some export programs write), they are replaced by plain ones; the number formats are kept.
"""

import io
import re
import zipfile
from xml.etree import ElementTree

from openpyxl import Workbook, load_workbook
from openpyxl.utils.exceptions import InvalidFileException

DAMAGE = (
    InvalidFileException,
    zipfile.BadZipFile,
    KeyError,
    ValueError,
    TypeError,
    IndexError,
    AttributeError,
    OSError,
)
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_STYLES = "xl/styles.xml"
_DROPPED = frozenset(("docProps/core.xml", "docProps/custom.xml"))
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")  # ST_Xstring of ISO/IEC 29500-1, 22.9.2.19
_PLAIN = (
    f'<styleSheet xmlns="{_MAIN}">%s<fonts count="1"><font/></fonts>'
    '<fills count="1"><fill><patternFill/></fill></fills><borders count="1"><border/></borders>'
    '<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs>%s</cellXfs>'
    '<cellStyles><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


def open_workbook(content: bytes, *, data_only: bool = True, read_only: bool = False) -> Workbook:
    """The workbook in `content`; `data_only`: values instead of formulas.

    Raises:
        one of DAMAGE: it is no Excel file, or damaged.
    """
    try:
        return load_workbook(io.BytesIO(content), data_only=data_only, read_only=read_only, keep_links=False)
    except (*DAMAGE, SyntaxError):  # of XML
        plain = io.BytesIO(_with_plain_styles(content))
        return load_workbook(plain, data_only=data_only, read_only=read_only, keep_links=False)


def unescaped(text: str) -> str:
    """The text of a cell with what the file writes as _x003D_ as Excel shows it; no control characters.

    >>> unescaped("A_x003D_B"), unescaped("_x005F_x003D_"), unescaped("一行_x000D_")
    ('A=B', '_x003D_', '一行')
    """
    return _ESCAPED.sub(lambda found: _shown(int(found[1], 16)), text)


def _shown(code: int) -> str:
    is_surrogate = 0xD800 <= code <= 0xDFFF
    return "" if is_surrogate or (code < 0x20 and chr(code) not in "\t\n") else chr(code)


def _with_plain_styles(content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(out, "w") as written:
        for item in archive.infolist():
            if item.filename == _STYLES:
                written.writestr(_STYLES, _plain_styles(archive.read(item)))
            elif item.filename not in _DROPPED:
                written.writestr(item.filename, archive.read(item))
    return out.getvalue()


def _plain_styles(styles: bytes) -> str:
    """A style sheet with the number format of each cell style of `styles` and nothing else."""
    try:
        root = ElementTree.fromstring(styles)
    except ElementTree.ParseError as error:  # without number formats, dates would be read as numbers
        raise ValueError(f"the style sheet is no XML: {error}") from error
    formats = [
        (one.get("numFmtId", ""), one.get("formatCode", "")) for one in root.iter(f"{{{_MAIN}}}numFmt")
    ]
    kept = "".join(
        f'<numFmt numFmtId="{number}" formatCode={_quoted(code)}/>'
        for number, code in formats
        if number.isdecimal() and code
    )
    used = [xf.get("numFmtId", "0") for cells in root.iter(f"{{{_MAIN}}}cellXfs") for xf in cells]
    cells = "".join(f'<xf numFmtId="{number if number.isdecimal() else 0}"/>' for number in used)
    return _PLAIN % (f"<numFmts>{kept}</numFmts>" if kept else "", cells or "<xf/>")


def _quoted(value: str) -> str:
    escaped = value.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    return f'"{escaped}"'
