"""What a PDF says about itself: bookmarks, printed page labels, attached files, properties, permissions."""

import io
from pathlib import Path

import pytest
from docx import Document
from printing import Printer
from pypdf import PdfReader, PdfWriter
from pypdf.constants import PageLabelStyle, UserAccessPermissions
from word_files import saved

from ingest.anatomy.document import build_document
from ingest.raw_text import RawText
from ingest.readers.read import read
from kb.answering.quoting import cite_span
from kb.errors import DocumentError
from kb.models import PolicyDocument, Span

PAGES = (
    ("前言", "为了编好本手册，区民政局走访了十二个社区，征求了居民的意见。"),
    ("高龄津贴", "年满八十周岁的居民每月领取五十元，向社区居委会申请。"),
    ("临时救助", "遇到火灾、车祸等急难的家庭可以领取八百元，向街道办事处申请。"),
)


def printed() -> PdfWriter:
    """Three pages, each with a heading and a paragraph, and the title on the first."""
    printer = Printer()
    for number, (heading, words) in enumerate(PAGES):
        if number == 0:
            printer.centred("溪口区民政惠民政策手册", 90, size=22)
        printer.line(heading, 150, size=16)
        printer.paragraph(words, 190)
        if number < len(PAGES) - 1:
            printer.new_page()
    return PdfWriter(clone_from=PdfReader(io.BytesIO(printer.finished())))


def bytes_of(writer: PdfWriter) -> bytes:
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def raw_of(content: bytes, folder: Path) -> RawText:
    file = folder / "手册.pdf"
    file.write_bytes(content)
    return read(file)


def document_of(content: bytes, folder: Path) -> PolicyDocument:
    raw = raw_of(content, folder)
    return build_document(raw, source="手册.pdf", path="/手册.pdf", sha256="0" * 64, document_id="manual")


def test_bookmarks_are_headings_where_the_page_has_these_words(tmp_path: Path):
    writer = printed()
    title = writer.add_outline_item(title="溪口区民政惠民政策手册", page_number=0)
    for number, (heading, _) in enumerate(PAGES):
        writer.add_outline_item(title=heading, page_number=number, parent=title)
    writer.add_outline_item(title="没有这样的标题", page_number=1, parent=title)
    document = document_of(bytes_of(writer), tmp_path)
    assert [section.label for section in document.sections] == ["前言", "高龄津贴", "临时救助"]
    assert [document.page_of(section.span.start) for section in document.sections] == [1, 2, 3]
    assert document.title == "溪口区民政惠民政策手册"


def test_citations_name_pages_as_they_are_printed(tmp_path: Path):
    writer = printed()
    writer.set_page_label(0, 0, style=PageLabelStyle.LOWERCASE_ROMAN)
    writer.set_page_label(1, 2, style=PageLabelStyle.DECIMAL, start=1)
    document = document_of(bytes_of(writer), tmp_path)
    assert document.page_labels == ("第 i 页", "第 1 页", "第 2 页")
    begin = document.text.index("年满八十周岁")
    citation = cite_span(Span(start=begin, end=begin + 6), document)
    assert (citation.page, citation.page_label) == (2, "第 1 页")


def test_labels_that_only_count_the_pages_are_not_kept(tmp_path: Path):
    writer = printed()
    writer.set_page_label(0, 2, style=PageLabelStyle.DECIMAL, start=1)
    assert raw_of(bytes_of(writer), tmp_path).page_labels == ()


def a_form() -> bytes:
    form = Document()
    form.add_heading("高龄津贴申请须知", 0)
    form.add_paragraph("一、申请人提交身份证和户口簿。")
    form.add_paragraph("溪口区社会保障中心")
    form.add_paragraph("2021年3月1日")
    return saved(form)


def test_attached_files_are_annexes_with_their_own_name(tmp_path: Path):
    writer = printed()
    writer.add_attachment("高龄津贴申请须知.docx", a_form())
    writer.add_attachment("程序.exe", b"MZ")
    document = document_of(bytes_of(writer), tmp_path)
    assert document.title == "溪口区民政惠民政策手册"
    (annex,) = (section for section in document.sections if section.number == "附件")
    assert annex.heading == "高龄津贴申请须知"
    place = document.text.index("身份证")
    assert document.page_label(document.page_of(place)) == "附件"
    assert document.page_label(document.page_of(document.text.index("急难"))) == "第 3 页"
    assert document.issuer is None and document.written_date is None
    assert document.remarks == (
        "附件“程序.exe”没有读入：这种格式不能读。",
        "文件里附有 1 个文件（高龄津贴申请须知.docx），已作为附件读入，请核对。",
    )


def test_citation_of_an_annex_names_it_instead_of_a_page(tmp_path: Path):
    writer = printed()
    writer.add_attachment("高龄津贴申请须知.docx", a_form())
    document = document_of(bytes_of(writer), tmp_path)
    annex = document.sections[-1].span
    assert cite_span(annex, document).page_label == "附件"


def test_properties_fill_in_what_the_text_does_not_say_and_are_doubted(tmp_path: Path):
    writer = printed()
    writer.add_metadata({"/Author": "溪口区民政局", "/Subject": "溪民发〔2024〕31号"})
    document = document_of(bytes_of(writer), tmp_path)
    assert (document.issuer, document.number) == ("溪口区民政局", "溪民发〔2024〕31号")
    assert {f.field: f.confidence for f in document.findings if f.field in ("issuer", "number")} == {
        "issuer": 0.5,
        "number": 0.5,
    }


def test_author_that_is_no_organ_is_not_the_issuer(tmp_path: Path):
    writer = printed()
    writer.add_metadata({"/Author": "Administrator"})
    assert document_of(bytes_of(writer), tmp_path).issuer is None


def test_permissions_are_told(tmp_path: Path):
    writer = printed()
    writer.encrypt("", "owner", permissions_flag=UserAccessPermissions.PRINT, algorithm="AES-256")
    raw = raw_of(bytes_of(writer), tmp_path)
    assert "每月领取五十元" in raw.text
    assert raw.remarks == (
        "这份 PDF 设了权限，作者不允许复制文字、修改；文字已照常读入，请确认可以公开引用后再上线。",
    )


def test_damaged_directory_is_told_and_the_pages_read(tmp_path: Path):
    content = bytes_of(printed())
    place = content.rindex(b"startxref")
    raw = raw_of(content[:place] + b"startxref\n7\n%%EOF\n", tmp_path)
    assert "每月领取五十元" in raw.text
    assert raw.remarks == ("这份 PDF 的目录（交叉引用表）有损坏，能找到的都读了，请对照原件核对有没有缺页。",)


def test_refusal_says_that_a_download_is_not_complete(tmp_path: Path):
    with pytest.raises(DocumentError, match="没有下载完"):
        raw_of(bytes_of(printed())[:300], tmp_path)
