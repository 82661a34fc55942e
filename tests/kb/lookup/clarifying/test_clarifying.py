"""kb.lookup.clarifying: what is asked back, when nothing is, and how an answer to it is understood."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ingest.pipeline.run import ingest
from kb.answers import Answer, Ending
from kb.embedding.embedder import Embedder
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.metrics import Metrics
from kb.models import Question
from kb.settings import Settings

ALLOWANCE = """石桥区困难群众临时救助办法
第一条 为了规范临时救助工作，制定本办法。
第二条 因火灾、交通事故等意外事件，基本生活暂时出现严重困难的家庭，给予临时救助；\
符合前款规定的家庭可以申请临时救助。
第三条 申请临时救助的，应当向户籍所在地的街道办事处提出。
第四条 申请临时救助应当提交书面申请书、身份证和户口簿。
第五条 临时救助的标准为每户每次1200元。
第六条 街道办事处应当自受理临时救助申请之日起10个工作日内审核完毕。
"""
EMPLOYEES = """石桥区职工基本医疗保险办法
第一条 职工基本医疗保险的住院起付标准为每次600元。
第二条 职工基本医疗保险由用人单位和职工共同缴费。
"""
RESIDENTS = """石桥区城乡居民基本医疗保险办法
第一条 城乡居民基本医疗保险的住院起付标准为每次300元。
第二条 城乡居民基本医疗保险由个人缴费，政府给予补助。
"""


@pytest.fixture(scope="module")
def matters(
    make_home: Callable[[], Path], tmp_path_factory: pytest.TempPathFactory, embedder: Embedder
) -> Iterator[KnowledgeBase]:
    folder = tmp_path_factory.mktemp("matters")
    for name, text in (("救助", ALLOWANCE), ("职工医保", EMPLOYEES), ("居民医保", RESIDENTS)):
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    with open_knowledge_base(Settings(home=make_home()), embedder=embedder) as kb:
        assert not ingest([folder], kb, progress=False).failed
        yield kb


def ask(kb: KnowledgeBase, text: str, *before: str) -> Answer:
    return kb.answerer.answer(Question(text=text, history=before))


def labels(answer: Answer) -> list[str]:
    return [option.label for option in answer.clarifying.options] if answer.clarifying else []


def test_bare_matter_is_answered_and_asked_back_with_the_sides_that_documents_tell(
    matters: KnowledgeBase,
) -> None:
    answer = ask(matters, "临时救助")
    assert answer.ending is Ending.QUOTED
    assert answer.clarifying is not None and answer.clarifying.question == "您想了解临时救助的哪一方面？"
    assert labels(answer) == ["申请条件", "怎么申请", "要带什么材料", "多少钱", "去哪里办"]


@pytest.mark.parametrize(
    ("label", "says"),
    [
        pytest.param("申请条件", "符合前款规定的家庭可以申请临时救助", id="conditions"),
        pytest.param("要带什么材料", "身份证和户口簿", id="materials"),
        pytest.param("多少钱", "1200元", id="amount"),
        pytest.param("去哪里办", "街道办事处提出", id="where"),
    ],
)
def test_question_of_each_option_gets_the_passage_that_tells_that_side(
    matters: KnowledgeBase, label: str, says: str
) -> None:
    asked = ask(matters, "临时救助").clarifying
    assert asked is not None
    question = next(option.question for option in asked.options if option.label == label)
    assert says in ask(matters, question, "临时救助").text


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        pytest.param("多少钱", "1200元", id="label"),
        pytest.param("第三个", "身份证和户口簿", id="ordinal"),
    ],
)
def test_typed_reply_is_understood_as_the_option(matters: KnowledgeBase, reply: str, says: str) -> None:
    answer = ask(matters, reply, "临时救助")
    assert says in answer.text
    assert answer.question == reply


def test_question_that_fits_two_kinds_is_asked_back_with_both(matters: KnowledgeBase) -> None:
    answer = ask(matters, "基本医疗保险的住院起付标准是多少")
    assert answer.clarifying is not None
    assert set(labels(answer)) == {"职工基本医疗保险", "城乡居民基本医疗保险"}
    chosen = ask(matters, "居民的", "基本医疗保险的住院起付标准是多少")
    assert "300元" in chosen.text and "600元" not in chosen.text


@pytest.mark.parametrize(
    ("question", "before"),
    [
        pytest.param("职工基本医疗保险的住院起付标准是多少", "", id="kind_is_named"),
        pytest.param("临时救助怎么申请", "", id="side_is_named"),
        pytest.param("怎么办理护照", "", id="refused"),
        pytest.param("你好", "", id="courtesy"),
        pytest.param("临时救助", "临时救助", id="asked_back_just_before"),
        pytest.param("第二个", "临时救助", id="reply"),
        pytest.param("基本医疗保险呢", "临时救助怎么申请", id="same_side_of_another_matter"),
    ],
)
def test_nothing_is_asked_back_when_one_reading_is_meant(
    matters: KnowledgeBase, question: str, before: str
) -> None:
    assert ask(matters, question, *filter(None, [before])).clarifying is None


def test_questions_asked_back_are_counted(matters: KnowledgeBase) -> None:
    metrics = Metrics()
    metrics.answered(ask(matters, "临时救助"))
    metrics.answered(ask(matters, "临时救助怎么申请"))
    assert b"policy_clarifying_total 1.0" in metrics.text()


def test_bare_matter_that_documents_tell_no_sides_of_is_not_asked_back(matters: KnowledgeBase) -> None:
    assert ask(matters, "住院").clarifying is None
