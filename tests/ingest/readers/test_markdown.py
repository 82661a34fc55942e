"""Markdown keeps its text; only the rows of its tables are written as lines."""

import pytest
from factories import CORPUS

from ingest.readers.markdown import read_markdown

TABLE = """# 补贴办法

## 一、补贴标准

表1 补贴标准

| 职业 | 等级 | 标准 |
|:-----|:----:|-----:|
| 电工 | 高级 | 2000元 |
| 焊工 | 中\\|初级 | 1500元<br>（含税） |

按月发放。
"""


def test_table_rows_written_as_lines():
    raw = read_markdown(TABLE)
    assert raw.text.splitlines()[6:] == [
        "职业：电工；等级：高级；标准：2000元",
        "职业：焊工；等级：中|初级；标准：1500元 （含税）",
        "",
        "按月发放。",
    ]
    (place,) = raw.tables
    assert place.span.of(raw.text).splitlines()[0] == "职业：电工；等级：高级；标准：2000元"
    assert place.span.of(raw.text).splitlines()[-1] == "职业：焊工；等级：中|初级；标准：1500元 （含税）"


def test_line_before_table_is_its_caption():
    raw = read_markdown(TABLE.replace("补贴标准\n\n|", "补贴标准\n|"))
    assert raw.tables[0].caption == "表1 补贴标准"
    assert raw.tables[0].span.of(raw.text).startswith("表1 补贴标准\n职业：电工")


def test_bars_outside_table_or_in_code_block_are_no_table():
    text = "姓名|电话\n张三|8122001\n\n---\n```\n| a | b |\n|---|---|\n```\n"
    assert read_markdown(text).text == text


def test_law_without_tables_is_unchanged():
    for path in CORPUS.glob("*(*).md"):
        text = path.read_text(encoding="utf-8")
        assert read_markdown(text).text == text


@pytest.mark.parametrize(
    "heading",
    ["# 溪口区养犬办法 #", "溪口区养犬办法\n======", "＃ 溪口区养犬办法", "# **溪口区养犬办法**"],
)
def test_heading_in_every_style_loses_its_marks(heading: str) -> None:
    text = read_markdown(heading + "\n\n第一条 每户**限养**一只。").text
    assert [line.removeprefix("# ") for line in text.split("\n") if line] == [
        "溪口区养犬办法",
        "第一条 每户限养一只。",
    ]


def test_stars_that_mask_a_number_stay() -> None:
    assert read_markdown("电话：138****5678、139****1234\n").text == "电话：138****5678、139****1234\n"
