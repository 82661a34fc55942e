"""Answerability: an answer must say the asked point, not only treat the same subject."""

import pytest

from kb.answering.answerability import unsaid

MEASURE = "各部门至少确定1名政策解答员,各街道至少安排1-2名政策解答员。"
PLAN = "2023年浔阳区政务公开工作要点"


@pytest.mark.parametrize(
    ("question", "point"),
    [
        pytest.param("政策解答员工资多少？", "金额", id="salary"),
        pytest.param("培训政策解答员花了多少钱？", "金额", id="cost"),
        pytest.param("政策解答员的电话是多少？", "联系方式", id="phone"),
        pytest.param("2024年要确定几名政策解答员？", "年份", id="another_year"),
        pytest.param("政策解答员在哪条路几号办公？", "地址", id="address"),
        pytest.param("政策解答员一年培训几期？", "数量", id="another_measure_word"),
        pytest.param("日本要确定几名政策解答员？", "地区", id="another_country"),
        pytest.param("濂溪区要确定几名政策解答员？", "地区", id="another_district"),
    ],
)
def test_missing_point_is_named(question: str, point: str):
    assert unsaid(question, MEASURE, PLAN, MEASURE) == point


@pytest.mark.parametrize(
    "question",
    [
        "街道要安排几名政策解答员？",
        "2023年要确定几名政策解答员？",
        "浔阳区的政策解答员怎么安排？",
        "电话里问政策找谁？",
        "加强互动用哪几个渠道？",
        "小区里怎么确定政策解答员？",
        "能不能给政策解答员开工资？",
    ],
)
def test_answerable_questions_pass(question: str):
    assert unsaid(question, MEASURE, PLAN, MEASURE) is None


def test_free_of_charge_counts_as_an_amount():
    assert unsaid("义务教育要交多少钱学费？", "实施义务教育，不收学费、杂费。", "义务教育法", "") is None


def test_national_law_answers_for_every_district():
    assert unsaid("濂溪区的孩子几岁入学？", "凡年满六周岁的儿童，应当入学。", "义务教育法", "") is None


def test_charge_without_its_sum_is_no_amount():
    law = "不收取费用。但是，超过合理范围的，可以收取信息处理费。"
    assert unsaid("信息处理费一件收几块钱？", law, "政府信息公开条例", "") == "金额"
