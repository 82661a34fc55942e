"""kb.language.sentences: where official Chinese may be cut."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.language.sentences import clauses, sentences, unit_brackets
from kb.models import Span

CORPUS = Path(__file__).parents[3] / "corpus"


def cut(text: str) -> list[str]:
    return [span.of(text) for span in sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "国家秘密受法律保护。任何危害都必须追究！",
            ["国家秘密受法律保护。", "任何危害都必须追究！"],
            id="stops",
        ),
        pytest.param("第一款。\n第二款。", ["第一款。", "第二款。"], id="line_end"),
        pytest.param(
            "他说：“可以办理。”随后离开。",
            ["他说：“可以办理。”", "随后离开。"],
            id="stop_inside_closing_quote",
        ),
        pytest.param(
            "（以下简称条例。下同）适用。完。",
            ["（以下简称条例。下同）适用。", "完。"],
            id="stop_inside_bracket",
        ),
        pytest.param("依据《通知。附件》办理。", ["依据《通知。附件》办理。"], id="stop_inside_book_title"),
        pytest.param(
            "支持度达99.5%以上，共1.5万户。", ["支持度达99.5%以上，共1.5万户。"], id="decimal_point"
        ),
        pytest.param("五.一期间休市。", ["五.一期间休市。"], id="dot_in_date"),
        pytest.param(
            "网址是http://a.cn/b?id=3。", ["网址是http://a.cn/b?id=3。"], id="question_mark_in_address"
        ),
        pytest.param("包括教育、医疗……等方面。", ["包括教育、医疗……等方面。"], id="ellipsis_goes_on"),
        pytest.param(
            "“何时办？”、“何处办？”的疑问都要答。",
            ["“何时办？”、“何处办？”的疑问都要答。"],
            id="quoted_questions_in_a_row",
        ),
        pytest.param(
            "“未闭合的引号。后面照常断。",
            ["“未闭合的引号。", "后面照常断。"],
            id="lone_quote_shields_nothing",
        ),
        pytest.param(
            "（一）身份证；（二）户口簿。",
            ["（一）身份证；（二）户口簿。"],
            id="semicolon_is_no_sentence_end",
        ),
        pytest.param(
            "现就有关事项通知如下： 　　一、撤销全市交通卡口",
            ["现就有关事项通知如下：", "一、撤销全市交通卡口"],
            id="run_of_spaces",
        ),
        pytest.param(
            "第一条　　为了规范管理，制定本办法。",
            ["第一条　　为了规范管理，制定本办法。"],
            id="gap_after_number",
        ),
        pytest.param(
            "推进产业迭代升级。(牵头单位:区发改委)、重塑商圈(牵头单位:区商务局)、坚持优品质。",
            ["推进产业迭代升级。", "(牵头单位:区发改委)", "重塑商圈(牵头单位:区商务局)", "坚持优品质。"],
            id="unit_bracket_ends_a_measure",
        ),
        pytest.param(
            "加大力度(责任单位:区营商办)。全面公开。",
            ["加大力度(责任单位:区营商办)。", "全面公开。"],
            id="stop_after_unit_bracket",
        ),
        pytest.param("推动向社区(村)延伸。", ["推动向社区(村)延伸。"], id="ordinary_bracket"),
        pytest.param("", [], id="empty"),
        pytest.param(" 　\n", [], id="white_space"),
    ],
)
def test_sentences_end_at_stops_outside_quotes_and_brackets(text: str, expected: list[str]) -> None:
    assert cut(text) == expected


def test_sentences_stay_within_the_given_span() -> None:
    text = "甲事项。乙事项。丙事项。"
    assert [span.of(text) for span in sentences(text, Span(start=4, end=8))] == ["乙事项。"]


def test_clauses_cut_at_commas_outside_brackets_and_numbers() -> None:
    text = "补贴1,000元，按月发放；符合条件（含退休，不含离休）的，由本人申请。"
    assert [span.of(text) for span in clauses(text)] == [
        "补贴1,000元，",
        "按月发放；",
        "符合条件（含退休，不含离休）的，",
        "由本人申请。",
    ]


def test_unit_bracket_without_end_stops_at_the_sentence() -> None:
    text = "做好工作(责任单位:区教体局。下一项工作。"
    assert [span.of(text) for span in unit_brackets(text)] == ["(责任单位:区教体局"]


@given(st.text(alphabet="政策公开一二。！？；，：（）()“”《》、… 　\n单位责任:牵头.1a", max_size=200))
def test_sentences_hold_every_character_but_space_and_separators(text: str) -> None:
    spans = sentences(text)
    assert all(a.end <= b.start for a, b in pairwise(spans))
    covered = {i for span in spans for i in range(span.start, span.end)}
    left = {char for i, char in enumerate(text) if i not in covered}
    assert all(char.isspace() or char in "、，,;；。" for char in left)


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*-*-*.md")), ids=lambda path: path.stem)
def test_sentences_of_laws_end_at_stops_or_paragraph_ends(path: Path) -> None:
    """In a law every sentence ends with 。, or with ； or ： at the end of its paragraph."""
    text = path.read_text(encoding="utf-8").partition("<!-- INFO END -->")[2]
    for span in sentences(text):
        sentence = span.of(text)
        if not sentence.startswith("#"):
            assert sentence[-1] in "。；：:;" or text[span.end : span.end + 1] in ("\n", ""), sentence
