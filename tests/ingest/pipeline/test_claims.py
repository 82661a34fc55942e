"""Ingests of several processes over one PostgreSQL, played by several openings in this process."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from postgres import Cluster
from sqlalchemy import select

from ingest.pipeline.claims import Claims
from ingest.pipeline.plan import Work, make_plan
from ingest.pipeline.result import IngestResult
from ingest.pipeline.run import ingest
from kb.embedding.embedder import Embedder
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.settings import Settings
from kb.storage import tables
from kb.storage.parts import open_storage

pytestmark = pytest.mark.postgresql

SECONDS = 60
SUBJECTS = ("停车", "绿化", "路灯", "供水", "消防", "养老")


@pytest.fixture
def pair(
    cluster: Cluster, make_home: Callable[[], Path], embedder: Embedder
) -> Iterator[tuple[KnowledgeBase, KnowledgeBase]]:
    """Two openings of one knowledge base."""
    settings = Settings.model_validate({"home": make_home(), "database_url": cluster.migrated_database()})
    with (
        open_knowledge_base(settings, embedder=embedder) as first,
        open_knowledge_base(settings, embedder=embedder) as second,
    ):
        yield first, second


def write(folder: Path, subject: str, unit: str = "区城管局") -> Path:
    folder.mkdir(exist_ok=True)
    file = folder / f"{subject}.txt"
    file.write_text(
        f"关于加强{subject}管理的通知\n\n一、{subject}由{unit}负责。\n\n二、每月检查一次。\n",
        encoding="utf-8",
    )
    return file


def documents(kb: KnowledgeBase) -> set[str]:
    return {summary.source for summary in kb.storage.documents.summaries()}


def collection(kb: KnowledgeBase) -> tuple[object, object]:
    """The documents with their validity, and the passages, as stored."""
    document, chunk = tables.documents.c, tables.chunks.c
    with kb.storage.engine.connect() as connection:
        return (
            {tuple(row) for row in connection.execute(select(document.id, document.status, document.body))},
            {tuple(row) for row in connection.execute(select(chunk.id, chunk.body, chunk.document_id))},
        )


def in_thread(paths: list[Path], kb: KnowledgeBase, results: list[IngestResult]) -> threading.Thread:
    thread = threading.Thread(target=lambda: results.append(ingest(paths, kb, progress=False)))
    thread.start()
    return thread


def test_ingest_split_over_two_gives_the_collection_of_one(
    pair: tuple[KnowledgeBase, KnowledgeBase],
    cluster: Cluster,
    make_home: Callable[[], Path],
    embedder: Embedder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    files = [write(tmp_path, subject) for subject in SUBJECTS]
    both, take = threading.Barrier(2, timeout=SECONDS), Claims.take

    def at_the_same_time(claims: Claims, work: Work) -> bool:
        both.wait()
        return take(claims, work)

    with monkeypatch.context() as patch:  # one begins at the front, the other at the back
        patch.setattr(Claims, "take", at_the_same_time)
        patch.setattr(Claims, "others_work", lambda *_: ())
        halves: list[list[IngestResult]] = [[], []]
        threads = [in_thread(files, pair[0], halves[0]), in_thread(files[::-1], pair[1], halves[1])]
        for thread in threads:
            thread.join(SECONDS)
    assert [len(half.created) for (half,) in halves] == [3, 3]
    assert not any(half.failed for (half,) in halves)
    alone = Settings.model_validate({"home": make_home(), "database_url": cluster.migrated_database()})
    with open_knowledge_base(alone, embedder=embedder) as one:
        ingest([tmp_path], one, progress=False)
        assert collection(one) == collection(pair[0]) == collection(pair[1])


def test_ingest_waits_for_what_another_took_and_takes_it_over_when_that_is_gone(
    pair: tuple[KnowledgeBase, KnowledgeBase], tmp_path: Path
):
    taken = write(tmp_path, "停车")
    write(tmp_path, "绿化")
    kb = pair[0]
    other = open_storage(kb.settings)
    assert other.sharing is not None
    (work,) = make_plan([taken], (), {}, kb.embedder.name, False).work
    assert other.sharing.keeper.take(f"document {work.task.document_id}")
    results: list[IngestResult] = []
    working = in_thread([tmp_path], kb, results)
    pause = threading.Event()
    while not documents(kb):
        assert not pause.wait(0.05)
    assert documents(kb) == {"绿化.txt"}
    assert working.is_alive()
    other.close()  # as when the other process is killed
    working.join(SECONDS)
    assert documents(kb) == {"停车.txt", "绿化.txt"}
    assert len(results[0].created) == 2


def test_file_of_the_same_name_brought_in_meanwhile_is_not_replaced(
    pair: tuple[KnowledgeBase, KnowledgeBase], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Both plans give the name's id, as neither file is there yet; the next ingest gives another id."""
    ours, theirs = write(tmp_path / "市", "停车", "市城管局"), write(tmp_path / "区", "停车")
    take = Claims.take

    def after_theirs(claims: Claims, work: Work) -> bool:
        with monkeypatch.context() as patch:
            patch.setattr(Claims, "take", take)
            ingest([theirs], pair[1], progress=False)
            return take(claims, work)

    with monkeypatch.context() as patch:
        patch.setattr(Claims, "take", after_theirs)
        (failed,) = ingest([ours], pair[0], progress=False).failed
    assert "同名" in str(failed)
    assert [summary.path for summary in pair[0].storage.documents.summaries()] == [str(theirs)]
    ingest([ours], pair[0], progress=False)
    paths = {summary.path for summary in pair[1].storage.documents.summaries()}
    assert paths == {str(ours), str(theirs)}
