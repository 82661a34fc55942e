"""A web page saved as one file (MHT, MHTML; RFC 2557) -> the text of the policy on it."""

import email
import email.policy
import re

from ingest.raw_text import RawText
from ingest.readers.webpage.page import read_page
from kb.errors import DocumentError

_HEADER = re.compile(rb"^(?:[A-Za-z-]+:[^\n]*\n(?:[ \t][^\n]*\n)*)*?MIME-Version:\s*1\.0", re.IGNORECASE)
_HOLDS_PAGE = re.compile(rb"^Content-Type:\s*(?:multipart/related|text/html)", re.IGNORECASE | re.MULTILINE)


def looks_like_archive(content: bytes) -> bool:
    """Whether a file begins with the header of a MIME message that holds a page."""
    head = content[:4_000].replace(b"\r\n", b"\n")
    return _HEADER.match(head) is not None and _HOLDS_PAGE.search(head) is not None


def read_archive(content: bytes) -> RawText:
    """The text of the page in a MIME message: its first HTML part.

    Raises:
        DocumentError: there is no page in it, or it cannot be read.
    """
    message = email.message_from_bytes(content, policy=email.policy.default)
    page = next((part for part in message.walk() if part.get_content_type() == "text/html"), None)
    payload = page.get_payload(decode=True) if page is not None else None
    if page is None or not isinstance(payload, bytes):
        raise DocumentError("这个 MHT 文件里没有网页；请在浏览器里打开原网页，另存为完整网页（html）再导入")
    charset = page.get_content_charset()
    if charset and b"charset" not in payload[:4_000].lower():
        payload = b'<meta charset="' + charset.encode("ascii", "ignore") + b'">' + payload
    return read_page(payload, str(page.get("Content-Location") or ""))
