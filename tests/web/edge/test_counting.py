"""Requests counted by two processes over one PostgreSQL, played by two engines in this process."""

from pathlib import Path

import pytest
from limits import RateLimitItemPerMinute
from loops import finished
from postgres import Cluster

from kb.storage.database import make_engine
from kb.storage.sharing.counts import Counts
from web.edge.counting import RequestCounter

pytestmark = pytest.mark.postgresql

THREE = RateLimitItemPerMinute(3, namespace="key")


def test_requests_count_together_and_each_for_itself_while_the_database_is_away(
    cluster: Cluster, tmp_path: Path
):
    engines = [make_engine(tmp_path / "unused", url) for url in [cluster.migrated_database()] * 2]
    first, second = (RequestCounter(Counts(engine, b"key")) for engine in engines)

    async def waits(*counters: RequestCounter) -> list[int]:
        return [await counter.wait_for(THREE, "203.0.113.7") for counter in counters]

    *passed, wait = finished(waits(first, second, first, second))
    assert passed == [0, 0, 0]
    assert 0 < wait <= 60
    with engines[0].begin() as connection:
        connection.exec_driver_sql("DROP TABLE rate_counts")
    assert finished(waits(first, first, first, second)) == [0, 0, 0, 0]
    assert finished(waits(first))[0] > 0
    for engine in engines:
        engine.dispose()
