"""Why a question is answered as it is: the answer is the citizens' own, and nothing of it is recorded."""

import pytest
from staffing import make_staff

from kb.answers import Ending
from kb.knowledge_base import KnowledgeBase
from kb.models import Filters, Question, Signal, Status
from kb.staff.permissions import Role
from kb.trials.explanation import Explanation, Fate
from kb.trials.words import ENDINGS, canned_sentence


def explain(kb: KnowledgeBase, text: str, *history: str, **filters: object) -> Explanation:
    question = Question(text=text, history=history, filters=Filters(**filters))
    return kb.trials.explaining.explain(make_staff(Role.ANSWERER), question)


@pytest.mark.parametrize("text", ["申请信息公开多少天答复", "业主委员会怎么成立", "今天食堂有什么菜", "你好"])
def test_explained_answer_is_the_one_that_citizens_get(kb: KnowledgeBase, text: str):
    before = kb.citizens.journal.recent()
    given = kb.answerer.answer(Question(text=text))
    explained = explain(kb, text).answer
    assert (explained.ending, explained.text, explained.citations) == (
        given.ending,
        given.text,
        given.citations,
    )
    assert kb.citizens.journal.recent() == before


def test_answered_question_shows_passages_in_order_with_signals_and_the_confidence_they_gave(
    kb: KnowledgeBase,
):
    explanation = explain(kb, "申请信息公开多少天答复")
    first = explanation.candidates[0]
    assert first.fate is Fate.QUOTED
    assert first.hit.document.title == "中华人民共和国政府信息公开条例"
    assert first.hit.reading is not None
    assert set(first.hit.signals) == set(Signal)
    assert sorted(one.rank for one in explanation.candidates) == [*range(1, 11)]
    assert explanation.evidence is not None
    assert explanation.evidence.confidence == explanation.answer.confidence >= explanation.threshold
    assert explanation.canned is None


def test_refused_question_shows_the_confidence_below_the_threshold_and_its_fixed_sentence(kb: KnowledgeBase):
    explanation = explain(kb, "今天食堂有什么菜")
    assert explanation.answer.ending is Ending.WEAK_EVIDENCE
    assert explanation.evidence is not None
    assert explanation.evidence.confidence == explanation.answer.confidence < explanation.threshold
    assert Fate.QUOTED not in {one.fate for one in explanation.candidates}
    assert explanation.canned == "没有找到答案时的第一句"


def test_everyday_words_and_the_question_before_are_named(kb: KnowledgeBase):
    assert explain(kb, "红头文件清理谁牵头").substituted == (("红头文件", "规范性文件"),)
    followed = explain(kb, "那要收费吗", "申请信息公开多少天答复")
    assert followed.answer.topic is not None
    assert "信息公开" in followed.asked_as


def test_filters_of_the_form_narrow_the_passages(kb: KnowledgeBase):
    explanation = explain(kb, "业主委员会怎么成立", status=Status.REPEALED)
    assert explanation.candidates == ()
    assert explanation.answer.ending is Ending.NO_HITS
    assert explanation.evidence is None


def test_greeting_has_no_passages_but_its_fixed_sentence(kb: KnowledgeBase):
    explanation = explain(kb, "你好")
    assert explanation.candidates == ()
    assert explanation.canned == "群众打招呼"


def test_two_questions_in_one_are_shown_apart(kb: KnowledgeBase):
    explanation = explain(kb, "信息公开申请收不收费？多久答复？")
    assert len(explanation.parts) == 2
    assert explanation.evidence is None


def test_part_behind_a_long_story_is_shown_as_it_was_sought(kb: KnowledgeBase):
    story = "小区里吵了大半年我老公想牵头召开业主大会会议该谁来组织，提前几天通知？"
    assert explain(kb, story).parts[1] == "业主大会 提前几天通知"  # 第二章 业主及业主大会


def test_every_ending_is_told_in_words():
    assert set(ENDINGS) == set(Ending)
    assert canned_sentence(Ending.QUOTED) is None
