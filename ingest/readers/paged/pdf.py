"""A PDF -> running text, page by page: from its text layer, or by OCR where that layer is missing or useless.

PDFium (pypdfium2) gives every character with its place, the ruling lines of tables and pictures of the pages;
ingest.readers.layout.regions and ingest.readers.layout.text make text of them. A page is read by OCR when it
has no text, when its text means nothing (fonts without a character table, wrong encoding), or when a picture
covers it and its text layer is nearly empty.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pypdfium2
from pypdfium2 import PdfiumError, raw

from ingest.limits import LIMITS
from ingest.pace import step
from ingest.raw_text import Hint, RawText
from ingest.readers.layout.characters import means_something
from ingest.readers.layout.fidelity import fidelity
from ingest.readers.layout.page import PrintedPage
from ingest.readers.layout.regions import laid_out
from ingest.readers.layout.text import listed, raw_text_of
from ingest.readers.paged.pdf_page import PDFIUM, PageContent, page_content, rendered
from ingest.readers.paged.pdf_structure import PdfStructure, cause_of_damage, headings_of
from kb.errors import DocumentError

_SCAN_DPI = 200  # 150 reads small print less reliably; 300 takes longer and reads no better
_LEAST_LETTERS = 8  # of a page of text: fewer are its number, and its drawings may be its words
_OUTLINES = 100  # objects drawn on a page: more may be characters that were turned into outlines
_PARTLY = 0.3  # share of the page covered by pictures that may hold words
_COVERING = 0.6  # share of the page covered by pictures, as in a scan
_MARGINAL = 60  # letters beside a picture of the whole page: the mark of a scanning app, a page number
_MAX_SENSELESS = 0.2  # share of characters without meaning
_MAX_LATIN1 = 0.3  # share of accented letters: Chinese bytes shown as Western ones
_LEAST_HAN = 30  # characters needed to judge by how common they are
_LEAST_COMMON = 0.5  # share of Chinese characters among the 3,755 common ones; real texts have over 0.95

_UNTITLED = re.compile(
    r"(?i)microsoft|untitled|无标题|未命名|\.(?:docx?|wps|pdf|xlsx?|cdr|indd)\b|^[\x00-\x7f]*$"
)


def read_pdf(content: bytes, structure: PdfStructure | None = None) -> RawText:
    """The text of a PDF, one paragraph per line, with the start of each page.

    `structure`: what the file says about itself; its bookmarks are headings where the page has these words.

    Raises:
        DocumentError: damaged, encrypted, too large, or without anything that can be read.
    """
    structure = structure or PdfStructure()
    with _opened(content) as pdf:
        with PDFIUM:
            count = len(pdf)
        if not count:
            raise DocumentError("这份 PDF 一页也没有；请重新下载或另存后再导入")
        if count > LIMITS.pages:
            raise DocumentError(f"这份 PDF 有 {count} 页，超过上限 {LIMITS.pages} 页；请拆分后再导入")
        pages: list[PrintedPage] = []
        broken_pages: list[int] = []
        letter_count = 0
        for number in range(count):
            page = _page(pdf, number)
            if page is None:
                broken_pages.append(number + 1)
            pages.append(page or PrintedPage(width=0.0, height=0.0))
            letter_count += pages[-1].letters
            if letter_count > LIMITS.text_chars:
                raise DocumentError(
                    f"这份 PDF 的文字超过 {LIMITS.text_chars:,} 字，不像政策文件；请拆分后再导入"
                )
            step()
        hints = _hints(pdf, structure)
    if len(broken_pages) == count:
        raise DocumentError("这份 PDF 已损坏，没有一页读得出来；请重新下载或另存后再导入")
    if not any(page.blocks for page in pages):
        raise DocumentError("这份 PDF 没有文字，也没有可以识别的扫描页；请核对是否传错了文件")
    remark = f"第 {listed(broken_pages)} 页已损坏，没有读出来；请核对原件。"
    remarks = [*structure.remarks, *([remark] if broken_pages else [])]
    raw = raw_text_of(pages, hints, remarks, headings_of(structure.bookmarks))
    labels = structure.labels if len(structure.labels) == count else ()
    return raw.model_copy(update={"page_labels": tuple(f"第 {label} 页" for label in labels)})


@contextmanager
def _opened(content: bytes) -> Iterator[pypdfium2.PdfDocument]:
    """Open the PDF and close it afterwards; an empty password is tried, as in every viewer."""
    with PDFIUM:
        try:
            pdf = pypdfium2.PdfDocument(content)
        except PdfiumError as error:
            reason = _REFUSALS.get(error.err_code) or _damaged(content)
            raise DocumentError(reason) from error
    try:
        yield pdf
    finally:
        with PDFIUM:
            pdf.close()


def _damaged(content: bytes) -> str:
    cause = cause_of_damage(content)
    return f"这份 PDF 已损坏，读不出来{f'（{cause}）' if cause else ''}；请重新下载或另存后再导入"


_REFUSALS = {
    raw.FPDF_ERR_PASSWORD: "这份 PDF 有密码；请去掉密码后再导入",
    raw.FPDF_ERR_SECURITY: "这份 PDF 的加密方式读不了；请去掉加密后再导入",
}


def _page(pdf: pypdfium2.PdfDocument, number: int) -> PrintedPage | None:
    """The printed page `number` (from 0); None when it is damaged."""
    with PDFIUM:
        try:
            page = pdf[number]
        except PdfiumError:
            return None
        try:
            content = page_content(page)
            picture = rendered(page, _SCAN_DPI) if _is_scan(content) else None
        except PdfiumError:
            return None
        finally:
            page.close()
    if picture is not None:
        from ingest.readers.paged.scan import read_picture  # OCR: 0.7 s and 35 MiB, for scans only

        return read_picture(picture, _SCAN_DPI)
    glyphs = [glyph for glyph in content.glyphs if means_something(glyph.text)]
    blocks = laid_out(glyphs, content.rulings)
    unread = len(content.glyphs) - len(glyphs) + content.unread
    kept = fidelity(content.runs, blocks)
    return PrintedPage(
        width=content.width,
        height=content.height,
        blocks=blocks,
        unread=unread,
        lost=kept.lost,
        doubled=kept.doubled,
        torn=kept.torn,
    )


def _is_scan(content: PageContent) -> bool:
    """Whether the page shows something that its text layer does not contain, so that OCR must read it."""
    letters = [glyph.text for glyph in content.glyphs if not glyph.text.isspace()]
    if not content.drawn and not letters:
        return False  # an empty page
    if content.pictured >= _COVERING and len(letters) < _MARGINAL:
        return True
    if len(letters) < _LEAST_LETTERS:
        return not letters or content.pictured >= _PARTLY or content.drawn > _OUTLINES
    return content.unmapped > _MAX_SENSELESS or _is_senseless("".join(letters))


def _is_senseless(letters: str) -> bool:
    """Whether `letters` look like Chinese text decoded with a wrong character table."""
    odd_count = sum(not means_something(char) for char in letters)
    latin1_count = sum("\u00a1" <= char <= "\u00ff" and char not in "·×÷°±§" for char in letters)
    if odd_count > _MAX_SENSELESS * len(letters) or latin1_count > _MAX_LATIN1 * len(letters):
        return True
    han = [char for char in letters if "\u3400" <= char <= "\u9fff"]
    return len(han) >= _LEAST_HAN and sum(map(_is_common, han)) < _LEAST_COMMON * len(han)


def _is_common(char: str) -> bool:
    """Whether a Chinese character is in level 1 of GB/T 2312: the 3,755 in daily use."""
    try:
        return 0xB0 <= char.encode("gb2312")[0] <= 0xD7
    except UnicodeEncodeError:
        return False


def _hints(pdf: pypdfium2.PdfDocument, structure: PdfStructure) -> dict[Hint, str]:
    """The file's properties; its title unless that is a name that a program put there."""
    hints = dict(structure.hints)
    with PDFIUM:
        title = str(pdf.get_metadata_value("Title")).strip() or hints.get("title", "")
    if not title or _UNTITLED.search(title):
        hints.pop("title", None)
    else:
        hints["title"] = title
    return hints
