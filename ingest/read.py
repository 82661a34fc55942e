"""A file -> its text, the reader chosen by what the file holds, not by what it is called.

Only a table of comma-separated values is known by its name: it is text like any other. Every refusal says
why and what to do about it.
"""

from pathlib import Path

from ingest.archives import check_zip, open_zip
from ingest.ofd import ENTRY, read_ofd
from ingest.pdf import read_pdf
from ingest.pictures import PICTURE_MAGIC, read_pictures
from ingest.plain_text import read_plain_text
from ingest.rawtext import RawText
from ingest.word import read_word
from kb.errors import DocumentError

__all__ = ["MAX_FILE_BYTES", "SUPPORTED_SUFFIXES", "RawText", "read"]

MAX_FILE_BYTES = 100_000_000
SUPPORTED_SUFFIXES = frozenset(
    (".txt", ".md", ".markdown", ".pdf", ".docx", ".docm", ".ofd", ".png", ".jpg", ".jpeg", ".tif", ".tiff")
)

_PDF_MAGIC = b"%PDF-"
_PDF_MAGIC_WITHIN = 1024  # ISO 32000-1, implementation note 13: readers look for it this far
_ZIP_MAGIC = b"PK\x03\x04"
_PACKED = "这是压缩包；请解压后再导入"
# First bytes of what cannot be read -> what to do.
_FOREIGN: tuple[tuple[bytes, str], ...] = (
    (b"\x1f\x8b", _PACKED),
    (b"7z\xbc\xaf", _PACKED),
    (b"Rar!", _PACKED),
)


def read(path: Path) -> RawText:
    """The text of a file, newlines as \\n.

    Raises:
        DocumentError: too large, empty, unreadable, damaged, encrypted, a scan, or no text at all.
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
    raw = _read_content(content)
    if not raw.text.strip():
        raise DocumentError("文件是空的，没有文字")
    return raw


def _read_content(content: bytes) -> RawText:
    if _PDF_MAGIC in content[:_PDF_MAGIC_WITHIN]:
        return read_pdf(content)
    if content.startswith(_ZIP_MAGIC):
        return _read_zip(content)
    if content.startswith(PICTURE_MAGIC):
        return read_pictures(content)
    for magic, advice in _FOREIGN:
        if content.startswith(magic):
            raise DocumentError(advice)
    return RawText(text=read_plain_text(content))


def _read_zip(content: bytes) -> RawText:
    with open_zip(content) as archive:
        names = archive.names
    if any(name.startswith("word/") for name in names):
        check_zip(content)
        return read_word(content)
    if any(name.lower() == ENTRY.lower() for name in names):
        return read_ofd(content)
    raise DocumentError(_PACKED)
