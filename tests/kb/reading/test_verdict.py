"""Which questions are answered by yes or no, and with which word."""

import pytest
from factories import make_hit

from kb.hits import Hit, PassageReading
from kb.reading.verdict import asks_yes_or_no, said, verdict_of


def read_hit(*, relevance: float = 3.0, yes: float = 0.0, no: float = 0.0) -> Hit:
    reading = PassageReading(relevance=relevance, marks=(), yes=yes, no=no)
    return make_hit("任何单位和个人不得收取押金。").model_copy(update={"reading": reading})


@pytest.mark.parametrize(
    "question",
    [
        "外地人能办居住证吗？",
        "租房可不可以提取公积金",
        "孕妇上夜班，公司这样安排合不合法？",
        "残疾人坐公交要钱不",
        "是否需要本人到场",
    ],
)
def test_question_for_yes_or_no_is_recognised(question: str):
    assert asks_yes_or_no(question)


@pytest.mark.parametrize(
    "question", ["低保每月多少钱", "办居住证要带什么材料", "公积金能提取几次吗", "职工医保还是居民医保"]
)
def test_question_for_a_point_is_not_answered_by_yes_or_no(question: str):
    assert not asks_yes_or_no(question)


@pytest.mark.parametrize(
    ("question", "yes", "no"),
    [
        ("公司可以收押金吗？", "可以。", "不可以。"),
        ("补办身份证要交钱吗", "需要。", "不需要。"),
        ("外来务工人员有没有高温津贴", "有。", "没有。"),
        ("公厕免费吗", "是。", "否。"),
        ("合伙企业登记两个主要经营场所，行得通吗", "是。", "否。"),
    ],
)
def test_word_of_a_verdict_follows_the_verb_of_the_question(question: str, yes: str, no: str):
    assert (said(question, "yes"), said(question, "no")) == (yes, no)


def test_sure_passage_that_forbids_says_no():
    assert verdict_of("公司可以收押金吗", read_hit(no=0.97)) == "no"


@pytest.mark.parametrize(
    ("question", "hit"),
    [
        ("公司可以收押金吗", read_hit(yes=0.5, no=0.45)),
        ("公司可以收押金吗", read_hit(relevance=-2.0, no=0.97)),
        ("押金什么时候退", read_hit(no=0.97)),
        ("公司可以收押金吗", make_hit("任何单位和个人不得收取押金。")),
    ],
)
def test_nothing_is_said_where_the_reader_is_not_sure(question: str, hit: Hit):
    assert verdict_of(question, hit) is None
