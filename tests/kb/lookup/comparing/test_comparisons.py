"""kb.lookup.comparing: two editions, or two documents, side by side; expected words read in the files."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from factories import CORPUS

from ingest.pipeline.run import ingest
from kb.answers import Answer, AnswerKind, Ending
from kb.embedding.embedder import Embedder
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.lookup.comparing.compared import compared
from kb.lookup.comparing.differences import Change, differences
from kb.lookup.comparing.unnamed import unnamed
from kb.models import Question
from kb.settings import Settings

EDITIONS = ("保守国家秘密法(2010-04-29).md", "保守国家秘密法(2024-02-27).md")
CITIES = {
    "甲市": "甲市物业管理条例\n2020年5月1日公布\n第一条 制定本条例。\n第二条 装修押金不得收取。\n",
    "乙市": "乙市物业管理条例\n2021年6月1日公布\n第一条 制定本条例。\n第二条 装修押金应当在三十日内退还。\n",
}


@pytest.fixture(scope="module")
def editions(
    make_home: Callable[[], Path], tmp_path_factory: pytest.TempPathFactory, embedder: Embedder
) -> Iterator[KnowledgeBase]:
    """Both editions of a law, and the regulations of two cities."""
    folder = tmp_path_factory.mktemp("cities")
    for city, text in CITIES.items():
        (folder / f"{city}条例.txt").write_text(text, encoding="utf-8")
    with open_knowledge_base(Settings(home=make_home()), embedder=embedder) as kb:
        assert not ingest([folder, *(CORPUS / name for name in EDITIONS)], kb, progress=False).failed
        yield kb


def ask(kb: KnowledgeBase, text: str) -> Answer:
    return kb.answerer.answer(Question(text=text))


def sections(answer: Answer) -> list[tuple[str, str]]:
    """Year and article of each citation."""
    return [((citation.date or "")[:4], citation.section.split(" > ")[-1]) for citation in answer.citations]


@pytest.mark.parametrize(
    "question",
    [
        "新旧保密法关于定密责任人有什么不同",
        "保密法2010年版和2024年版关于定密责任人的规定有什么区别？",
        "《保密法》关于定密责任人修改了什么",
        "关于定密责任人，旧保密法和新保密法有什么不一样",
        "新旧保密法第十六条有什么变化",
        pytest.param("定密责任人是谁，旧法和新法有什么不同", id="no_law_named"),
        pytest.param("关于定密责任人，2010年和2024年的规定有什么不一样", id="only_years_named"),
    ],
)
def test_editions_stand_side_by_side_older_first(editions: KnowledgeBase, question: str) -> None:
    """The article is the twelfth of the old edition and the sixteenth of the new; one word was added."""
    answer = ask(editions, question)
    assert (answer.kind, answer.ending) == (AnswerKind.EXTRACT, Ending.COMPARED)
    assert sections(answer) == [("2010", "第十二条"), ("2024", "第十六条")]
    parts = answer.text.split("\n\n")
    assert parts[0].startswith(
        "旧：《保守国家秘密法》（2010-04-29，已修改）第十二条\n机关、单位负责人及其指定"
    )
    assert parts[2].startswith("新：《保守国家秘密法》（2024-02-27）第十六条\n机关、单位主要负责人及其指定")
    assert parts[4] == (
        "不同之处：\n旧：“机关、单位负责人及其指定的人员为定密责任人” / "
        "新：“机关、单位主要负责人及其指定的人员为定密责任人”"
    )


def test_every_compared_word_stands_in_a_citation(editions: KnowledgeBase) -> None:
    answer = ask(editions, "新旧保密法关于定密权限有什么不同")
    quoted = "\n".join(citation.quote for citation in answer.citations).replace("\n", "")
    for words in answer.text.split("“")[1:]:
        assert words.split("”")[0] in quoted
    for citation in answer.citations:
        document = editions.storage.documents.get(citation.document_id)
        assert document is not None
        assert document.text[citation.start : citation.end] == citation.quote


def test_edition_that_says_nothing_is_said_so(editions: KnowledgeBase) -> None:
    """The leadership of the party (第三条) is new; no article of the old edition is about it."""
    answer = ask(editions, "新旧保密法第三条有什么不同")
    assert sections(answer) == [("2024", "第三条")]
    assert answer.text.startswith(
        "旧：《保守国家秘密法》（2010-04-29，已修改）\n没有找到与此对应的规定。\n\n新："
    )


def test_regulations_of_two_cities_are_compared(editions: KnowledgeBase) -> None:
    answer = ask(editions, "甲市和乙市的物业管理条例关于装修押金有什么不同")
    assert answer.ending is Ending.COMPARED
    assert [citation.quote for citation in answer.citations] == [
        "第二条 装修押金不得收取。",
        "第二条 装修押金应当在三十日内退还。",
    ]
    assert answer.text.startswith("《甲市物业管理条例》（2020-05-01）第二条：\n装修押金不得收取。")


@pytest.mark.parametrize(
    ("question", "ending", "sentence"),
    [
        pytest.param(
            "甲市和丙市的物业管理条例关于押金有什么不同",
            Ending.NO_DOCUMENT,
            "现有文件中没有《丙市物业管理条例》。",
            id="other_city_missing",
        ),
        pytest.param(
            "新旧甲市物业管理条例关于押金有什么不同",
            Ending.NO_DOCUMENT,
            "现有文件中没有旧版的《甲市物业管理条例》，只有：《甲市物业管理条例》（2020-05-01）。",
            id="older_edition_missing",
        ),
        pytest.param(
            "新旧民法典关于离婚有什么不同", Ending.NO_DOCUMENT, "现有文件中没有《民法典》。", id="law_missing"
        ),
        pytest.param(
            "新旧保密法有什么不同", Ending.WHICH_DOCUMENT, "请写明要比较哪一条或哪个方面。", id="no_matter"
        ),
        pytest.param(
            "新旧保密法第九十条有什么不同",
            Ending.NO_ARTICLE,
            "《保守国家秘密法》共五十三条，没有第九十条。",
            id="no_article",
        ),
    ],
)
def test_comparison_that_cannot_be_made_says_why(
    editions: KnowledgeBase, question: str, ending: Ending, sentence: str
) -> None:
    answer = ask(editions, question)
    assert (answer.ending, answer.text[: len(sentence)]) == (ending, sentence)
    assert not answer.citations


def test_missing_document_is_named_beside_the_one_that_is_there(editions: KnowledgeBase) -> None:
    answer = ask(editions, "甲市和丙市的物业管理条例关于押金有什么不同")
    assert answer.text.endswith("因此无法比较；现有的是《甲市物业管理条例》（2020-05-01）。")


@pytest.mark.parametrize(
    "question",
    [
        "保密法规定的绝密和机密有什么不同",
        "城市低保和农村低保有什么区别",
        "补贴办法和奖励办法有什么区别",
        "社会保险法规定的城镇职工和居民有什么不同",
        "申请材料有变化吗",
    ],
)
def test_other_differences_are_left_to_the_search(question: str) -> None:
    assert compared(question, lambda law: law.name in ("保密法", "社会保险法")) is None
    assert unnamed(question) is None


def test_differences_are_told_clause_by_clause() -> None:
    older = "申请人应当提交申请书；应当在三十日内提出，逾期不予受理。"
    newer = "申请人应当提交申请书；应当在六十日内提出，逾期不予受理。可以在网上提出。"
    told = differences(older, newer)
    assert told is not None
    assert [(one.change, one.older, one.newer) for one in told] == [
        (Change.REPLACED, "应当在三十日内提出", "应当在六十日内提出"),
        (Change.ADDED, "", "可以在网上提出"),
    ]


def test_texts_that_share_little_are_not_taken_apart() -> None:
    assert differences("押金不得收取。", "业主大会由全体业主组成。") is None
