"""The indexes of several processes over one PostgreSQL, played by two openings in this process."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from postgres import Cluster
from qdrant_http import qdrant_http
from sqlalchemy import func, select

from ingest.pipeline.run import ingest
from kb.embedding.embedder import Embedder
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.models import Question
from kb.retrieval.filter_fields import mend_fields
from kb.settings import Settings
from kb.storage.sharing.tables import chunk_vectors

pytestmark = pytest.mark.postgresql

SECONDS = 60
ROOM = "区城管局每季度检查一次，发现问题及时整改。"


@pytest.fixture
def settings(cluster: Cluster, make_home: Callable[[], Path]) -> Settings:
    return Settings.model_validate({"home": make_home(), "database_url": cluster.migrated_database()})


@pytest.fixture
def pair(settings: Settings, embedder: Embedder) -> Iterator[tuple[KnowledgeBase, KnowledgeBase]]:
    with (
        open_knowledge_base(settings, embedder=embedder) as first,
        open_knowledge_base(settings, embedder=embedder) as second,
    ):
        yield first, second


def write(folder: Path, road: str, *fees: str) -> None:
    """A notice with a clause for each of `fees`."""
    clauses = "".join(f"{number}、{fee}。{ROOM * 6}\n\n" for number, fee in zip("一二三", fees, strict=False))
    (folder / f"{road}.txt").write_text(f"关于{road}停车收费的通知\n\n{clauses}", encoding="utf-8")


def come_to_agree(*opened: KnowledgeBase) -> None:
    """Return when each index holds what SQL holds."""
    ids, pause = opened[0].storage.documents.chunk_ids(), threading.Event()
    for kb in opened:
        for _ in range(SECONDS * 50):
            if kb.retrieval.store.chunk_ids() == ids:
                break
            pause.wait(0.02)
        assert kb.retrieval.store.chunk_ids() == ids
        assert mend_fields(kb.storage.documents, kb.retrieval.store) == 0


def test_index_of_one_follows_the_documents_that_another_changes(
    pair: tuple[KnowledgeBase, KnowledgeBase], tmp_path: Path
):
    first, second = pair
    write(tmp_path, "白鹿洞路", "首小时收费3元")
    write(tmp_path, "甘棠路", "首小时收费4元")
    ingest([tmp_path], first, progress=False)
    come_to_agree(*pair)
    write(tmp_path, "甘棠路", "首小时收费5元")
    ingest([tmp_path], second, progress=False)
    come_to_agree(*pair)
    (tmp_path / "白鹿洞路.txt").unlink()
    ingest([tmp_path], first, prune=True, progress=False)
    come_to_agree(*pair)
    assert [one.source for one in second.storage.documents.summaries()] == ["甘棠路.txt"]


def test_document_that_two_change_in_turn_is_whole_in_both(
    pair: tuple[KnowledgeBase, KnowledgeBase], tmp_path: Path
):
    first, second = pair
    write(tmp_path, "甘棠路", "首小时收费4元", "夜间免费")
    ingest([tmp_path], first, progress=False)
    come_to_agree(*pair)
    with second.storage.ingesting.here:  # the second has not followed yet when it changes the document itself
        write(tmp_path, "甘棠路", "首小时收费4元", "夜间收费2元", "节假日免费")
        ingest([tmp_path], first, progress=False)
        write(tmp_path, "甘棠路", "首小时收费6元", "夜间收费2元", "节假日免费")
        ingest([tmp_path], second, progress=False)
    come_to_agree(*pair)


def test_index_on_a_server_is_one_for_all(settings: Settings, embedder: Embedder, tmp_path: Path):
    write(tmp_path, "甘棠路", "甘棠路停车场首小时收费4元")
    question = Question(text="甘棠路停车场首小时收费多少元？")
    with qdrant_http() as server:
        on_server = settings.model_copy(update={"qdrant_url": server.url})
        opened: list[KnowledgeBase] = []
        with (
            open_knowledge_base(on_server, embedder=embedder, wait=False) as first,
            open_knowledge_base(on_server, embedder=embedder, wait=False) as second,
        ):
            opened = [first, second]
            for kb in opened:  # both at once made the collection
                kb.retrieval.store.wait()
            ingest([tmp_path], first, progress=False)
            assert "4元" in second.answerer.quote(question).text
            (tmp_path / "甘棠路.txt").unlink()
            ingest([tmp_path], second, prune=True, progress=False)
            assert not first.answerer.quote(question).citations
            come_to_agree(*opened)
            with first.storage.engine.connect() as connection:
                assert connection.scalar(select(func.count()).select_from(chunk_vectors)) == 0
    assert not list(settings.home.glob("index*"))
