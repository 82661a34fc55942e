"""kb.lookup.courtesies: what is said when the documents are asked nothing."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from factories import CORPUS, WORK_PLAN

from ingest.pipeline.run import ingest
from kb.answers import Answer, AnswerKind, Ending, Offer
from kb.controls.rules import Mode, Rules
from kb.embedding.embedder import Embedder
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.models import Question
from kb.settings import Settings

DISCLOSURE = CORPUS / "政府信息公开条例(2019-04-03).md"


@pytest.fixture(scope="module")
def desk(make_home: Callable[[], Path], embedder: Embedder) -> Iterator[KnowledgeBase]:
    """Two documents, and another hotline than usual."""
    settings = Settings(home=make_home(), hotline="0792-12345")
    with open_knowledge_base(settings, embedder=embedder) as kb:
        assert not ingest([WORK_PLAN, DISCLOSURE], kb, progress=False).failed
        yield kb


def ask(kb: KnowledgeBase, text: str, *history: str) -> Answer:
    return kb.answerer.answer(Question(text=text, history=history))


def test_wish_for_a_person_offers_hotline_message_and_list(desk: KnowledgeBase) -> None:
    answer = ask(desk, "转人工")
    assert (answer.kind, answer.ending) == (AnswerKind.COURTESY, Ending.PERSON)
    assert "0792-12345" in answer.text
    assert [contact.phone for contact in answer.contacts] == ["0792-12345"]
    assert answer.offers == (Offer.LEAVE, Offer.CONTACTS)
    assert (answer.citations, answer.candidates, answer.suggestions) == ((), (), ())


def test_emergency_names_the_numbers_to_call(desk: KnowledgeBase) -> None:
    answer = ask(desk, "有人晕倒了")
    assert answer.ending is Ending.EMERGENCY
    assert [contact.phone for contact in answer.contacts] == ["110", "119", "120"]


@pytest.mark.parametrize("mode", [Mode.OFF, Mode.SEARCH_ONLY])
def test_while_answers_are_off_only_emergencies_are_answered(desk: KnowledgeBase, mode: Mode) -> None:
    rules = Rules(mode=mode)
    said = [
        desk.answerer.answer_with_hits(Question(text=text), rules=rules)[0].ending
        for text in ("着火了", "你好")
    ]
    assert said == [Ending.EMERGENCY, Ending.CLOSED]


def test_simpler_answer_is_a_clause_of_the_one_before_with_its_citation(desk: KnowledgeBase) -> None:
    before = ask(desk, "信息公开申请多少天答复？")
    answer = ask(desk, "看不懂", "信息公开申请多少天答复？", "谢谢")
    assert (answer.kind, answer.ending) == (AnswerKind.COURTESY, Ending.SIMPLER)
    assert answer.citations == before.citations
    words = answer.text.split("\n")[-1].strip("…")
    assert "20个工作日" in words and len(words) < len(before.text)
    assert any(words in citation.quote for citation in answer.citations)


def test_repeated_answer_is_the_one_before_whole(desk: KnowledgeBase) -> None:
    before = ask(desk, "街道要安排几名政策解答员？")
    answer = ask(desk, "再说一遍", "街道要安排几名政策解答员？")
    assert answer.text.endswith(before.text) and answer.citations == before.citations
    assert (answer.kind, answer.question) == (AnswerKind.COURTESY, "再说一遍")


def test_repeated_refusal_still_offers_a_person(desk: KnowledgeBase) -> None:
    answer = ask(desk, "再说一遍", "今天天气怎么样？")
    assert (answer.kind, answer.offers) == (AnswerKind.COURTESY, (Offer.LEAVE,))
    assert answer.contacts and answer.candidates


@pytest.mark.parametrize("text", ["说简单点", "再说一遍"])
def test_nothing_is_said_again_before_the_first_question(desk: KnowledgeBase, text: str) -> None:
    assert ask(desk, text, "你好").text == "前面还没有回答过问题。请先说您想了解什么。"


def test_english_question_gets_a_line_and_what_its_terms_find(desk: KnowledgeBase) -> None:
    answer = ask(desk, "How long does information disclosure take?")
    assert (answer.kind, answer.ending) == (AnswerKind.COURTESY, Ending.ENGLISH)
    assert answer.text.startswith("This service answers in Chinese") and "0792-12345" in answer.text
    assert answer.citations and "“政府信息公开 多久”" in answer.text


def test_courtesies_do_not_come_between_a_question_and_its_follow_up(desk: KnowledgeBase) -> None:
    plain = ask(desk, "谁牵头？", "规范性文件清理什么时候完成？")
    polite = ask(desk, "谁牵头？", "你好", "规范性文件清理什么时候完成？", "好的谢谢")
    assert (polite.rewritten, polite.text) == (plain.rewritten, plain.text)
    assert polite.topic == "规范性文件清理"


def test_greeting_before_a_question_changes_nothing(desk: KnowledgeBase) -> None:
    assert "1-2名政策解答员" in ask(desk, "你好，请问街道要安排几名政策解答员").text


def test_refusal_names_the_hotline_of_the_settings(desk: KnowledgeBase) -> None:
    assert ask(desk, "今天天气怎么样？").text.startswith(
        "目前收录的文件里没有查到。您可以换个说法、拨打 0792-12345，或给我们留言。"
    )
