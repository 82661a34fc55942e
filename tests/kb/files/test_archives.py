"""Malicious zip containers are refused with a reason, quickly and in little memory."""

import io
import struct
import zipfile

import pytest

from ingest.limits import LIMITS, Limits
from kb.errors import DocumentError
from kb.files.archives import check_xml, check_zip, is_encrypted_office, open_zip

DOCUMENT = "<文档><段>第一条 为了规范物业管理活动，制定本条例。</段></文档>".encode()
LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><lolz>&c;</lolz>"""
EXTERNAL = b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>'


def packed(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def with_size_field(content: bytes, size: int) -> bytes:
    """A zip whose only entry declares `size`, in header and directory (APPNOTE 4.3.7 and 4.3.12)."""
    lying = bytearray(content)
    directory = content.rindex(b"PK\x01\x02")
    lying[22:26] = lying[directory + 24 : directory + 28] = struct.pack("<I", size)
    return bytes(lying)


def test_a_good_container_is_read():
    with open_zip(packed({"word/document.xml": DOCUMENT, "media/": b""})) as archive:
        assert archive.names == ("word/document.xml",)
        assert archive.xml("word/document.xml") == DOCUMENT


@pytest.mark.parametrize(
    ("files", "words"),
    [
        pytest.param({"a.xml": bytes(60_000_000)}, "60 MB", id="one entry, ratio 1000"),
        pytest.param(
            {f"{n}.xml": bytes(9_900_000) for n in range(60)}, "压缩炸弹", id="many below the ratio"
        ),
        pytest.param({"../../etc/cron.d/x": b"x"}, "指向别处", id="climbs up"),
        pytest.param({"/etc/passwd": b"x"}, "指向别处", id="absolute"),
        pytest.param({"..\\..\\x": b"x"}, "指向别处", id="climbs up the Windows way"),
        pytest.param({"C:/x": b"x"}, "指向别处", id="drive"),
        pytest.param({"a.xml": LAUGHS}, "DOCTYPE", id="billion laughs"),
        pytest.param({"a.rels": EXTERNAL}, "DOCTYPE", id="external entity"),
        pytest.param({"a.xml": LAUGHS.decode().encode("utf-16")}, "DOCTYPE", id="laughs in UTF-16"),
        pytest.param({"a.xml": b"<a>" * 300 + b"</a>" * 300}, "200 层", id="nested deeply"),
        pytest.param({"a.xml": b"<a><b></a>"}, "a.xml", id="not well-formed"),
    ],
)
def test_hostile_container_is_refused(files: dict[str, bytes], words: str):
    with pytest.raises(DocumentError, match=words):
        check_zip(packed(files))


def test_wrong_declared_size_refused_while_unpacking():
    bomb = with_size_field(packed({"a.bin": bytes(60_000_000)}), 1_000)
    with pytest.raises(DocumentError, match=r"a\.bin"):
        check_zip(bomb)


def test_unpacked_bytes_over_limit_refused():
    with (
        pytest.raises(DocumentError, match="压缩炸弹"),
        open_zip(packed({"a": bytes(3_000_000), "b": bytes(3_000_000)})) as archive,
    ):
        archive._limits = Limits(zip_bytes=5_000_000)
        archive.read("a")
        archive.read("b")


def test_too_many_entries_refused():
    with pytest.raises(DocumentError, match=str(LIMITS.zip_entries)):
        check_zip(packed({f"{n}.txt": b"" for n in range(LIMITS.zip_entries + 1)}, zipfile.ZIP_STORED))


@pytest.mark.parametrize("cut", [10, 60, -30])
def test_damaged_container_refused(cut: int):
    with pytest.raises(DocumentError, match="损坏"):
        check_zip(packed({"word/document.xml": DOCUMENT * 50}, zipfile.ZIP_STORED)[:cut])


def test_damaged_entry_refused_by_name():
    content = bytearray(packed({"word/document.xml": DOCUMENT * 50}, zipfile.ZIP_STORED))
    content[200] ^= 0xFF
    with pytest.raises(DocumentError, match=r"word/document\.xml"):
        check_zip(bytes(content))


def test_missing_entry_is_named():
    with open_zip(packed({"a.xml": DOCUMENT})) as archive, pytest.raises(DocumentError, match=r"缺少 b\.xml"):
        archive.read("b.xml")


def test_zip_with_password_refused():
    content = bytearray(packed({"word/document.xml": DOCUMENT}))
    directory = content.rindex(b"PK\x01\x02")
    content[6] |= 1
    content[directory + 8] |= 1
    with pytest.raises(DocumentError, match="密码"):
        check_zip(bytes(content))


def test_encrypted_docx_recognised_by_its_ole_stream():
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
    assert is_encrypted_office(ole + "EncryptedPackage".encode("utf-16-le") + bytes(100))
    assert not is_encrypted_office(ole + "WordDocument".encode("utf-16-le"))


def test_ordinary_xml_passes():
    check_xml(DOCUMENT, "Content.xml")
