"""One law in every format, each file saved by LibreOffice: the same words, the same outline."""

import re
from difflib import SequenceMatcher
from pathlib import Path

import pytest
from docx import Document
from factories import CORPUS
from word_files import libreoffice, needs_libreoffice, saved

from ingest.document import build_document
from ingest.read import read
from kb.models import PolicyDocument

LAW = CORPUS / "物业管理条例(2018-03-19).md"


def plain_lines() -> list[str]:
    """The law as it is printed, a paragraph a line."""
    text = re.sub(r"<!--.*?-->|[#*]", "", LAW.read_text(encoding="utf-8"), flags=re.DOTALL)
    return [line.strip() for line in text.splitlines() if line.strip()]


def word_file() -> bytes:
    document = Document()
    for line in plain_lines():
        document.add_paragraph(line)
    return saved(document)


def as_document(path: Path) -> PolicyDocument:
    return build_document(read(path), source=path.name, path=str(path), sha256="0" * 64, document_id="law")


def words(text: str) -> str:
    return re.sub(r"[\s#*]", "", text)


@needs_libreoffice
@pytest.mark.parametrize("suffix", [".docx", ".doc", ".odt", ".rtf", ".html"])
def test_words_and_outline(tmp_path: Path, suffix: str):
    path = tmp_path / f"law{suffix}"
    path.write_bytes(libreoffice(word_file(), ".docx", tmp_path, suffix[1:]))
    made, expected = as_document(path), as_document(LAW)
    source = words("\n".join(plain_lines()))
    alike = SequenceMatcher(None, source, words(made.text), autojunk=False).ratio()
    assert alike >= 0.995
    assert [(s.level, s.label) for s in made.sections] == [(s.level, s.label) for s in expected.sections]
    assert made.title == expected.title
