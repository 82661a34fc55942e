"""ingest.readers.read: the choice of reader, encodings, and refusals."""

import io
import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook
from word_files import of_paragraphs, saved

from ingest.readers import read as read_module
from ingest.readers.read import SUPPORTED_SUFFIXES, read
from kb.errors import DocumentError

TEXT = "关于做好政务公开工作的通知\n各街道办事处：\n　　现将有关事项通知如下。\n"


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def packed(*names: str) -> bytes:
    """A zip of small XML files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, "<x/>")
    return buffer.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030", "gbk"])
def test_text_decoded_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "通知.txt"
    path.write_bytes(TEXT.encode(encoding))
    assert read(path).text == TEXT
    assert read(path).page_starts == ()


@pytest.mark.parametrize("newline", ["\r\n", "\r", "\u2028"])
def test_every_newline_becomes_line_feed(tmp_path: Path, newline: str) -> None:
    path = tmp_path / "通知.txt"
    path.write_bytes(TEXT.replace("\n", newline).encode())
    assert read(path).text == TEXT


def word_file() -> bytes:
    return saved(of_paragraphs("关于做好政务公开工作的通知"))


def sheet() -> bytes:
    buffer = io.BytesIO()
    book = Workbook()
    book.active.append(("关于做好政务公开工作的通知",))
    book.save(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize("name", ["通知.pdf", "通知.docx", "通知.txt", "通知.html", "通知.xls", "通知"])
@pytest.mark.parametrize(
    "content",
    [
        pytest.param(TEXT.encode(), id="text"),
        pytest.param("<html><body><p>关于做好政务公开工作的通知</p></body></html>".encode(), id="page"),
        pytest.param(word_file(), id="docx"),
        pytest.param(sheet(), id="xlsx"),
    ],
)
def test_reader_chosen_by_content_not_name(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert read(path).text.splitlines()[0] == "关于做好政务公开工作的通知"


def test_text_that_mentions_html_read_as_text(tmp_path: Path) -> None:
    path = tmp_path / "说明.txt"
    path.write_text("网页以 <html> 开头。", encoding="utf-8")
    assert read(path).text == "网页以 <html> 开头。"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(b"", "空的", id="empty"),
        pytest.param(" \n\u3000\n".encode(), "空的", id="white_space"),
        pytest.param(b"PK\x03\x04" + b"\0" * 50, "已损坏", id="zip_cut_off"),
        pytest.param(packed("通知.txt"), "压缩包；请解压", id="zip"),
        pytest.param(packed("[Content_Types].xml", "ppt/presentation.xml"), "演示文稿", id="pptx"),
        pytest.param(
            packed("[Content_Types].xml", "word/document.xml"), "Word 文件已损坏", id="docx_of_nothing"
        ),
        pytest.param(OLE + b"\0" * 50, "不是文字也不是表格", id="ole_of_something"),
        pytest.param(OLE + "EncryptedPackage".encode("utf-16-le"), "密码", id="docx_with_password"),
        pytest.param(b"Rar!\x1a\x07", "压缩包；请解压", id="rar"),
        pytest.param(b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "图片", id="picture"),
        pytest.param("政务公开".encode() + b"\0" + "工作".encode(), "不是文本文件", id="nul"),
        pytest.param(bytes(range(1, 32)) * 20, "不是文本文件", id="control_characters"),
        pytest.param(
            b"\xff\xff\xff\xff abc",
            "不是 UTF-8、UTF-16、GB18030 或 Big5 编码的文本（第 1 字节 0xff）",
            id="neither_encoding",
        ),
        pytest.param("政务".encode() + b"\xff" + "公开".encode(), "第 7 字节 0xff", id="broken_utf8"),
        pytest.param(b"%PDF-1.7\nnothing more", "已损坏", id="pdf_of_one_line"),
    ],
)
def test_unreadable_file_refused_with_reason(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "文件.txt"
    path.write_bytes(content)
    with pytest.raises(DocumentError, match=reason.replace("（", "（")):
        read(path)


def test_oversized_file_refused_before_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "大文件.txt"
    with path.open("wb") as file:
        file.truncate(100_000_001)  # sparse: takes no disk space
    monkeypatch.setattr(Path, "read_bytes", lambda self: pytest.fail("content was read"))
    with pytest.raises(DocumentError, match=r"100\.0 MB，超过上限 100 MB"):
        read(path)


def test_missing_file_refused(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="文件读不出来"):
        read(tmp_path / "没有.txt")


def test_folder_refused(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="文件读不出来"):
        read(tmp_path)


def test_supported_suffixes_and_size_limit() -> None:
    assert {".txt", ".md", ".pdf", ".docx", ".doc", ".wps", ".xlsx", ".csv", ".html"} < SUPPORTED_SUFFIXES
    assert read_module.MAX_FILE_BYTES == 100_000_000
