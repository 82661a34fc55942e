"""What processes over one PostgreSQL share; two of them are played by two openings in this process."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from postgres import Cluster
from sqlalchemy import insert, text

from kb.errors import HomeInUseError
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
    later = now + timedelta(minutes=11)
    assert second.find("ask 1", later) is None

    def stored() -> list[bytes]:
        with transaction(pair[0].engine) as connection:
            return [
                bytes(result) for result in connection.scalars(text("SELECT result FROM request_results"))
            ]

    (sealed,) = stored()
    assert "白鹿洞路".encode() not in sealed
    sharing(pair[1]).purge(later)
    assert stored() == []


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
