"""kb.lookup.clarifying.open_matter: a bare matter, one side of a matter, and everything else."""

import pytest

from kb.answers import Option
from kb.lookup.clarifying.clarifying import choice
from kb.lookup.clarifying.open_matter import bare_matter, side_of_matter
from kb.lookup.clarifying.sides import Side

KINDS = (
    Option(label="职工基本医疗保险", question="职工基本医疗保险由谁缴费"),
    Option(label="城乡居民基本医疗保险", question="城乡居民基本医疗保险由谁缴费"),
)


@pytest.mark.parametrize(
    ("text", "matter"),
    [
        pytest.param("低保", "低保", id="one_word"),
        pytest.param("公积金？", "公积金", id="question_mark"),
        pytest.param("我想了解一下低保政策", "低保", id="asking_to_be_told"),
        pytest.param("请问工伤保险的事", "工伤保险", id="the_matter_of"),
        pytest.param("信息公開", "信息公开", id="traditional"),
    ],
)
def test_text_that_asks_nothing_of_a_matter_is_a_bare_matter(text: str, matter: str) -> None:
    assert bare_matter(text) == matter


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("低保怎么申请", id="how"),
        pytest.param("低保标准", id="side_without_question_word"),
        pytest.param("信访工作条例", id="title"),
        pytest.param("谁牵头", id="no_matter"),
        pytest.param("申请条件", id="side_alone"),
        pytest.param("单位不给交社保我该去哪里告他们", id="whole_question"),
        pytest.param("", id="empty"),
    ],
)
def test_text_that_asks_something_is_no_bare_matter(text: str) -> None:
    assert bare_matter(text) is None


@pytest.mark.parametrize(
    ("text", "matter", "side"),
    [
        pytest.param("低保要符合什么条件？", "低保", Side.CONDITIONS, id="conditions"),
        pytest.param("办理居住证要带什么材料", "居住证", Side.MATERIALS, id="materials"),
        pytest.param("失业金的期限是多久", "失业金", Side.TIME, id="time"),
        pytest.param("临时救助由哪个部门负责", "临时救助", Side.UNITS, id="units"),
    ],
)
def test_question_for_one_side_is_read_as_matter_and_side(text: str, matter: str, side: Side) -> None:
    asked = side_of_matter(text)
    assert asked is not None and (asked.matter, asked.side) == (matter, side)


def test_question_that_says_more_than_a_matter_has_no_single_side() -> None:
    assert side_of_matter("失业人员领取失业金的条件") is None


@pytest.mark.parametrize(
    ("reply", "chosen"),
    [
        pytest.param("第二个", 1, id="ordinal"),
        pytest.param("1", 0, id="digit"),
        pytest.param("最后一个", 1, id="last"),
        pytest.param("居民的", 1, id="word_of_one"),
        pytest.param("我问的是职工", 0, id="with_lead"),
        pytest.param("第五个", None, id="no_such_number"),
        pytest.param("基本医疗保险", None, id="word_of_both"),
        pytest.param("养老保险", None, id="word_of_none"),
    ],
)
def test_reply_chooses_by_number_or_by_words_of_one_label(reply: str, chosen: int | None) -> None:
    assert choice(reply, KINDS) == (None if chosen is None else KINDS[chosen])
