"""The text layer of a PDF, page by page, as running text.

A PDF knows lines, not paragraphs. Running headers, footers and page numbers go; a line that was broken only
because the page was full is joined to the next, over page ends too, so that sentences are whole. Scans have
no text layer and are refused. Exceptions of pypdf (and what damaged files make it raise) are translated
here.
"""

import io
import logging
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from unicodedata import category, east_asian_width

from pypdf import PdfReader
from pypdf.errors import DependencyError, FileNotDecryptedError, LimitReachedError, PyPdfError

from ingest.dates import DATE_PATTERN
from ingest.limits import LIMITS
from ingest.numbering import begins_item
from ingest.pace import step
from ingest.rawtext import RawText
from kb.errors import DocumentError

MAX_PAGES = LIMITS.pages
MAX_CHARS = LIMITS.text_chars
_LEAST_CHARS_PER_PAGE = 5  # fewer on average: pictures of pages
_MAX_GARBLED = 0.2  # share of characters without meaning: fonts without a table of characters
_EDGE_LINES = 2  # header and footer lines looked at on each page
_REPEATED = 0.4  # of pages with the same edge line: odd and even pages may have different headers
_MAX_RUNNING = 60  # characters of a header or footer
_FULL_LINE = 0.86  # of the usual full width: a line this long was broken by the page, not by the writer
_HALF_LINE = 0.5

_PAGE_NUMBER = re.compile(
    r"[-—–－─·•\s]*(?:第\s*)?[0-9０-９]{1,4}\s*页?\s*(?:[/／,，]?\s*(?:共\s*)?[0-9０-９]{1,4}\s*页)?(?:\s*/\s*\d{1,4})?[-—–－─·•\s]*"
)
# Word sets a space between Chinese and digits ("12 个月"); the words have none.
_SET_SPACE = re.compile(r"(?<=[一-鿿])(?<![编章节条])[ ](?=[0-9])|(?<=[0-9])[ ](?=[一-鿿〔])")

# A line of an information box ("发文机关：国务院") or the date of a signature.
_OWN_LINE = re.compile(rf"[一-鿿]{{2,6}}[:：]|{DATE_PATTERN}$")

# pypdf lets these through when a file is damaged; each was seen on a file cut or overwritten somewhere.
_DAMAGE = (
    PyPdfError,
    ValueError,
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    AssertionError,
    NotImplementedError,
    RecursionError,
    OverflowError,
    zlib.error,
    OSError,
)
logging.getLogger("pypdf").setLevel(logging.ERROR)  # it reports every irregularity it repairs


def read_pdf(content: bytes) -> RawText:
    """The text of a PDF, one paragraph a line, and where its pages begin.

    Raises:
        DocumentError: damaged, encrypted, a scan, garbled or too large.
    """
    pages = _page_texts(content)
    letters = sum(1 for page in pages for char in page if not char.isspace())
    if letters < _LEAST_CHARS_PER_PAGE * len(pages):
        raise DocumentError("这份 PDF 没有文字层（多半是扫描件）；请先用 OCR 识别成文字，或导入原文件")
    garbled = sum(1 for page in pages for char in page if char == "\ufffd" or category(char) in ("Co", "Cn"))
    if garbled > _MAX_GARBLED * letters:
        raise DocumentError("这份 PDF 的文字层是乱码（字体没有字符表）；请导入原文件或 OCR 后的文件")
    return _joined(_without_running_lines([_lines(page) for page in pages]))


def _page_texts(content: bytes) -> list[str]:
    """Text of each page as pypdf gives it."""
    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted and not reader.decrypt(""):
            raise DocumentError("这份 PDF 有密码；请去掉密码后再导入")
        count = len(reader.pages)
        if count > MAX_PAGES:
            raise DocumentError(f"这份 PDF 有 {count} 页，超过上限 {MAX_PAGES} 页；请拆分后再导入")
        pages: list[str] = []
        total = 0
        for page in reader.pages:
            pages.append(page.extract_text())
            step()
            total += len(pages[-1])
            if total > MAX_CHARS:
                raise DocumentError(f"这份 PDF 的文字超过 {MAX_CHARS:,} 字，不像政策文件；请拆分后再导入")
    except FileNotDecryptedError as error:
        raise DocumentError("这份 PDF 有密码；请去掉密码后再导入") from error
    except DependencyError as error:
        raise DocumentError("这份 PDF 的加密方式读不了；请去掉加密后再导入") from error
    except LimitReachedError as error:
        raise DocumentError(f"这份 PDF 展开后大得不正常，已停止读取（{error}）；请换一份") from error
    except _DAMAGE as error:
        raise DocumentError(
            f"这份 PDF 已损坏，读不出来（{type(error).__name__}: {error}）；请重新下载或另存后再导入"
        ) from error
    if not pages:
        raise DocumentError("这份 PDF 一页也没有；请重新下载或另存后再导入")
    return pages


def _lines(page: str) -> list[str]:
    """Printed lines of a page, stripped, without empty ones."""
    lines = (_SET_SPACE.sub("", line).strip() for line in re.split(r"[\n\r\x0b\x0c\x85\u2028\u2029]", page))
    return [line.replace("\0", "") for line in lines if line]


def _without_running_lines(pages: Sequence[list[str]]) -> list[list[str]]:
    """Pages without page numbers and without the lines that stand at the same edge of most pages."""
    heads = Counter(_shape(line) for page in pages for line in page[:_EDGE_LINES])
    feet = Counter(_shape(line) for page in pages for line in page[-_EDGE_LINES:])
    least = 2 if len(pages) == 2 else max(3, int(_REPEATED * len(pages)))
    cleaned = []
    for page in pages:
        first, last = 0, len(page)
        while first < min(_EDGE_LINES, last) and _is_running(page[first], heads, least):
            first += 1
        while last > max(first, len(page) - _EDGE_LINES) and _is_running(page[last - 1], feet, least):
            last -= 1
        cleaned.append(page[first:last])
    return cleaned


def _is_running(line: str, repeated: Counter[str], least: int) -> bool:
    """A page number; or a short line that others are like, unless it ends as sentences do."""
    if _PAGE_NUMBER.fullmatch(line):
        return True
    return len(line) <= _MAX_RUNNING and line[-1] not in "。；：，、;,:" and repeated[_shape(line)] >= least


def _shape(line: str) -> str:
    """A line without its digits and spaces, so that headers with a page number are alike."""
    return re.sub(r"[0-9０-９\s]", "", line)


def _joined(pages: Sequence[list[str]]) -> RawText:
    """Lines put together into paragraphs; a page may begin within one."""
    full = _full_width([line for page in pages for line in page])
    parts: list[str] = []
    page_starts: list[int] = []
    length = 0
    previous = ""
    for page, line in _with_page_breaks(pages):
        if page:
            page_starts.append(length)
        if line is None:
            continue
        glue = _glue(previous, line, full) if previous else ""
        if page:
            page_starts[-1] += len(glue)
        parts.append(glue + line)
        length += len(parts[-1])
        previous = line
    return RawText(text="".join(parts), page_starts=tuple(page_starts))


def _with_page_breaks(pages: Sequence[list[str]]) -> Iterator[tuple[bool, str | None]]:
    """(first of its page, line) for each line; (True, None) for an empty page."""
    for lines in pages:
        if not lines:
            yield True, None
        for index, line in enumerate(lines):
            yield index == 0, line


def _glue(previous: str, line: str, full: float) -> str:
    """What stands between two printed lines: nothing or a space within a paragraph, else a line end."""
    if previous[-1] in "。！？：:" or begins_item(line) or _OWN_LINE.match(line):
        return "\n"
    width = _width(previous)
    wrapped = width >= _FULL_LINE * full or (width >= _HALF_LINE * full and previous[-1] in "，、,")
    if not wrapped:
        return "\n"
    return (
        " "
        if previous[-1].isascii() and previous[-1].isalnum() and line[0].isascii() and line[0].isalnum()
        else ""
    )


def _full_width(lines: Sequence[str]) -> float:
    """Width of a full line: nine lines in ten are no wider."""
    widths = sorted(_width(line) for line in lines)
    return widths[int(0.9 * (len(widths) - 1))] if widths else 0


def _width(line: str) -> int:
    """Columns a line takes: two for a Chinese character, one for others."""
    return sum(2 if east_asian_width(char) in "WFA" else 1 for char in line)
