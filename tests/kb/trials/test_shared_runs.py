"""Evaluations of processes over one PostgreSQL: one at a time. Two processes are two openings in this one."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
from postgres import Cluster
from staffing import make_staff

from kb.answers import Answer
from kb.embedding.embedder import Embedder
from kb.errors import ConflictError
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.models import Question
from kb.settings import Settings
from kb.staff.permissions import Role
from kb.trials.running import Running

pytestmark = pytest.mark.postgresql

NOW = datetime(2026, 5, 11, 1, 0, tzinfo=UTC)
EDITOR = make_staff(Role.EDITOR)


@pytest.fixture
def pair(
    cluster: Cluster, make_home: Callable[[], Path], embedder: Embedder
) -> Iterator[tuple[KnowledgeBase, KnowledgeBase]]:
    """Two processes over one database and one KB_HOME."""
    settings = Settings.model_validate({"home": make_home(), "database_url": cluster.new_database()})
    with ExitStack() as opened:
        first, second = (
            opened.enter_context(open_knowledge_base(settings, embedder=embedder)) for _ in range(2)
        )
        yield first, second


def test_evaluation_beside_that_of_another_process_is_refused_until_that_ends(
    pair: tuple[KnowledgeBase, KnowledgeBase],
):
    first, second = pair
    first.trials.pairs.save(EDITOR, Question(text="今天食堂有什么菜"), None, NOW)
    refused = []

    def asked(question: Question) -> Answer:
        with pytest.raises(ConflictError, match="评测正在进行"):
            second.trials.running.run(EDITOR, NOW, lambda progress: None)
        refused.append(question.text)
        return first.answerer.quote(question)

    assert first.storage.sharing is not None
    running = Running(
        first.storage.engine, first.trials.pairs, asked, lambda query: (), first.storage.sharing.keeper
    )
    assert running.run(EDITOR, NOW, lambda progress: None) is not None
    assert refused == ["今天食堂有什么菜"]
    report = second.trials.running.run(EDITOR, NOW, lambda progress: None)
    assert report is not None and report.before is not None
