"""Starter questions, most asked and next questions: reviewed wordings only."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kb.answers import Answer
from kb.citizens.journal import Journal
from kb.citizens.starters import Topic
from kb.citizens.suggestions import Suggestions
from kb.errors import ModelError
from kb.faq.models import FaqEntry
from kb.knowledge_base import KnowledgeBase
from kb.models import Question
from kb.storage.database import open_database

NOW = datetime(2023, 9, 1, tzinfo=UTC)
ANSWERERS, IPV6, APPLICATION = (
    "街道要安排几名政策解答员？",
    "IPv6 支持度要达到多少？",
    "申请信息公开多少天答复？",
)
TOPICS = (
    Topic(topic="政务公开", questions=(ANSWERERS, "怎么办离婚登记？", IPV6)),
    Topic(topic="就医", questions=("医保个人账户里的钱怎么取？",)),
    Topic(topic="依申请公开", questions=(APPLICATION,)),
)
ENTRY = FaqEntry(
    id="F1",
    question="政务公开专区在哪里？",
    variants=("到哪里能找到政务公开专区",),
    answer="各办事大厅、便民服务中心都设有政务公开专区。",
)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(open_database(tmp_path / "kb.sqlite"))


def make_suggestions(kb: KnowledgeBase, journal: Journal, **parts: object) -> Suggestions:
    values = {
        "documents": kb.storage.documents,
        "faq": kb.faq.matcher,
        "topics": TOPICS,
        "journal": journal,
        "answer": kb.answerer.answer,
    }
    return Suggestions(**{**values, **parts})


@pytest.fixture
def suggestions(kb: KnowledgeBase, journal: Journal) -> Suggestions:
    return make_suggestions(kb, journal)


@pytest.fixture
def kb_with_faq(kb: KnowledgeBase) -> Iterator[KnowledgeBase]:
    kb.faq.matcher.replace([ENTRY])
    yield kb
    kb.faq.matcher.replace([])


def ask(kb: KnowledgeBase, journal: Journal, question: str, now: datetime = NOW, people: int = 3) -> None:
    """Have as many people ask a question."""
    answer = kb.answerer.answer(Question(text=question))
    for number in range(people):
        journal.record(answer, None, now, address=f"192.0.2.{number}")


def never() -> bool:
    return False


def test_welcome_before_refresh_shows_all_starters(suggestions: Suggestions):
    assert suggestions.welcome(NOW).topics == TOPICS


def test_refresh_drops_refused_starters_and_empty_topics(suggestions: Suggestions):
    suggestions.refresh(never)
    assert suggestions.welcome(NOW).topics == (
        Topic(topic="政务公开", questions=(ANSWERERS, IPV6)),
        Topic(topic="依申请公开", questions=(APPLICATION,)),
    )


def test_refresh_tries_starters_again_only_after_a_change(kb_with_faq: KnowledgeBase, journal: Journal):
    tried: list[str] = []

    def answer(question: Question) -> Answer:
        tried.append(question.text)
        return kb_with_faq.answerer.answer(question)

    suggestions = make_suggestions(kb_with_faq, journal, answer=answer)
    suggestions.refresh(never)
    suggestions.refresh(never)
    assert len(tried) == 5
    kb_with_faq.faq.matcher.replace(
        [ENTRY.model_copy(update={"question": "怎么办离婚登记？", "variants": ()})]
    )
    suggestions.refresh(never)
    assert len(tried) == 10
    assert "怎么办离婚登记？" in suggestions.welcome(NOW).topics[0].questions
    assert suggestions.typed("离婚")[0].text == "怎么办离婚登记？"


def test_refresh_keeps_all_starters_when_stopped_or_model_fails(kb: KnowledgeBase, journal: Journal):
    stop = threading.Event()

    def answer(question: Question) -> Answer:
        stop.set()
        return kb.answerer.answer(question)

    stopped = make_suggestions(kb, journal, answer=answer)
    stopped.refresh(stop.is_set)
    assert stopped.welcome(NOW).topics == TOPICS

    def broken(question: Question) -> Answer:
        raise ModelError("模型文件坏了")

    failing = make_suggestions(kb, journal, answer=broken)
    failing.refresh(never)
    assert failing.welcome(NOW).topics == TOPICS


def test_most_asked_are_reviewed_wordings_by_count_of_the_last_30_days(
    kb_with_faq: KnowledgeBase, journal: Journal, suggestions: Suggestions
):
    for people, question in enumerate(
        ("街道要安排几名政策解答员？？", "街道要安排几名政策解答员", ANSWERERS), 3
    ):
        ask(kb_with_faq, journal, question, people=people)
    ask(kb_with_faq, journal, IPV6)
    ask(kb_with_faq, journal, ENTRY.question)
    ask(kb_with_faq, journal, "到哪里能找到政务公开专区？", people=4)
    ask(kb_with_faq, journal, "我邻居张三的低保是怎么批的？", people=9)
    ask(kb_with_faq, journal, APPLICATION, NOW - timedelta(days=31), people=9)
    assert suggestions.welcome(NOW).most_asked == (ANSWERERS, ENTRY.question, IPV6)


@pytest.mark.hostile
def test_question_that_two_people_ask_all_day_is_not_shown_to_others(
    kb_with_faq: KnowledgeBase, journal: Journal, suggestions: Suggestions
):
    for minute in range(10):
        for question in (ANSWERERS, ENTRY.question):
            ask(kb_with_faq, journal, question, NOW - timedelta(minutes=minute), people=2)
    assert suggestions.welcome(NOW).most_asked == ()


def test_citizens_words_are_never_suggested(kb: KnowledgeBase, journal: Journal, suggestions: Suggestions):
    for _ in range(3):
        ask(kb, journal, "张三的公租房申请到哪一步了？")
    suggestions.refresh(never)
    assert "张三" not in suggestions.welcome(NOW).model_dump_json()
    assert suggestions.typed("张三") == ()


def test_next_questions_are_near_entries_then_starters_of_the_same_document(
    kb: KnowledgeBase, suggestions: Suggestions
):
    answer = kb.answerer.answer(Question(text="街道安排几名政策解答员"))
    assert suggestions.after(answer) == ()
    suggestions.refresh(never)
    assert suggestions.after(answer) == (ANSWERERS,)  # IPV6 is from the same document, but not near
    near = answer.model_copy(update={"suggestions": ("政策解答员的电话在哪里查？", "IPv6支持度要达到多少")})
    assert suggestions.after(near) == ("政策解答员的电话在哪里查？", "IPv6支持度要达到多少", ANSWERERS)


def test_next_questions_exclude_the_question_itself_and_other_documents(
    kb: KnowledgeBase, suggestions: Suggestions
):
    suggestions.refresh(never)
    answer = kb.answerer.answer(Question(text="街道要安排几名政策解答员"))
    assert suggestions.after(answer) == ()
    answer = kb.answerer.answer(Question(text="政务新媒体的IPv6支持度是多少"))
    assert suggestions.after(answer) == (IPV6,)
    refused = kb.answerer.answer(Question(text="怎么办离婚登记？"))
    assert suggestions.after(refused) == ()


def test_concurrent_first_requests_all_get_the_index(kb: KnowledgeBase, journal: Journal):
    suggestions = make_suggestions(kb, journal)
    counts: list[int] = []
    threads = [
        threading.Thread(target=lambda: counts.append(len(suggestions.typed("信息公开")))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts == [counts[0]] * 4 and counts[0] > 0


def test_knowledge_base_offers_the_shipped_starters(kb: KnowledgeBase):
    shown = kb.citizens.suggestions.welcome(NOW).topics
    assert {ANSWERERS, IPV6, APPLICATION} <= {question for topic in shown for question in topic.questions}
