"""Follow-ups lean on the question before; new topics do not."""

import pytest

from kb.models import Question
from kb.rewrite import rewrite

EARLIER = "规范性文件清理什么时候完成？"


@pytest.mark.parametrize(
    "text",
    [
        "谁牵头？",
        "那街道呢？",
        "什么时候?",
        "还有吗？",
        "由谁负责？",
        "它的依据是什么？",
        "多久",
        "哪个部门负责？",
        "要多少天？",
        "责任单位呢？",
    ],
)
def test_follow_up_gets_the_earlier_question(text: str):
    query = rewrite(Question(text=text, history=("物业费谁定？", EARLIER)))
    assert query == f"规范性文件清理什么时候完成 {text}"


@pytest.mark.parametrize(
    "text",
    [
        "IPv6支持度要达到多少？",
        "怎么办离婚登记？",
        "街道要安排几名政策解答员？",
        "什么是国家秘密？",
        "负责人是谁任命的？",
    ],
)
def test_new_topic_is_left_as_typed(text: str):
    assert rewrite(Question(text=text, history=(EARLIER,))) == text


def test_without_history_nothing_changes():
    assert rewrite(Question(text=" 谁牵头？ ")) == "谁牵头？"
