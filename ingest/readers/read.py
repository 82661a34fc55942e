"""A file -> its text; the reader is chosen by the file's content, not by its name.

Only comma-separated values and Markdown are recognised by the name, because they are text like any other.
Every refusal states its reason and what to do about it.
"""

from pathlib import Path

from ingest.limits import LIMITS
from ingest.notation.infobox import without_box
from ingest.raw_text import RawText
from ingest.readers.attached import Annex, with_annexes
from ingest.readers.libreoffice import Target, converted
from ingest.readers.markdown import read_markdown
from ingest.readers.paged.ofd import ENTRY, read_ofd
from ingest.readers.paged.pdf import read_pdf
from ingest.readers.paged.pdf_structure import read_structure
from ingest.readers.paged.pictures import PICTURE_MAGIC, read_pictures
from ingest.readers.plain_text import read_plain_text
from ingest.readers.webpage.mhtml import looks_like_archive, read_archive
from ingest.readers.webpage.page import looks_like_page, read_page
from ingest.readers.word.document import read_word
from ingest.readers.workbook import read_csv, read_workbook
from kb.errors import DocumentError
from kb.files.archives import check_zip, is_encrypted_office, open_zip

__all__ = ["MAX_FILE_BYTES", "SUPPORTED_SUFFIXES", "RawText", "read"]

MAX_FILE_BYTES = LIMITS.file_bytes
# fmt: off
SUPPORTED_SUFFIXES = frozenset((
    ".txt", ".md", ".markdown", ".pdf", ".docx", ".docm", ".doc", ".wps", ".rtf", ".odt",
    ".xlsx", ".xlsm", ".xls", ".et", ".ods", ".csv", ".tsv", ".html", ".htm", ".shtml", ".mht", ".mhtml",
    ".ofd", ".png", ".jpg", ".jpeg", ".tif", ".tiff",
))
# fmt: on

_MARKDOWN_SUFFIXES = (".md", ".markdown")
_PDF_MAGIC = b"%PDF-"
_PDF_MAGIC_WITHIN = 1024  # ISO 32000-1, implementation note 13: readers look for it this far
_ZIP_MAGIC = b"PK\x03\x04"
_OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_RTF_MAGIC = b"{\\rtf"
_PACKED = "这是压缩包；请解压后再导入"
_SLIDES = "这是演示文稿，暂不支持；请另存为 PDF 后再导入"
# First bytes of formats that cannot be read -> what the user can do.
_FOREIGN: tuple[tuple[bytes, str], ...] = (
    (b"\x1f\x8b", _PACKED),
    (b"7z\xbc\xaf", _PACKED),
    (b"Rar!", _PACKED),
)
_STRICT = b"http://purl.oclc.org/ooxml/"  # namespaces of ISO/IEC 29500 Strict, unknown to the libraries
_STRICT_KIND = "“严格 Open XML”格式的文件"
# Stream by which an OLE file is recognised (MS-CFB: names are UTF-16) -> suffix, target, name for people.
_OLE_STREAMS: tuple[tuple[str, str, Target, str], ...] = (
    ("WordDocument", ".doc", Target.WORD, "旧版 Word 或 WPS 文字文件（doc、wps）"),
    ("Workbook", ".xls", Target.EXCEL, "旧版 Excel 或 WPS 表格文件（xls、et）"),
    ("Book", ".xls", Target.EXCEL, "旧版 Excel 文件（xls）"),
)
_OFFICE_XML = b"<?mso-application"  # Word 2003 and Excel 2003 saved as a single XML file


def read(path: Path) -> RawText:
    """The text of a file, newlines as \\n.

    Raises:
        DocumentError: too large, empty, unreadable, damaged, encrypted, in a foreign format, or without text.
    """
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise DocumentError(
                f"文件有 {size / 1e6:.1f} MB，超过上限 {MAX_FILE_BYTES / 1e6:.0f} MB；请拆分后再导入"
            )
        content = path.read_bytes()
    except OSError as error:
        raise DocumentError(f"文件读不出来：{error.strerror or error}") from error
    raw = _read_content(content, path.suffix.lower())
    if not raw.text.strip():
        raise DocumentError("文件是空的，没有文字")
    return raw


def _read_content(content: bytes, suffix: str) -> RawText:
    if _PDF_MAGIC in content[:_PDF_MAGIC_WITHIN]:
        return _read_pdf(content)
    if content.startswith(_ZIP_MAGIC):
        return _read_zip(content)
    if content.startswith(_OLE_MAGIC):
        return _read_ole(content)
    if content.startswith(_RTF_MAGIC):
        return read_word(converted(content, ".rtf", Target.WORD, "RTF 文件"))
    if content.startswith(PICTURE_MAGIC):
        return read_pictures(content)
    for magic, advice in _FOREIGN:
        if content.startswith(magic):
            raise DocumentError(advice)
    return _read_text(content, suffix)


def _read_pdf(content: bytes, *, depth: int = 0) -> RawText:
    """A PDF and the files attached to it; what is attached to those is not read."""
    structure = read_structure(content)
    raw = read_pdf(content, structure)
    if depth:
        return raw
    annexes: list[Annex] = []
    refused: list[str] = []
    for file in structure.attached:
        suffix = Path(file.name).suffix.lower()
        try:
            if suffix not in SUPPORTED_SUFFIXES:
                raise DocumentError("这种格式不能读")
            is_pdf = _PDF_MAGIC in file.content[:_PDF_MAGIC_WITHIN]
            text = _read_pdf(file.content, depth=1) if is_pdf else _read_content(file.content, suffix)
        except DocumentError as error:
            refused.append(f"附件“{file.name}”没有读入：{error}。")
            continue
        if text.text.strip():
            annexes.append(Annex(name=file.name, raw=text))
    return with_annexes(raw.model_copy(update={"remarks": (*raw.remarks, *refused)}), annexes)


def _read_zip(content: bytes) -> RawText:
    with open_zip(content) as archive:
        names = archive.names
        mimetype = archive.read("mimetype") if "mimetype" in names else b""
        is_strict = "_rels/.rels" in names and _STRICT in archive.read("_rels/.rels")
    folders = {name.partition("/")[0].lower() for name in names}
    if ENTRY.lower() in folders:
        return read_ofd(content)
    if mimetype.startswith(b"application/vnd.oasis.opendocument.text"):
        return read_word(converted(content, ".odt", Target.WORD, "OpenDocument 文字文件（odt）"))
    if mimetype.startswith(b"application/vnd.oasis.opendocument.spreadsheet"):
        return read_workbook(converted(content, ".ods", Target.EXCEL, "OpenDocument 表格文件（ods）"))
    if not {"word", "xl"} & folders:
        raise DocumentError(_SLIDES if "ppt" in folders else _PACKED)
    check_zip(content)
    if "word" in folders:
        return read_word(converted(content, ".docx", Target.WORD, _STRICT_KIND) if is_strict else content)
    return read_workbook(converted(content, ".xlsx", Target.EXCEL, _STRICT_KIND) if is_strict else content)


def _read_ole(content: bytes) -> RawText:
    if is_encrypted_office(content):
        raise DocumentError("这份文件有密码；请去掉密码后再导入")
    for stream, suffix, target, kind in _OLE_STREAMS:
        if stream.encode("utf-16-le") in content:
            office_file = converted(content, suffix, target, kind)
            return read_word(office_file) if target is Target.WORD else read_workbook(office_file)
    raise DocumentError("这是旧版 Office 文件，但不是文字也不是表格；请另存为 docx、xlsx 或 PDF 后再导入")


def _read_text(content: bytes, suffix: str) -> RawText:
    if _OFFICE_XML in content[:1_000]:
        is_sheet = b"Excel" in content[:1_000]
        target = Target.EXCEL if is_sheet else Target.WORD
        office_file = converted(content, ".xml", target, "Office 2003 的 XML 文件")
        return read_workbook(office_file) if is_sheet else read_word(office_file)
    if looks_like_archive(content):
        return read_archive(content)
    if looks_like_page(content):
        return read_page(content)
    if suffix in (".csv", ".tsv"):
        return read_csv(content)
    text = read_plain_text(content)
    if suffix in _MARKDOWN_SUFFIXES:
        return read_markdown(text)
    boxed = without_box(text)
    return RawText(text=boxed.text, box=boxed.box)
