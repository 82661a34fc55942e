"""Pictures and attachments of FAQ answers, in SQL: uploaded by staff, shown once an entry with them answers.

A file is what its content says, whatever its name; only kinds that can hold no program for a browser are
taken, and of office files only the newer formats, whose container can be looked into. A file keeps its id for
good, so that an answer never shows another file than the one that was reviewed.
"""

import hashlib
import io
import re
import zipfile
from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import Engine, insert, select

from kb.errors import InputError, NotFoundError
from kb.faq.marked.markdown import FILES_PATH
from kb.models import Model
from kb.staff.audit import Audit
from kb.staff.permissions import Action, Staff, require
from kb.storage.database import reading, transaction
from kb.storage.queue_tables import faq_files

MAX_FILE = 10_000_000  # bytes
_ID_CHARS = 24
_NAME = re.compile(rf"([0-9a-f]{{{_ID_CHARS}}})\.[a-z0-9]{{2,4}}")
_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"|?*/\\\[\]()]')
_MAX_NAME = 80
_PICTURES: Mapping[bytes, tuple[str, str]] = {
    b"\x89PNG\r\n\x1a\n": ("png", "image/png"),
    b"\xff\xd8\xff": ("jpg", "image/jpeg"),
    b"GIF87a": ("gif", "image/gif"),
    b"GIF89a": ("gif", "image/gif"),
}
_OFFICE = "application/vnd.openxmlformats-officedocument."
_CONTAINERS: Mapping[str, tuple[str, str]] = {  # a file inside -> suffix and media type
    "word/document.xml": ("docx", f"{_OFFICE}wordprocessingml.document"),
    "xl/workbook.xml": ("xlsx", f"{_OFFICE}spreadsheetml.sheet"),
    "ppt/presentation.xml": ("pptx", f"{_OFFICE}presentationml.presentation"),
    "OFD.xml": ("ofd", "application/ofd"),
}
_MACROS = "vbaproject.bin"
_EMPTY = "{name} 是空文件，请重新选择。"
_TOO_LARGE = "{name} 有 {size:.1f} MB，超过上限 10 MB，请压缩或拆分后再上传。"
_UNKNOWN_KIND = "{name} 不是可以上传的文件：图片用 PNG、JPG、GIF、WebP，附件用 PDF、OFD、docx、xlsx、pptx。"
_HAS_MACROS = "{name} 含有宏，请另存为不含宏的文件再上传。"
_GONE = "没有这个文件，可能已经撤下。"


class EntryFile(Model):
    """An uploaded file without its content; `name` as the uploader called it."""

    id: str
    name: str
    kind: str
    size: int

    @property
    def is_picture(self) -> bool:
        """Whether a page shows it in place."""
        return self.kind.startswith("image/")

    @property
    def file_name(self) -> str:
        """The last part of its address."""
        suffixes = {
            kind: suffix for suffix, kind in (*_PICTURES.values(), *_CONTAINERS.values(), _PDF, _WEBP)
        }
        return f"{self.id}.{suffixes[self.kind]}"

    @property
    def markdown(self) -> str:
        """What shows it in an answer."""
        address = f"({FILES_PATH}{self.file_name})"
        return (
            f"![{self.name.rpartition('.')[0] or self.name}]{address}"
            if self.is_picture
            else f"[{self.name}]{address}"
        )


_PDF = ("pdf", "application/pdf")
_WEBP = ("webp", "image/webp")


class Attachments:
    """The files in SQL. All methods raise StoreError when the database fails."""

    def __init__(self, engine: Engine, audit: Audit) -> None:
        self._engine = engine
        self._audit = audit

    def add(self, staff: Staff, name: str, content: bytes, now: datetime) -> EntryFile:
        """Store an upload; the same content is stored once.

        Raises:
            NotAllowedError: `staff` may not edit entries.
            InputError: the file is empty, too large, or of no kind that is taken.
        """
        require(staff, Action.FAQ_EDIT)
        clean = safe_name(name)
        _, kind = kind_of(clean, content)
        digest = hashlib.sha256(content).hexdigest()[:_ID_CHARS]
        file = EntryFile(id=digest, name=clean, kind=kind, size=len(content))
        with transaction(self._engine) as connection:
            if connection.scalar(select(faq_files.c.id).where(faq_files.c.id == digest)) is None:
                row = {**file.model_dump(), "content": content, "uploaded_by": staff.name, "uploaded_at": now}
                connection.execute(insert(faq_files).values(row))
                facts = {"name": clean, "size": len(content)}
                self._audit.write(connection, staff.name, "上传问答附件", f"附件 {digest}", None, facts, now)
        return file

    def get(self, file_name: str) -> tuple[EntryFile, bytes]:
        """The file with the address /files/`file_name`, and its content.

        Raises:
            NotFoundError: there is none.
        """
        found = _NAME.fullmatch(file_name)
        rows = select(faq_files).where(faq_files.c.id == (found[1] if found else ""))
        with reading(self._engine) as connection:
            row = connection.execute(rows).mappings().first()
        if row is None:
            raise NotFoundError(f"没有附件 {file_name}", _GONE)
        return EntryFile(**{name: row[name] for name in EntryFile.model_fields}), row["content"]


def is_shown(file_name: str, answers: Iterable[str]) -> bool:
    """Whether one of `answers` shows the file: only then citizens may have it."""
    address = f"{FILES_PATH}{file_name}"
    return any(address in answer for answer in answers)


def safe_name(name: str) -> str:
    """`name` without folders and without what has a meaning in a path or in Markdown."""
    bare = _UNSAFE.sub("_", name.replace("\\", "/").rpartition("/")[2]).strip(" .")
    stem, dot, suffix = bare.rpartition(".")
    return f"{stem[:_MAX_NAME]}{dot}{suffix[:10]}" if dot and stem else bare[:_MAX_NAME] or "附件"


def kind_of(name: str, content: bytes) -> tuple[str, str]:
    """Suffix and media type of `content`.

    Raises:
        InputError: it is empty, too large, or of no kind that is taken; `name` says which file.
    """
    if not content:
        raise InputError(_EMPTY.format(name=name))
    if len(content) > MAX_FILE:
        raise InputError(_TOO_LARGE.format(name=name, size=len(content) / 1e6))
    for begin, kind in _PICTURES.items():
        if content.startswith(begin):
            return kind
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return _WEBP
    if content.startswith(b"%PDF-"):
        return _PDF
    if content.startswith(b"PK\x03\x04"):
        return _container(name, content)
    raise InputError(_UNKNOWN_KIND.format(name=name))


def _container(name: str, content: bytes) -> tuple[str, str]:
    """The kind of an office file, by the names in its container; nothing in it is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            inside = archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise InputError(_UNKNOWN_KIND.format(name=name)) from error
    if any(each.lower().endswith(_MACROS) for each in inside):
        raise InputError(_HAS_MACROS.format(name=name))
    for part, kind in _CONTAINERS.items():
        if part in inside:
            return kind
    raise InputError(_UNKNOWN_KIND.format(name=name))
