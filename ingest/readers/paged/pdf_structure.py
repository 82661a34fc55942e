"""What a PDF says about itself, read by pypdf: bookmarks, printed page labels, attached files, properties.

PDFium reads the pages; this module only adds to what it reads. A file whose structure pypdf cannot follow is
read without it. What is amiss (a damaged directory, a missing end, restricted permissions) is put into words.
"""

import io
import logging
import re
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import NamedTuple, TypeVar

from pypdf import PdfReader
from pypdf.constants import UserAccessPermissions
from pypdf.errors import PyPdfError
from pypdf.generic import Destination

from ingest.raw_text import Hint
from kb.models import Model

_T = TypeVar("_T")
_MOST_PAGES_WITH_PINS = 300  # pages looked at for attached files pinned to them
_MOST_BOOKMARKS = 5_000
_MOST_ATTACHED = 20
_MOST_ATTACHED_BYTES = 50_000_000
_LONGEST_LABEL = 20
_LONGEST_PROPERTY = 200
_END_WITHIN = 2_048  # bytes at the end of a file in which its end mark stands
_REBUILT = re.compile("startxref|xref|EOF marker|not defined|Rebuild|rebuild|trailer", re.IGNORECASE)
_FILE_NAME = re.compile(r"[\x00-\x1f\x7f/\\]")
_PERMISSIONS = (
    (UserAccessPermissions.EXTRACT, "复制文字"),
    (UserAccessPermissions.PRINT, "打印"),
    (UserAccessPermissions.MODIFY, "修改"),
)
# What pypdf raises on structures that are damaged or not foreseen.
_FAULTS = (
    PyPdfError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    NotImplementedError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)


class Bookmark(Model):
    """An entry of the list of bookmarks: its words, its depth (1 is outermost), its page (from 0)."""

    title: str
    level: int
    page: int


class AttachedFile(NamedTuple):
    """A file attached to a PDF."""

    name: str
    content: bytes


class PdfStructure(NamedTuple):
    """`labels` are the printed numbers of all pages, () where they are 1, 2, 3…"""

    bookmarks: Sequence[Bookmark] = ()
    labels: Sequence[str] = ()
    attached: Sequence[AttachedFile] = ()
    hints: Mapping[Hint, str] = {}
    remarks: Sequence[str] = ()


def read_structure(content: bytes) -> PdfStructure:
    """What the PDF says about itself; nothing where pypdf cannot open it."""
    with _warnings() as warnings:
        try:
            reader = PdfReader(io.BytesIO(content))
            if reader.is_encrypted and not reader.decrypt(""):
                return PdfStructure()
            structure = PdfStructure(
                bookmarks=_tried(reader, _bookmarks),
                labels=_tried(reader, _labels),
                attached=_tried(reader, _attached),
                hints=dict(_tried(reader, _hints)),
                remarks=_tried(reader, _permissions),
            )
        except _FAULTS:
            return PdfStructure(remarks=tuple(_on_damage(content, ["xref"])))
    return structure._replace(remarks=(*structure.remarks, *_on_damage(content, warnings)))


def headings_of(bookmarks: Sequence[Bookmark]) -> dict[tuple[int, str], int]:
    """(page, words without white space) -> level. One bookmark over all others is the document's title."""
    outermost = [bookmark for bookmark in bookmarks if bookmark.level == 1]
    under_title = len(outermost) == 1 and outermost[0] is bookmarks[0] and outermost[0].page == 0
    return {
        (bookmark.page, "".join(bookmark.title.split())): bookmark.level - under_title
        for bookmark in bookmarks
        if bookmark.level > under_title
    }


def cause_of_damage(content: bytes) -> str:
    """Why a PDF that cannot be opened may be damaged, as a clause; "" when nothing is known."""
    if b"%%EOF" not in content[-_END_WITHIN:]:
        return "文件不完整，末尾缺少结束标记，可能没有下载完"
    return "" if b"startxref" in content[-_END_WITHIN:] else "文件的目录（交叉引用表）找不到"


def _on_damage(content: bytes, warnings: Sequence[str]) -> Iterator[str]:
    if b"%%EOF" not in content[-_END_WITHIN:]:
        yield "这份 PDF 末尾缺少结束标记，可能没有下载完，读出来的不一定完整，请对照原件核对。"
    elif any(map(_REBUILT.search, warnings)):
        yield "这份 PDF 的目录（交叉引用表）有损坏，能找到的都读了，请对照原件核对有没有缺页。"


def _tried(reader: PdfReader, read: Callable[[PdfReader], Iterable[_T]]) -> tuple[_T, ...]:
    try:
        return tuple(read(reader))
    except _FAULTS:
        return ()


@contextmanager
def _warnings() -> Iterator[list[str]]:
    """What pypdf complains about meanwhile."""
    heard: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: heard.append(record.getMessage())  # type: ignore[method-assign]
    logger = logging.getLogger("pypdf")
    before = logger.propagate
    logger.addHandler(handler)
    logger.propagate = False
    try:
        yield heard
    finally:
        logger.removeHandler(handler)
        logger.propagate = before


def _bookmarks(reader: PdfReader) -> Iterator[Bookmark]:
    """The bookmarks that lead to a page, in order."""
    pages = {
        page.indirect_reference.idnum: number
        for number, page in enumerate(reader.pages)
        if page.indirect_reference is not None
    }

    def walk(entries: Sequence[object], level: int) -> Iterator[Bookmark]:
        for entry in entries:
            if isinstance(entry, list):
                yield from walk(entry, level + 1)
            elif isinstance(entry, Destination) and entry.title:
                target = getattr(entry.page, "idnum", None)
                if target in pages:
                    yield Bookmark(title=str(entry.title), level=level, page=pages[target])

    yield from islice(walk(reader.outline, 1), _MOST_BOOKMARKS)


def _labels(reader: PdfReader) -> Sequence[str]:
    """The printed numbers of the pages, () where they are the usual ones."""
    if "/PageLabels" not in reader.root_object:
        return ()
    labels = [" ".join(label.split()) for label in reader.page_labels]
    usual = [str(number) for number in range(1, len(labels) + 1)]
    odd = any(not label or len(label) > _LONGEST_LABEL or not label.isprintable() for label in labels)
    return () if odd or labels == usual else labels


def _attached(reader: PdfReader) -> Iterator[AttachedFile]:
    """The attached files: those of the document, then those pinned to its pages."""
    size = 0
    for name, content in islice(_all_attached(reader), _MOST_ATTACHED):
        size += len(content)
        if size > _MOST_ATTACHED_BYTES:
            return
        yield AttachedFile(_FILE_NAME.sub("", name)[-_LONGEST_PROPERTY:], content)


def _all_attached(reader: PdfReader) -> Iterator[tuple[str, bytes]]:
    for embedded in reader.attachment_list:
        yield embedded.alternative_name or embedded.name, embedded.content
    for page in islice(reader.pages, _MOST_PAGES_WITH_PINS):
        for reference in page.get("/Annots") or ():
            note = reference.get_object()
            if note.get("/Subtype") == "/FileAttachment":
                held = note["/FS"].get_object()
                stream = held["/EF"].get_object()["/F"].get_object()
                yield str(held.get("/UF") or held.get("/F") or "附件"), stream.get_data()


def _hints(reader: PdfReader) -> Iterator[tuple[Hint, str]]:
    """The properties that may say something: weak, because programs fill them in."""
    about, xmp = reader.metadata, reader.xmp_metadata
    titles = [about.title if about else None]
    authors = [about.author if about else None]
    subjects = [about.subject if about else None, about.get("/Keywords") if about else None]
    if xmp is not None:
        titles += (xmp.dc_title or {}).values()
        authors += xmp.dc_creator or []
        subjects += (xmp.dc_description or {}).values()
    for hint, values in (("title", titles), ("author", authors), ("subject", subjects)):
        known = [" ".join(str(value).split()) for value in values if value and str(value).strip()]
        if known and len(known[0]) <= _LONGEST_PROPERTY:
            yield hint, known[0]  # type: ignore[misc]  # one of the three names above


def _permissions(reader: PdfReader) -> Iterator[str]:
    """What the author of an encrypted file did not allow."""
    allowed = reader.user_access_permissions
    if allowed is None:
        return
    refused = [name for flag, name in _PERMISSIONS if flag not in allowed]
    if refused:
        yield (
            f"这份 PDF 设了权限，作者不允许{'、'.join(refused)}；文字已照常读入，请确认可以公开引用后再上线。"
        )
