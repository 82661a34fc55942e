"""What processes over one PostgreSQL share; two of them are played by two openings in this process."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from postgres import Cluster
from sqlalchemy import insert, text

from ingest.pipeline.plan import make_plan
from ingest.pipeline.run import ingest
from kb.embedding.embedder import Embedder
from kb.errors import HomeInUseError
from kb.knowledge_base import open_knowledge_base
from kb.retrieval.filter_fields import mend_fields
from kb.settings import Settings
from kb.storage import tables
from kb.storage.database import transaction
from kb.storage.home import HomeLock
from kb.storage.parts import StorageParts, open_storage
from kb.storage.sharing.changes import Kept
from kb.storage.sharing.keeper import Mutex
from kb.storage.sharing.parts import Sharing
from kb.storage.sharing.requests import Result

pytestmark = pytest.mark.postgresql

SECONDS = 60


def sharing(storage: StorageParts) -> Sharing:
    assert storage.sharing is not None
    return storage.sharing


@pytest.fixture(scope="module")
def pair(cluster: Cluster, make_home: Callable[[], Path]) -> Iterator[tuple[StorageParts, StorageParts]]:
    """Two processes over one database and one KB_HOME."""
    settings = Settings.model_validate({"home": make_home(), "database_url": cluster.new_database()})
    first, second = open_storage(settings), open_storage(settings)
    yield first, second
    first.close()
    second.close()


def test_processes_share_a_home_with_a_place_each_and_nobody_gets_it_alone(
    pair: tuple[StorageParts, StorageParts], make_home: Callable[[], Path]
):
    home = make_home()
    with HomeLock(home, shared=True) as first, HomeLock(home, shared=True) as second:
        assert (first.place, second.place) == (0, 1)
        with pytest.raises(HomeInUseError):
            HomeLock(home)
        first.release()
        with HomeLock(home, shared=True) as third:
            assert third.place == 0
    with HomeLock(home), pytest.raises(HomeInUseError):
        HomeLock(home, shared=True)


def test_lock_of_a_process_whose_connection_ended_is_free(pair: tuple[StorageParts, StorageParts]):
    first, second = sharing(pair[0]).keeper, sharing(pair[1]).keeper
    assert first.take("purge")
    assert not first.take("purge")
    assert not second.leads("purge")
    first.close()  # as when the process is killed
    assert Mutex("purge", second).acquire(timeout=SECONDS)
    assert second.leads("purge")
    assert not first.leads("purge")
    second.give("purge")


def test_mutex_keeps_threads_and_processes_out_and_may_be_entered_again(
    pair: tuple[StorageParts, StorageParts],
):
    mine, theirs = Mutex("ingest", sharing(pair[0]).keeper), Mutex("ingest", sharing(pair[1]).keeper)
    with mine, mine:
        assert not theirs.acquire(timeout=0)
        assert theirs.here.acquire(timeout=0)  # its own threads alone
        theirs.here.release()
    assert theirs.acquire(timeout=SECONDS)
    theirs.release()


def test_hits_are_counted_by_all_together(pair: tuple[StorageParts, StorageParts]):
    first, second = (sharing(storage).counts for storage in pair)
    assert [one.hit("203.0.113.7", 3, 3_600) for one in (first, second, first, second)] == [True] * 3 + [
        False
    ]
    assert second.hit("203.0.113.8", 3, 3_600)
    assert first.look("203.0.113.7", 3_600)[::2] == (0, 3)
    with transaction(pair[0].engine) as connection:
        assert "203.0" not in str(connection.execute(text("SELECT * FROM rate_counts")).all())


def test_result_of_a_request_is_found_sealed_and_for_ten_minutes(pair: tuple[StorageParts, StorageParts]):
    first, second = (sharing(storage).requests for storage in pair)
    now, kept = datetime.now(UTC), Result(content="问", result="我住在白鹿洞路18号")
    first.keep("ask 1", kept, now)
    assert second.find("ask 1", now) == kept
    assert second.find("ask 1", now + timedelta(minutes=11)) is None
    with transaction(pair[0].engine) as connection:
        stored = connection.execute(text("SELECT result FROM request_results")).scalar_one()
    assert "白鹿洞路".encode() not in bytes(stored)


def test_change_by_one_is_heard_by_all_even_after_a_lost_connection(
    cluster: Cluster, make_home: Callable[[], Path]
):
    settings = Settings.model_validate({"home": make_home(), "database_url": cluster.new_database()})
    first, second = open_storage(settings), open_storage(settings)
    heard = {number: threading.Event() for number in (0, 1)}
    for number, storage in enumerate((first, second)):
        storage.follow({Kept.SETTINGS: heard[number].set})
    for version in (1, 2):
        row = {"key": f"k{version}", "value": "", "version": 1, "who": "", "changed_at": datetime.now(UTC)}
        with transaction(first.engine) as connection:
            connection.execute(insert(tables.column_settings).values(row))
        assert all(event.wait(SECONDS) for event in heard.values())
        for event in heard.values():
            event.clear()
        with transaction(first.engine) as connection:
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )
    first.close()
    second.close()


def test_ingest_waits_for_what_another_took_and_takes_it_over_when_that_is_gone(
    cluster: Cluster, make_home: Callable[[], Path], embedder: Embedder, tmp_path: Path
):
    for name in ("停车", "绿化"):
        (tmp_path / f"{name}.txt").write_text(
            f"关于加强{name}管理的通知\n\n一、{name}由区城管局负责。\n", encoding="utf-8"
        )
    settings = Settings.model_validate({"home": make_home(), "database_url": cluster.new_database()})
    with open_knowledge_base(settings, embedder=embedder) as kb:
        other = open_storage(settings)
        plan = make_plan([tmp_path / "停车.txt"], (), {}, embedder.name, False)
        assert sharing(other).keeper.take(f"document {plan.work[0].task.document_id}")
        results: list[str] = []
        working = threading.Thread(target=lambda: results.append(str(ingest([tmp_path], kb, progress=False))))
        working.start()
        deadline = datetime.now(UTC) + timedelta(seconds=SECONDS)
        while len(kb.storage.documents.summaries()) < 1 and datetime.now(UTC) < deadline:
            working.join(0.05)
        assert [one.source for one in kb.storage.documents.summaries()] == ["绿化.txt"]
        assert working.is_alive()
        other.close()  # as when the other process is killed
        working.join(SECONDS)
        assert {one.source for one in kb.storage.documents.summaries()} == {"停车.txt", "绿化.txt"}
        assert "2" in results[0]


def test_index_of_one_follows_the_documents_that_another_changes(
    cluster: Cluster, make_home: Callable[[], Path], embedder: Embedder, tmp_path: Path
):
    settings = Settings.model_validate({"home": make_home(), "database_url": cluster.new_database()})

    def write(name: str, fee: int) -> None:
        text = f"关于{name}停车收费的通知\n\n一、{name}首小时收费{fee}元。\n二、由区城管局管理。\n"
        (tmp_path / f"{name}.txt").write_text(text, encoding="utf-8")

    with (
        open_knowledge_base(settings, embedder=embedder) as first,
        open_knowledge_base(settings, embedder=embedder) as second,
    ):

        def agree() -> None:
            """Both indexes come to hold what SQL holds."""
            deadline = datetime.now(UTC) + timedelta(seconds=SECONDS)
            ids = first.storage.documents.chunk_ids()
            pause = threading.Event()
            for kb in (first, second):
                while kb.retrieval.store.chunk_ids() != ids and datetime.now(UTC) < deadline:
                    pause.wait(0.02)
                assert kb.retrieval.store.chunk_ids() == ids
                assert mend_fields(kb.storage.documents, kb.retrieval.store) == 0

        write("白鹿洞路", 3)
        write("甘棠路", 4)
        ingest([tmp_path], first, progress=False)
        agree()
        write("甘棠路", 5)
        ingest([tmp_path], second, progress=False)
        agree()
        (tmp_path / "白鹿洞路.txt").unlink()
        ingest([tmp_path], first, prune=True, progress=False)
        agree()
        assert [one.source for one in second.storage.documents.summaries()] == ["甘棠路.txt"]
