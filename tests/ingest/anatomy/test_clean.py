"""ingest.anatomy.clean: removes the frame of web pages and nothing else."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.anatomy.clean import clean
from ingest.raw_text import RawText

CORPUS = Path(__file__).parents[3] / "corpus"
BODY = "一、做好政务公开\n各部门要落实责任。\n首页设置专栏，展示政务公开信息。"


def cleaned(text: str) -> str:
    return clean(RawText(text=text)).text


def test_work_plan_loses_only_its_footer() -> None:
    text = (CORPUS / "2023年浔阳区政务公开工作要点.txt").read_text(encoding="utf-8")
    kept, _, footer = text.partition("\n扫一扫在手机打开当前页")
    assert footer.split() == ["首页", "政务资讯", "政务公开", "政务服务", "政府数据", "政民互动", "走进浔阳"]
    assert cleaned(text) == kept


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*-*-*.md")), ids=lambda path: path.stem)
def test_laws_lose_only_their_html_comment(path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace("\u200b", "")  # two of them hold a space of no width
    squeezed = re.sub(r"\s", "", cleaned(text))
    assert squeezed == re.sub(r"\s", "", text.replace("<!-- INFO END -->", ""))


@pytest.mark.parametrize(
    "line",
    [
        "首页",
        "首页 政务资讯 政务公开 政务服务",
        "当前位置：首页 > 政务公开 > 政策文件",
        "字号：大 中 小",
        "字体：[大] [中] [小]",
        "打印本页",
        "【打印】【关闭】",
        "【关闭窗口】",
        "分享到：微信 微博",
        "浏览次数：1234",
        "扫一扫在手机打开当前页",
        "版权所有：某区人民政府 赣ICP备05005588号",
        "主办单位：某区人民政府办公室",
        "走进浔阳",
    ],
)
def test_boilerplate_removed_at_both_ends(line: str) -> None:
    assert cleaned(f"{line}\n{BODY}\n{line}\n") == BODY


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("政务公开", id="column_name_amid_the_text"),
        pytest.param("主办单位：区文旅局", id="organiser_amid_the_text"),
        pytest.param("首页设置专栏。", id="sentence_about_the_home_page"),
        pytest.param("大中小企业均可申报。", id="sizes_in_a_sentence"),
        pytest.param("打印机等设备纳入集中采购。", id="printers"),
    ],
)
def test_boilerplate_like_lines_amid_the_text_stay(line: str) -> None:
    text = f"总体要求如下。\n{line}\n具体要求另行通知。"
    assert cleaned(text) == text


def test_boilerplate_run_removed_only_at_the_end() -> None:
    assert cleaned("一、公开事项\n政务公开\n政务服务\n以上事项由各部门负责。\n政务公开\n首页") == (
        "一、公开事项\n政务公开\n政务服务\n以上事项由各部门负责。"
    )


def test_invisible_characters_trailing_spaces_and_blank_lines_removed() -> None:
    assert cleaned("\ufeff政\u200b策\u00ad解答　 \n\n\n\n\u00a0工作  \n") == "政策解答\n\n 工作"


def test_unclosed_comment_stays() -> None:
    assert cleaned("甲<!-- 乙") == "甲<!-- 乙"


@given(
    st.lists(
        st.sampled_from(
            [
                "首页\n",
                "政务公开\n",
                "甲事项。",
                "\n\n\n",
                " \n",
                "<!-- 注\n释 -->",
                "\u200b",
                "扫一扫在手机打开当前页\n",
                "乙",
            ]
        ),
        max_size=30,
    ),
    st.data(),
)
def test_page_starts_follow_their_characters(pieces: list[str], data: st.DataObject) -> None:
    """The clean text behind a page start is a subsequence of the raw text behind it."""
    text = "".join(pieces)
    starts = tuple(sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=4))))
    result = clean(RawText(text=text, page_starts=starts))
    assert list(result.page_starts) == sorted(result.page_starts)
    for before, after in zip(starts, result.page_starts, strict=True):
        assert 0 <= after <= len(result.text)
        kept = clean(RawText(text=text)).text
        assert kept == result.text
        rest = iter(text[before:])
        assert all(char in rest for char in result.text[after:])  # a subsequence of the raw text


def test_radicals_become_the_characters_they_stand_for() -> None:
    raw = RawText(
        text="每⼾补助⼆千元，⾃2024年5⽉1⽇起；⻔牌、⻋辆、⻢路、⻓者、⺠政。", hints={"title": "⼾籍"}
    )
    cleaned = clean(raw)
    assert cleaned.text == "每户补助二千元，自2024年5月1日起；门牌、车辆、马路、长者、民政。"
    assert cleaned.hints["title"] == "户籍"
