"""The list of starter questions."""

from collections.abc import Callable
from pathlib import Path

import pytest
from factories import CORPUS

from ingest.pipeline.run import ingest
from kb.citizens.starters import Topic, parse_starters, read_starters
from kb.embedding.embedder import Embedder
from kb.errors import DatasetError
from kb.knowledge_base import open_knowledge_base
from kb.models import Question
from kb.settings import Settings


def test_shipped_list_has_every_topic_and_no_question_twice():
    topics = read_starters()
    names = {topic.topic for topic in topics}
    assert {"就学", "就医", "就业", "创业", "养老", "纳税", "政务公开"} < names
    assert {"劳动用工", "工伤与社保", "休假", "户籍证件", "住房", "出行", "消费与食品"} < names
    assert {"老人与残疾人", "妇女儿童", "退役军人", "维权", "居家"} < names
    assert all(3 <= len(topic.questions) <= 6 for topic in topics)
    questions = [question for topic in topics for question in topic.questions]
    assert len(set(questions)) == len(questions)


def test_topic_named_twice_gets_the_questions_of_both_places():
    lines = [
        "[就学]",
        "孩子满几岁上小学？",
        "[养老]",
        "养老金由哪几部分组成？",
        "[就学]",
        "义务教育收学费吗？",
    ]
    assert parse_starters(lines) == (
        Topic(topic="就学", questions=("孩子满几岁上小学？", "义务教育收学费吗？")),
        Topic(topic="养老", questions=("养老金由哪几部分组成？",)),
    )


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        pytest.param(["孩子满几岁上小学？"], "之前没有主题", id="no_topic"),
        pytest.param(["[就学]", "问" * 501], "超过 500 个字", id="too_long"),
        pytest.param(["[就学]", "收学费吗？", "[养老]", "收学费吗？"], "写了两次", id="twice"),
    ],
)
def test_list_with_a_fault_is_refused_with_its_reason(lines: list[str], told: str):
    with pytest.raises(DatasetError, match=told):
        parse_starters(lines)


@pytest.mark.slow
def test_shipped_documents_answer_every_shipped_starter(make_home: Callable[[], Path], embedder: Embedder):
    with open_knowledge_base(Settings(home=make_home()), embedder=embedder) as kb:
        ingest([CORPUS], kb, progress=False)
        questions = [question for topic in read_starters() for question in topic.questions]
        answers = [kb.answerer.answer(Question(text=question)) for question in questions]
    assert [answer.question for answer in answers if answer.kind == "refused"] == []
    titles = {answer.question: answer.citations[0].document for answer in answers}
    assert "义务教育法" in titles["孩子满几岁上小学？"]
    longest = answers[questions.index("失业金最长能领几个月？")].text  # two documents in force say it
    assert "24个月" in longest or "二十四个月" in longest
    assert "优化营商环境条例" in titles["办税可以在网上办吗？"]
    assert "工伤保险条例" in titles["上下班路上出车祸算工伤吗？"]
    assert "居住证暂行条例" in titles["居住证丢了怎么补？"]
    assert "消费者权益保护法" in titles["网购几天内可以无理由退货？"]
    assert "国有土地上房屋征收与补偿条例" in titles["房屋征收可以选产权调换吗？"]
