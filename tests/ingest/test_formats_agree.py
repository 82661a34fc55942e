"""A law and a work plan in every format, each file saved by LibreOffice: the same words, the same outline."""

import re
from difflib import SequenceMatcher
from pathlib import Path

import pytest
from docx import Document
from factories import CORPUS, WORK_PLAN
from word_files import libreoffice, needs_libreoffice, saved

from ingest.document import build_document
from ingest.read import read
from kb.models import PolicyDocument

LAW = CORPUS / "物业管理条例(2018-03-19).md"


def plain_lines(source: Path) -> list[str]:
    """The document as it is printed, a paragraph a line."""
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
@pytest.mark.parametrize("suffix", [".docx", ".doc", ".odt", ".rtf", ".html"])
@pytest.mark.parametrize("source", [LAW, WORK_PLAN], ids=["law", "work_plan"])
def test_words_and_outline(tmp_path: Path, source: Path, suffix: str):
    path = tmp_path / f"{source.stem}{suffix}"
    path.write_bytes(libreoffice(word_file(source), ".docx", tmp_path, suffix[1:]))
    made, expected = as_document(path), as_document(source)
    alike = SequenceMatcher(None, words(expected.text), words(made.text), autojunk=False).ratio()
    assert alike >= 0.995
    assert [(s.level, s.label) for s in made.sections] == [(s.level, s.label) for s in expected.sections]
    assert made.title == expected.title
