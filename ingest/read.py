"""A file -> its text, the reader chosen by what the file holds, not by what it is called.

Text may be UTF-8, UTF-16 with a byte order mark, or GB18030 (older government sites). GB18030 decodes much
that is no text, so what comes out must look like text. Every refusal says why and what to do about it.
"""

import unicodedata
from pathlib import Path

from ingest.limits import LIMITS
from ingest.pdf import read_pdf
from ingest.rawtext import RawText
from kb.errors import DocumentError

__all__ = ["MAX_FILE_BYTES", "SUPPORTED_SUFFIXES", "RawText", "read"]

MAX_FILE_BYTES = LIMITS.file_bytes
SUPPORTED_SUFFIXES = frozenset((".txt", ".md", ".markdown", ".pdf"))

_PDF_MAGIC = b"%PDF-"
_PDF_MAGIC_WITHIN = 1024  # ISO 32000-1, implementation note 13: readers look for it this far
# First bytes of formats that cannot be read yet -> what to do.
_FOREIGN: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "这是 Word（docx）、WPS、OFD 或压缩包文件，暂不支持；请另存为 PDF 或纯文本后再导入"),
    (
        b"\xd0\xcf\x11\xe0",
        "这是旧版 Word/Excel（doc、xls、wps）文件，暂不支持；请另存为 PDF 或纯文本后再导入",
    ),
    (b"{\\rtf", "这是 RTF 文件，暂不支持；请另存为 PDF 或纯文本后再导入"),
    (b"\x89PNG", "这是图片，没有文字；请先识别成文字或导入原文件"),
    (b"\xff\xd8\xff", "这是图片，没有文字；请先识别成文字或导入原文件"),
    (b"\x1f\x8b", "这是压缩包，暂不支持；请解压后再导入"),
    (b"7z\xbc\xaf", "这是压缩包，暂不支持；请解压后再导入"),
    (b"Rar!", "这是压缩包，暂不支持；请解压后再导入"),
)
_BYTE_ORDER_MARKS: tuple[tuple[bytes, str], ...] = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_MAX_ODD_SHARE = 0.01  # of control, private-use and unassigned characters; real texts have next to none
_NEWLINES = str.maketrans({"\x0b": "\n", "\x0c": "\n", "\x85": "\n", "\u2028": "\n", "\u2029": "\n"})


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
    for magic, advice in _FOREIGN:
        if content.startswith(magic):
            raise DocumentError(advice)
    text = _decode(content)
    return RawText(text=text.replace("\r\n", "\n").replace("\r", "\n").translate(_NEWLINES))


def _decode(content: bytes) -> str:
    """Text by byte order mark, else UTF-8, else GB18030."""
    encodings = [name for mark, name in _BYTE_ORDER_MARKS if content.startswith(mark)] or ["utf-8", "gb18030"]
    text: str | None = None
    failure: UnicodeDecodeError | None = None
    for encoding in encodings:
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError as error:
            failure = failure or error
    if text is None and failure is not None:
        place = failure.start
        raise DocumentError(
            f"不是 UTF-8 或 GB18030 编码的文本（第 {place + 1} 字节 0x{content[place]:02x}）；"
            "请另存为 UTF-8 后再导入"
        ) from failure
    if text is None or not _looks_like_text(text):
        raise DocumentError("不是文本文件（含有大量控制字符）；请导入 PDF，或另存为 UTF-8 文本后再导入")
    return text


def _looks_like_text(text: str) -> bool:
    """No NUL, and hardly a character that no text uses."""
    if "\0" in text:
        return False
    odd = sum(
        1
        for char in text
        if char not in "\t\n\r\x0b\x0c\x85\x1a" and unicodedata.category(char) in ("Cc", "Co", "Cn")
    )
    return odd <= _MAX_ODD_SHARE * len(text)
