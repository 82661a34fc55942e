"""Encodings are recognised from the bytes, in texts as short as a notice."""

from pathlib import Path

import pytest
from factories import CORPUS

from ingest.readers.plain_text import decoded, read_plain_text
from kb.errors import DocumentError

SIMPLIFIED = "关于做好2023年高温津贴发放工作的通知\n各街道办事处：请于6月底前完成。"
TRADITIONAL = "關於發放2023年高溫津貼的通知\n各區公所：請於6月底前完成。"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030", "gbk"]
)
def test_simplified_text_decoded_in_every_encoding(encoding: str):
    assert read_plain_text(SIMPLIFIED.encode(encoding)) == SIMPLIFIED


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "big5", "big5hkscs", "gb18030"])
def test_traditional_text_decoded_in_every_encoding(encoding: str):
    assert read_plain_text(TRADITIONAL.encode(encoding)) == TRADITIONAL


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*.md")), ids=lambda path: path.stem)
def test_single_corpus_line_in_gb18030_not_read_as_big5(path: Path):
    """Lines of ten or more characters stand for the shortest files."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if len(line) >= 10]
    misread_lines = [line for line in lines if decoded(line.encode("gb18030")) != line]
    assert misread_lines == []


def test_rare_gb18030_characters_decoded():
    text = "王䶮、李𠮷二人的低保待遇已核定，请按月发放。"
    assert decoded(text.encode("gb18030")) == text


def test_declared_encoding_wins_tie():
    assert decoded("ａｂｃ".encode("big5hkscs"), "big5hkscs") == "ａｂｃ"


@pytest.mark.parametrize("content", [b"\x00\x01\x02\x03" * 30, b"PK\x00\x00" * 20, bytes(range(256)) * 3])
def test_binary_content_refused(content: bytes):
    with pytest.raises(DocumentError):
        decoded(content)
