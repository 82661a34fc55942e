"""kb.question.rewrite: follow-ups get the matter of the question before; new topics do not."""

import pytest

from kb.models import Question
from kb.question.rewrite import is_name, matter_of, rewrite, wants_more

EARLIER = "规范性文件清理什么时候完成？"


@pytest.mark.parametrize(
    "text", ["谁牵头？", "什么时候?", "由谁负责？", "多久", "哪个部门负责？", "要多少天？", "责任单位呢？"]
)
def test_question_without_matter_gets_the_earlier_matter(text: str):
    query = rewrite(Question(text=text, history=("物业费谁定？", EARLIER)), {})
    assert query == f"规范性文件清理 {text}"


def test_other_subject_replaces_subject_of_its_kind():
    follow_up = Question(text="那街道呢？", history=("每个部门要确定几名政策解答员？",))
    assert rewrite(follow_up, {}) == "每个街道要确定几名政策解答员？"


def test_other_subject_is_put_in_front_without_one_of_its_kind():
    follow_up = Question(text="那特困人员呢", history=("低保怎么申请",))
    assert rewrite(follow_up, {}) == "特困人员 低保怎么申请"


def test_other_year_replaces_earlier_year():
    follow_up = Question(text="那2024年的呢？", history=("2023年政务公开工作要点由谁牵头？",))
    assert rewrite(follow_up, {}) == "2024年政务公开工作要点由谁牵头？"


def test_third_turn_keeps_matter_of_first_turn():
    follow_up = Question(text="什么时候公布结果？", history=(EARLIER, "谁牵头？"))
    assert rewrite(follow_up, {}) == "规范性文件清理 什么时候公布结果？"


def test_asking_for_more_repeats_the_earlier_question():
    assert wants_more("还有吗？") and wants_more("还有哪些") and not wants_more("还有街道的分工呢")
    assert rewrite(Question(text="还有吗？", history=(EARLIER,)), {}) == EARLIER


@pytest.mark.parametrize(
    "text",
    [
        "IPv6支持度要达到多少？",
        "怎么办离婚登记？",
        "街道要安排几名政策解答员？",
        "什么是国家秘密？",
        "那失业保险待遇怎么领？",
    ],
)
def test_new_topic_is_left_as_typed(text: str):
    assert rewrite(Question(text=text, history=(EARLIER,)), {}) == text


@pytest.mark.parametrize(
    ("question", "matter"),
    [
        (EARLIER, "规范性文件清理"),
        ("重塑大中路核心商圈由谁牵头？", "重塑大中路核心商圈"),
        ("信息公开申请多久答复？", "信息公开申请答复"),
        ("行政复议要在几天内申请", "行政复议申请"),
        ("信访事项多少天办完", "信访事项"),
        ("失业保险金最长领多久？", "失业保险金"),
        ("行政许可一般多少天办结？", "行政许可"),
        ("谁？", "谁"),
    ],
)
def test_matter_of_question_leaves_out_what_it_asks(question: str, matter: str):
    assert matter_of(question) == matter


def test_sides_asked_in_between_are_not_carried_on():
    history = ("行政复议要在几天内申请", "以前的老法也是六十天吗")
    assert rewrite(Question(text="收费不", history=history), {}) == "行政复议申请 收费不"


def test_condition_goes_with_the_matter_and_not_with_what_was_asked_of_it():
    follow_up = Question(text="要是证件丢失呢", history=("居住证怎么申领", "谁来审批？"))
    assert rewrite(follow_up, {}) == "居住证申领 证件丢失"


@pytest.mark.parametrize("text", ["那低保", "那低保呢", "低保呢"])
def test_matter_of_the_documents_takes_the_place_of_the_matter_before(text: str):
    follow_up = Question(text=text, history=("失业保险金怎么申请？",))
    assert rewrite(follow_up, {}, lambda name: name == "低保") == "低保怎么申请？"


def test_question_that_names_no_thing_is_joined_when_asked_to_be_bold():
    asked = Question(text="办不完能拖几天", history=("行政许可一般多少天办完",))
    assert rewrite(asked, {}) == "办不完能拖几天"
    assert rewrite(asked, {}, boldly=True) == "行政许可 办不完能拖几天"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("低保", True),
        ("生育保险", True),
        ("年休假", True),
        ("特困人员供养", True),
        ("申请材料", False),
        ("低保怎么申请", False),
        ("那低保", False),
        ("谁审批", False),
    ],
)
def test_name_of_a_matter_asks_nothing(text: str, named: bool):
    assert is_name(text) is named


def test_question_without_history_is_left_as_typed():
    assert rewrite(Question(text=" 谁牵头？ "), {}) == "谁牵头？"


def test_lay_word_in_earlier_question_becomes_official():
    follow_up = Question(text="谁牵头？", history=("红头文件清理什么时候完成？",))
    assert rewrite(follow_up, {"红头文件": "规范性文件"}) == "规范性文件清理 谁牵头？"


@pytest.mark.parametrize(
    ("before", "follow_up", "query"),
    [
        ("义务教育几岁入学？", "条件不具备的地方呢？", "条件不具备的地方 义务教育几岁入学？"),
        ("公务员泄密怎么处分？", "企业呢？", "企业 公务员泄密怎么处分？"),
        ("机密级保密多少年？", "绝密呢？", "绝密 机密级保密多少年？"),
    ],
)
def test_bare_subject_repeats_question_with_other_subject(before: str, follow_up: str, query: str):
    assert rewrite(Question(text=follow_up, history=(before,)), {}) == query


def test_subject_of_the_second_turn_keeps_the_matter_of_the_first():
    history = ("政策解答员什么时候公布名单？", "街道要几名？")
    assert rewrite(Question(text="部门呢？", history=history), {}) == "政策解答员公布名单 部门要几名？"


def test_story_told_before_is_left_out_of_the_matter():
    told = Question(text="多久出结果", history=("我摔断了腿，单位不给工伤认定，我能报吗",))
    assert rewrite(told, {}, lambda name: name == "工伤认定") == "工伤认定 多久出结果"


def test_topic_of_a_list_is_the_matter_of_what_is_asked_next():
    asked = Question(text="多久能批", history=("有没有关于住房公积金的文件",))
    assert rewrite(asked, {}) == "住房公积金 多久能批"


def test_what_was_counted_is_no_part_of_the_matter():
    assert matter_of("业主大会临时会议要多少业主提议？") == "业主大会临时会议"


def test_question_with_a_matter_of_its_own_stands_alone_behind_那():
    before = ("低保怎么申请",)
    assert rewrite(Question(text="那特困供养找谁申请", history=before), {}) == "那特困供养找谁申请"
    assert rewrite(Question(text="那工资怎么算", history=before), {}) == "低保申请 那工资怎么算"


def test_condition_told_in_between_is_carried_on():
    history = ("信访事项多少天办完", "对结果不服呢")
    assert rewrite(Question(text="找谁", history=history), {}).startswith("信访事项 对结果不服")
