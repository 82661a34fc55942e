"""ingest.anatomy.document: raw text to document, all steps together."""

from datetime import date
from time import perf_counter

import pytest

from ingest.anatomy.document import build_document
from ingest.raw_text import RawText
from ingest.structure.chunks import chunk_document

TEXT = """首页
关于做好政务公开的通知
各街道：
一、做好公开。
二、做好解读。
浔阳区人民政府办公室
2023年9月4日
首页
"""


def test_build_document_fills_metadata_and_sections() -> None:
    built = build_document(
        RawText(text=TEXT), source="通知.txt", path="/a/通知.txt", sha256="0", document_id="d1"
    )
    assert (built.id, built.title, built.source, built.path) == (
        "d1",
        "关于做好政务公开的通知",
        "通知.txt",
        "/a/通知.txt",
    )
    assert built.issuer == "浔阳区人民政府办公室"
    assert built.dated == date(2023, 9, 4)
    assert [section.span.of(built.text) for section in built.sections] == ["一、做好公开。", "二、做好解读。"]
    assert "首页" not in built.text


def test_delivered_title_wins_over_title_in_text() -> None:
    built = build_document(
        RawText(text=TEXT), source="d", path="d", sha256="0", document_id="d1", title=" 公开通知 "
    )
    assert built.title == "公开通知"


def test_truncated_delivered_title_replaced_by_title_in_text() -> None:
    text = (
        "关于调整补贴标准的通知 各区民政局： 为保障困难群众基本生活，现将补贴标准调整如下。"
        " 一、每人每月60元。 浔北市民政局 2020年12月20日"
    )
    built = build_document(
        RawText(text=text), source="d", path="d", sha256="0", document_id="d1", title=text[:26]
    )
    assert built.title == "关于调整补贴标准的通知"
    (*_, chunk) = chunk_document(built, len)
    assert chunk.document_title == text[:26]  # longer titles find better


def test_reader_hints_reach_the_document() -> None:
    hints = {"source_url": "https://www.xunyang.example/1.html", "index_number": "0145/2020-88"}
    raw = RawText(text=TEXT, hints=hints)
    built = build_document(raw, source="d", path="d", sha256="0", document_id="d1")
    assert (built.url, built.index_number) == (hints["source_url"], hints["index_number"])


def test_blank_delivered_title_ignored() -> None:
    built = build_document(RawText(text=TEXT), source="d", path="d", sha256="0", document_id="d1", title=" ")
    assert built.title == "关于做好政务公开的通知"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(" " * 200_000 + "字", id="spaces"),
        pytest.param("\u3000" * 200_000 + "字", id="wide_spaces"),
        pytest.param("\n" * 200_000 + "字", id="line_ends"),
        pytest.param("（" * 200_000, id="open_brackets"),
        pytest.param("(责任单位:" * 40_000, id="open_unit_brackets"),
        pytest.param("<!--" * 50_000, id="open_comments"),
        pytest.param("2023年9月4日\n" * 20_000, id="dates"),
        pytest.param("浔阳区人民政府办公室\n" * 18_000 + "2023年9月4日", id="organs"),
        pytest.param("第一" * 100_000, id="half_numbers"),
        pytest.param("首页 " * 60_000, id="navigation"),
        pytest.param("责任单位：甲\n" * 25_000, id="unit_lines"),
        pytest.param("发文字号：" * 40_000, id="box_labels"),
    ],
)
def test_build_time_linear_on_hostile_text(text: str) -> None:
    """Each text takes well under a second; patterns that try every start of a run took minutes."""
    start = perf_counter()
    build_document(RawText(text=text), source="d", path="d", sha256="0", document_id="d1")
    assert perf_counter() - start < 10


@pytest.mark.parametrize("text", ["## 附录\n", "##\n"])
def test_marks_of_headings_alone_are_no_title(text: str):
    document = build_document(
        RawText(text=text), source="附录.txt", path="/附录.txt", sha256="0" * 64, document_id="a"
    )
    assert document.title == "附录"


def test_missing_article_numbers_are_reported():
    articles = (
        "第一条 为了管理地名，制定本办法。",
        "第二条 地名应当规范。",
        "第五条 本办法自印发之日起施行。",
    )
    text = "\n".join(("溪口区地名办法", *articles))
    document = build_document(
        RawText(text=text), source="a.txt", path="/a.txt", sha256="0" * 64, document_id="a"
    )
    assert document.remarks == ("条号不连续，没有读到第 3 至 4 条；请对照原件核对。",)


@pytest.mark.parametrize(
    "text, name",
    [
        pytest.param("溪口区城市绿化条例\n（2010修订）\n", "a.txt", id="line_below"),
        pytest.param("溪口区城市绿化条例（2010修订）\n", "a.txt", id="same_line"),
        pytest.param("", "溪口区城市绿化条例（2010修订）.txt", id="file_name"),
    ],
)
def test_title_keeps_the_edition_that_it_names(text: str, name: str):
    raw = RawText(text=f"{text}第一条 为了绿化，制定本条例。\n第二条 居民应当爱护树木。\n")
    document = build_document(raw, source=name, path=f"/{name}", sha256="0" * 64, document_id="a")
    assert document.title == "溪口区城市绿化条例（2010修订）"
