"""kb.question.slots: the subject of a follow-up takes the place of its like in the question before."""

import pytest

from kb.models import Question
from kb.question.rewrite import rewrite
from kb.question.slots import in_its_place


@pytest.mark.parametrize(
    ("before", "subject", "put"),
    [
        ("城镇的低保标准是多少", "农村", "农村的低保标准是多少"),
        ("一级伤残发几个月工资", "四级", "四级伤残发几个月工资"),
        ("男职工多少岁退休", "女", "女职工多少岁退休"),
        ("2023年征求意见几月截止", "2024年", "2024年征求意见几月截止"),
        ("工作十二年的职工年休假几天", "才干了三年", "工作三年的职工年休假几天"),
        ("90岁老人高龄津贴多少", "100岁以上", "100岁以上老人高龄津贴多少"),
        ("现在春节放几天", "劳动节", "现在劳动节放几天"),
        ("申请教育救助找谁", "就业救助", "申请就业救助找谁"),
        ("学府路停车每日最高多少钱", "江滨大道", "江滨大道停车每日最高多少钱"),
        ("挪用专项维修资金怎么罚", "擅自改变物业管理用房用途", "擅自改变物业管理用房用途怎么罚"),
        ("优化营商环境条例何时施行", "政府信息公开条例", "政府信息公开条例何时施行"),
        ("职业教育法什么时候施行", "就业促进法", "就业促进法什么时候施行"),
        ("第三十四条说的什么", "第三十五条", "第三十五条说的什么"),
        ("残疾人坐公交免费吗", "老年人", "老年人坐公交免费吗"),
    ],
)
def test_subject_takes_the_place_of_its_like(before: str, subject: str, put: str):
    assert in_its_place(before, subject) == put


@pytest.mark.parametrize(
    ("before", "subject"),
    [
        pytest.param("低保怎么申请", "特困人员", id="两个名称结尾不同"),
        pytest.param("义务教育几岁入学", "条件不具备的地方", id="是条件_不是做的事"),
        pytest.param("申请低保找哪里", "家里收入变了", id="是情况变化"),
    ],
)
def test_subject_without_a_like_is_not_put_in_place(before: str, subject: str):
    assert in_its_place(before, subject) is None


def test_question_for_the_time_of_an_action_goes_on_with_the_matter_before():
    follow_up = Question(text="要提前几天通知", history=("业主大会临时会议要多少业主提议？",))
    assert rewrite(follow_up, {}).startswith("业主大会临时会议")
