"""kb.question.topic: what a follow-up goes on with, as citizens see it."""

import pytest

from kb.question.topic import named_matter, topic_of


@pytest.mark.parametrize(
    ("question", "topic"),
    [
        ("失业保险金怎么领？", "失业保险金"),
        ("请问城市低保标准是多少", "城市低保标准"),
        ("残疾人两项补贴怎么申请", "残疾人两项补贴"),
        ("规范性文件清理什么时候完成？", "规范性文件清理"),
        ("低保多少钱？", "低保"),
        ("春节放几天假？", "春节"),
        ("谁？", "谁"),
    ],
)
def test_topic_is_the_matter_without_what_was_asked(question: str, topic: str) -> None:
    assert topic_of(question) == topic


def test_named_matter_is_the_longest_name_that_the_documents_know() -> None:
    told = "我在工地上摔断了腿，单位不给工伤认定，我自己能报吗"
    assert named_matter(told, lambda name: name in ("工伤认定", "单位")) == "工伤认定"
    assert named_matter(told, lambda name: False) is None
