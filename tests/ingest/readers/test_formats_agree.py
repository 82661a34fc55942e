"""A law and a work plan in every format, each file saved by LibreOffice: the same words, the same outline."""

import re
from difflib import SequenceMatcher
from pathlib import Path

import pytest
from docx import Document
from factories import CORPUS, WORK_PLAN
from word_files import libreoffice, needs_libreoffice, saved

from ingest.anatomy.document import build_document
from ingest.readers.read import read
from kb.models import PolicyDocument

LAW = CORPUS / "物业管理条例(2018-03-19).md"


def plain_lines(source: Path) -> list[str]:
    """The document as it is printed, one paragraph per line."""
    text = re.sub(r"<!--.*?-->|[#*]", "", source.read_text(encoding="utf-8"), flags=re.DOTALL)
    return [line.strip() for line in text.splitlines() if line.strip()]


def word_file(source: Path) -> bytes:
    document = Document()
    for line in plain_lines(source):
        document.add_paragraph(line)
    return saved(document)


def as_document(path: Path) -> PolicyDocument:
    return build_document(read(path), source=path.name, path=str(path), sha256="0" * 64, document_id="law")


def words(text: str) -> str:
    return re.sub(r"[\s#*]", "", text)


@pytest.mark.slow
@needs_libreoffice
@pytest.mark.parametrize("suffix", [".docx", ".doc", ".odt", ".rtf", ".html", ".pdf"])
@pytest.mark.parametrize("source", [LAW, WORK_PLAN], ids=["law", "work_plan"])
def test_words_and_outline_agree_in_every_format(tmp_path: Path, source: Path, suffix: str):
    path = tmp_path / f"{source.stem}{suffix}"
    path.write_bytes(libreoffice(word_file(source), ".docx", tmp_path, suffix[1:]))
    converted, expected = as_document(path), as_document(source)
    similarity = SequenceMatcher(None, words(expected.text), words(converted.text), autojunk=False).ratio()
    assert similarity >= 0.995
    assert [(s.level, s.label) for s in converted.sections] == [(s.level, s.label) for s in expected.sections]
    assert converted.title == expected.title


TABLE = (
    ("序号", "事项名称", "办理时限", "咨询电话"),
    ("1", "公共租赁住房申请", "30个工作日", "0792-8220001"),
    ("2", "城乡居民基本养老保险参保登记，含户籍不在本区而在本区居住的人员", "当场办结", "0792-8220002"),
    ("3", "老年人优待证", "5个工作日", "0792-8220003"),
)


@pytest.mark.slow
@needs_libreoffice
@pytest.mark.parametrize("suffix", [".docx", ".odt", ".html", ".pdf"])
def test_table_cells_follow_their_headers_in_every_format(tmp_path: Path, suffix: str):
    document = Document()
    document.add_paragraph("浔阳区办事指南")
    table = document.add_table(rows=0, cols=4, style="Table Grid")
    for row in TABLE:
        for cell, value in zip(table.add_row().cells, row, strict=True):
            cell.text = value
    path = tmp_path / f"办事指南{suffix}"
    path.write_bytes(libreoffice(saved(document), ".docx", tmp_path, suffix[1:]))
    text = read(path).text
    head, *rows = TABLE
    for row in rows:
        assert "；".join(f"{name}：{value}" for name, value in zip(head, row, strict=True)) in text, text
