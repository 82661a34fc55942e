"""Values that no column can hold become a sentence for whoever typed them, on both databases."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Engine, insert, select

from kb.errors import InputError
from kb.storage import tables
from kb.storage.database import reading, transaction

pytestmark = pytest.mark.hostile

COUNTERS = tables.counters


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 10**400], ids=["2^63", "-2^63-1", "10^400"])
def test_number_beyond_64_bits_is_no_failure_of_the_database(engine: Engine, number: int):
    with pytest.raises(InputError, match="存不下"), transaction(engine) as connection:
        connection.execute(insert(COUNTERS).values(name="n", value=number))
    with reading(engine) as connection:
        assert connection.execute(select(COUNTERS)).first() is None


@pytest.mark.parametrize("text", ["\ud800", "很\udfff"])
def test_half_of_a_surrogate_pair_is_no_failure_of_the_database(engine: Engine, text: str):
    with pytest.raises(InputError, match="存不下"), transaction(engine) as connection:
        connection.execute(insert(COUNTERS).values(name=text, value=1))
    with pytest.raises(InputError, match="存不下"), reading(engine) as connection:
        connection.execute(select(COUNTERS).where(COUNTERS.c.name == text)).first()


@pytest.mark.parametrize(
    "moment",
    [
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=8))),
        datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-8))),
    ],
)
def test_time_that_has_none_in_utc_is_no_failure_of_the_database(engine: Engine, moment: datetime):
    with pytest.raises(InputError, match="存不下"), reading(engine) as connection:
        connection.execute(select(tables.audit).where(tables.audit.c.at >= moment)).first()


def test_first_and_last_day_are_values_like_others(engine: Engine):
    days = (datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC))
    with reading(engine) as connection:
        for day in days:
            assert connection.execute(select(tables.audit).where(tables.audit.c.at == day)).first() is None
