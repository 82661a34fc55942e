"""Encodings are recognised from the bytes, in texts as short as a notice."""

from datetime import date
from pathlib import Path

import pytest
from factories import CORPUS

from ingest.anatomy.document import build_document
from ingest.readers.plain_text import decoded, read_plain_text
from ingest.readers.read import read
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


BOX = (
    "标题：溪口区老年人优待办法\n索引号：014001/2024-00031\n发布机构：溪口区民政局\n"
    "成文日期：2024-05-06\n发布日期：2024-05-20\n文号：溪民发〔2024〕12号\n"
)
ARTICLES = "第一条 为了优待老年人，制定本办法。\n第二条 年满六十周岁的老年人免费乘车。\n"


@pytest.mark.parametrize("above", ["", "溪口区老年人优待办法\n\n"], ids=["at_the_head", "below_the_title"])
def test_information_box_of_a_text_file_is_no_text(above: str, tmp_path: Path):
    file = tmp_path / "a.txt"
    file.write_text(f"{above}{BOX}\n{ARTICLES}", encoding="utf-8")
    raw = read(file)
    assert raw.text.split() == (above + ARTICLES).split()
    assert raw.box["index_number"] == "014001/2024-00031"
    document = build_document(raw, source="a.txt", path="/a.txt", sha256="0" * 64, document_id="a")
    assert (document.title, document.number) == ("溪口区老年人优待办法", "溪民发〔2024〕12号")
    assert (document.issuer, document.index_number) == ("溪口区民政局", "014001/2024-00031")
    assert (document.written_date, document.published_date) == (date(2024, 5, 6), date(2024, 5, 20))


def test_lines_that_are_no_information_box_stay_in_the_text(tmp_path: Path):
    file = tmp_path / "a.txt"
    text = "办理地址：人民路1号\n发布单位：溪口区民政局\n时间：每天八点\n年满六十周岁的老年人免费乘车。\n"
    file.write_text(text, encoding="utf-8")
    assert read(file).text == text
