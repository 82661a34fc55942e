"""kb.question.parts: the questions that a compound question asks."""

import pytest

from kb.question.parts import parts_in


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("欠物业费会怎样？欠社保费每天加收多少滞纳金？", ["欠物业费会怎样", "欠社保费每天加收多少滞纳金"]),
        ("居住证几年签注一次，补领要不要交工本费？", ["居住证几年签注一次", "补领要不要交工本费"]),
        ("低保向哪里申请，谁审批？", ["低保向哪里申请", "谁审批"]),
    ],
)
def test_question_that_asks_twice_has_two_parts(question: str, asked: list[str]):
    assert [part.asked for part in parts_in(question)] == asked


@pytest.mark.parametrize(
    "question",
    [
        "交了三年失业保险，失业金最长领几个月？",
        "年休假没休，单位按多少付钱？",
        "新旧保密法里，定密责任人有什么变化",
        "你好？低保怎么申请？",
    ],
)
def test_question_that_asks_once_is_whole(question: str):
    assert [part.text for part in parts_in(question)] == [question]


def test_part_that_leans_on_the_part_before_is_joined_to_it():
    parts = parts_in("信息公开申请收不收费？多久答复？")
    assert [part.text for part in parts] == ["信息公开申请收不收费", "信息公开申请收不收费 多久答复"]


def test_part_behind_a_comma_gets_the_topic_of_the_part_before():
    assert parts_in("低保向哪里申请，谁审批？")[1].text == "低保 谁审批"


def test_part_behind_a_long_story_gets_the_name_of_the_matter():
    text = "居民身份证有效期满换新的要不要交钱，几天能拿到"
    assert parts_in(text, lambda name: name == "居民身份证")[1].text == "居民身份证 几天能拿到"
