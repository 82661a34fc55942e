"""The background work of the program: it deletes old questions, tries starters, and stops in order."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from factories import CORPUS
from loops import finished

from app import fill_empty
from ingest.pipeline.run import ingest
from kb.citizens.journal import Journal
from kb.citizens.left_questions import Questions
from kb.citizens.parts import CitizensParts
from kb.citizens.starters import Topic
from kb.citizens.suggestions import Suggestions
from kb.embedding.embedder import Embedder
from kb.errors import NotFoundError
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.settings import Settings
from kb.storage.database import open_database
from web.startup import begin_day, keep_house, purge

NOW = datetime(2024, 5, 10, tzinfo=UTC)
TOPICS = (
    Topic(topic="政务公开", questions=("街道要安排几名政策解答员？",)),
    Topic(topic="婚姻", questions=("怎么办离婚登记？",)),
)


@pytest.fixture
def house(kb: KnowledgeBase, tmp_path: Path) -> Iterator[KnowledgeBase]:
    """The session's documents with their own journal, questions and suggestions."""
    engine = open_database(tmp_path / "kb.sqlite")
    journal = Journal(engine)
    yield replace(
        kb,
        settings=Settings(retention_days=30),
        citizens=CitizensParts(
            journal=journal,
            questions=Questions(engine, reply_days=7),
            suggestions=Suggestions(
                kb.storage.documents, kb.faq.matcher, TOPICS, journal, kb.answerer.answer
            ),
        ),
    )
    engine.dispose()


def topics(house: KnowledgeBase) -> list[str]:
    return [topic.topic for topic in house.citizens.suggestions.welcome(NOW).topics]


def keep(house: KnowledgeBase, is_done: Callable[[], bool]) -> None:
    """Run keep_house, with the model loaded, until `is_done`."""
    finished(_keep(house, is_done))


async def _keep(house: KnowledgeBase, is_done: Callable[[], bool]) -> None:
    loaded, stop = asyncio.Event(), asyncio.Event()
    task = asyncio.create_task(keep_house(house, loaded, stop))
    loaded.set()
    async with asyncio.timeout(60):
        while not is_done():
            await asyncio.sleep(0.01)
        stop.set()
        await task


def test_purge_deletes_only_after_retention(house: KnowledgeBase):
    old = house.citizens.questions.leave("公租房怎么申请？", None, None, [], NOW - timedelta(days=31))
    new = house.citizens.questions.leave("公租房怎么申请？", None, None, [], NOW - timedelta(days=29))
    purge(house, NOW)
    assert house.citizens.questions.find(new.code) == new
    with pytest.raises(NotFoundError):
        house.citizens.questions.find(old.code)


def test_old_questions_are_deleted_though_the_days_cannot_be_counted(house: KnowledgeBase):
    class Failing:
        def roll_up(self, _now: datetime) -> int:
            raise RuntimeError("坏了")

    house.citizens.questions.leave("公租房怎么申请？", None, None, [], NOW - timedelta(days=31))
    failing = replace(house, reports=replace(house.reports, days=Failing()))
    with pytest.raises(RuntimeError, match="坏了"):
        begin_day(failing, NOW)
    assert not house.citizens.questions.all()


def test_start_deletes_old_questions_and_tries_starters(house: KnowledgeBase):
    house.citizens.questions.leave("公租房怎么申请？", None, None, [], NOW)
    assert topics(house) == ["政务公开", "婚姻"]
    keep(house, lambda: topics(house) == ["政务公开"] and not house.citizens.questions.all())


def test_page_need_not_wait_for_all_documents_of_the_first_start(
    make_home: Callable[[], Path], embedder: Embedder
):
    with open_knowledge_base(Settings(home=make_home()), embedder=embedder) as kb:
        fill_empty(kb, [CORPUS], patience=0)
        first = len(kb.storage.documents.summaries())
        assert 0 < first < 60
        fill_empty(kb, [CORPUS])  # not empty any more: the others come behind the page
        assert len(kb.storage.documents.summaries()) == first
        assert len(ingest([CORPUS], kb, progress=False).created) == 60 - first


def test_failing_task_is_logged_and_others_go_on(house: KnowledgeBase, caplog: pytest.LogCaptureFixture):
    class Failing:
        def refresh(self, _is_stopped: Callable[[], bool]) -> None:
            raise RuntimeError("坏了")

    house.citizens.questions.leave("公租房怎么申请？", None, None, [], NOW)
    failing = replace(house, citizens=replace(house.citizens, suggestions=Failing()))
    keep(failing, lambda: "unexpected error" in caplog.text and not house.citizens.questions.all())
