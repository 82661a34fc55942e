"""Opens zip containers (DOCX, XLSX, OFD) so that none of them can fill memory or reach files elsewhere.

The sizes and names in a zip's directory are checked before anything is unpacked, and the bytes are counted
while unpacking, because declared sizes may be wrong. Nothing is written to disk. XML that declares a document
type is refused: it may define entities ("billion laughs", files of the machine), and neither ECMA-376
(part 2, 8.1.4) nor GB/T 33190 allows it.

    with open_zip(content) as archive:
        root = parse(archive.xml("word/document.xml"))

Call `check_zip(content)` before a library opens the file by itself (openpyxl, python-docx).
"""

import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn
from xml.parsers import expat

from kb.errors import DocumentError
from kb.files.limits import CONTAINERS, ContainerLimits, megabytes

_PIECE = 1 << 18
_ENCRYPTED = 0x1  # bit 0 of the general purpose flags (APPNOTE 4.4.4)
_XML_SUFFIXES = (".xml", ".rels", ".vml")
_OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode(
    "utf-16-le"
)  # the stream of an encrypted DOCX (MS-OFFCRYPTO 2.3)
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError, OverflowError)


class Archive:
    """An open zip; `names` are the names of its files, in the order of its directory."""

    def __init__(self, archive: zipfile.ZipFile, limits: ContainerLimits) -> None:
        self._archive = archive
        self._limits = limits
        self._unpacked = 0
        self.names = tuple(info.filename for info in archive.infolist() if not info.is_dir())

    def read(self, name: str) -> bytes:
        """The content of one file.

        Raises:
            DocumentError: it is missing, damaged, or larger than the limits allow.
        """
        return b"".join(self._pieces(name))

    def xml(self, name: str) -> bytes:
        """The content of one XML file, checked by `check_xml`.

        Raises:
            DocumentError: as `read`; or it is not XML, has a document type, or is nested too deeply.
        """
        content = self.read(name)
        check_xml(content, name, self._limits)
        return content

    def check(self) -> None:
        """Unpack every file once, piece by piece, to check it.

        Raises:
            DocumentError: something in it is damaged, too large, or XML that is refused.
        """
        for name in self.names:
            if name.lower().endswith(_XML_SUFFIXES):
                self.xml(name)
            else:
                for _ in self._pieces(name):
                    pass
        self._unpacked = 0

    def _pieces(self, name: str) -> Iterator[bytes]:
        """One file in pieces, because a single read would unpack 2 GB before checking the declared size."""
        limits, size = self._limits, 0
        try:
            with self._archive.open(name) as file:
                while piece := file.read(_PIECE):
                    size += len(piece)
                    self._unpacked += len(piece)
                    if size > limits.zip_entry_bytes or self._unpacked > limits.zip_bytes:
                        _refuse_size(max(size, self._unpacked))
                    yield piece
        except KeyError as error:
            raise DocumentError(f"文件不完整，缺少 {name}；请重新下载或另存后再导入") from error
        except RuntimeError as error:  # raised by zipfile when a password is needed
            raise DocumentError("这份文件有密码；请去掉密码后再导入") from error
        except _DAMAGE as error:
            raise DocumentError(
                f"文件已损坏，{name} 读不出来（{error}）；请重新下载或另存后再导入"
            ) from error


@contextmanager
def open_zip(content: bytes, limits: ContainerLimits = CONTAINERS) -> Iterator[Archive]:
    """Open the zip in `content` after checking its directory.

    Raises:
        DocumentError: it is damaged, has a password, is too large unpacked, or names files outside of itself.
    """
    try:
        zip_file = zipfile.ZipFile(io.BytesIO(content))
    except _DAMAGE as error:
        raise DocumentError(f"文件已损坏，打不开（{error}）；请重新下载或另存后再导入") from error
    with zip_file:
        _check_directory(zip_file.infolist(), limits)
        yield Archive(zip_file, limits)


def check_zip(content: bytes, limits: ContainerLimits = CONTAINERS) -> None:
    """Raise DocumentError unless `content` is a zip that any library can unpack safely.

    Raises:
        DocumentError: as `open_zip` and `Archive.check`.
    """
    with open_zip(content, limits) as archive:
        archive.check()


def check_xml(content: bytes, name: str, limits: ContainerLimits = CONTAINERS) -> None:
    """Raise DocumentError unless `content` is XML without a document type and not nested too deeply.

    Raises:
        DocumentError: it is not; the message calls the file `name`.
    """
    depth = 0

    def start(_element: str, _attributes: object) -> None:
        nonlocal depth
        depth += 1
        if depth > limits.xml_depth:
            raise DocumentError(
                f"文件内部 {name} 嵌套超过 {limits.xml_depth} 层，不像正常的文件；请另存后再导入"
            )

    def end(_element: str) -> None:
        nonlocal depth
        depth -= 1

    def refuse(*_declared: object) -> NoReturn:
        raise DocumentError(f"文件内部 {name} 带有实体声明（DOCTYPE），可能有害，没有读取；请另存后再导入")

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise DocumentError(
            f"文件已损坏，{name} 不是完整的 XML（{error}）；请重新下载或另存后再导入"
        ) from error


def is_encrypted_office(content: bytes) -> bool:
    """Whether `content` is a DOCX, XLSX or PPTX with a password: an OLE container instead of a zip."""
    return content.startswith(_OLE_MAGIC) and _ENCRYPTED_PACKAGE in content


def _check_directory(infos: list[zipfile.ZipInfo], limits: ContainerLimits) -> None:
    if len(infos) > limits.zip_entries:
        raise DocumentError(
            f"文件里有 {len(infos)} 个内部文件，超过上限 {limits.zip_entries}；请拆分后再导入"
        )
    total = 0
    for info in infos:
        if info.flag_bits & _ENCRYPTED:
            raise DocumentError("这份文件有密码；请去掉密码后再导入")
        if _leads_outside(info.filename):
            raise DocumentError(
                f"文件内部有指向别处的文件名（{info.filename[:80]!r}），可能有害，没有读取；请另存后再导入"
            )
        total += info.file_size
        ratio = info.file_size / max(1, info.compress_size)
        suspicious = info.file_size > limits.zip_ratio_from and ratio > limits.zip_ratio
        if suspicious or info.file_size > limits.zip_entry_bytes or total > limits.zip_bytes:
            _refuse_size(max(info.file_size, total))


def _leads_outside(name: str) -> bool:
    """Whether a file name is absolute, has a drive, or climbs up (..)."""
    parts = name.replace("\\", "/").split("/")
    return parts[0] == "" or ":" in parts[0] or ".." in parts or "\0" in name


def _refuse_size(size: int) -> NoReturn:
    raise DocumentError(
        f"文件解压后至少有 {megabytes(size)}，大得不正常（可能是压缩炸弹），没有读取；请换一份"
    )
