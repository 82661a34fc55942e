"""Wiping: nothing of deleted rows is left in a SQLite file; when it cannot be done, it stays owed."""

import random
import re
import shutil
from collections import namedtuple
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete, insert, select, update

from kb.errors import StoreError
from kb.retention import WITH_WORDS, wipe_owed
from kb.storage import tables
from kb.storage.database import open_database, snapshot, transaction, upsert
from kb.storage.wiping import wipe

NOW = datetime(2024, 5, 10, tzinfo=UTC)
OWED = {"name": "words_to_wipe", "value": 1}


def churn(engine: Engine, steps: int) -> set[int]:
    """Insert, change and delete rows of `asked` in a random order; the numbers of the words that are left."""
    chance, left, last = random.Random(5), {}, 0

    def words() -> dict[str, str]:
        filler = "低保怎么申请" * chance.randint(0, 60)
        return {"question": f"{filler}金丝雀{last:06d}号", "key": f"{chance.random()}金丝雀{last:06d}号"}

    row = {"asked_at": NOW, "rewritten": "", "kind": "refused", "ending": "no_hits", "confidence": 0.1}
    row |= {"text": "", "documents": [], "departments": []}
    for _ in range(steps // 10):
        with transaction(engine) as connection:
            for _ in range(10):
                choice, last = chance.random(), last + 1
                if choice < 0.5 or not left:
                    name = f"{chance.getrandbits(64):x}"
                    connection.execute(insert(tables.asked).values(id=name, **row, **words()))
                    left[name] = last
                    continue
                name = chance.choice(list(left))
                is_it = tables.asked.c.id == name
                if choice < 0.75:
                    connection.execute(update(tables.asked).where(is_it).values(**words()))
                    left[name] = last
                else:
                    connection.execute(delete(tables.asked).where(is_it))
                    del left[name]
    return set(left.values())


@pytest.mark.sqlite
@pytest.mark.hostile
def test_wipe_leaves_only_the_rows_that_are_there_in_any_file(tmp_path: Path):
    engine = open_database(tmp_path / "kb.sqlite")
    kept = churn(engine, 4_000)
    wipe(engine, WITH_WORDS)
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    found = {int(number) for number in re.findall("金丝雀([0-9]{6})号".encode(), content)}
    assert found == kept
    assert (tmp_path / "kb.sqlite-wal").stat().st_size == 0
    engine.dispose()


def test_wipe_keeps_every_row(tmp_path: Path):
    """On PostgreSQL too, where it is another statement."""
    engine = open_database(tmp_path / "kb.sqlite")
    churn(engine, 50)
    with engine.connect() as connection:
        before = connection.execute(select(tables.asked).order_by(tables.asked.c.id)).all()
    wipe(engine, WITH_WORDS)
    with engine.connect() as connection:
        assert connection.execute(select(tables.asked).order_by(tables.asked.c.id)).all() == before
    engine.dispose()


@pytest.mark.sqlite
def test_wipe_that_a_reader_or_a_full_disk_prevents_is_done_the_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    engine = open_database(tmp_path / "kb.sqlite")
    with transaction(engine) as connection:
        upsert(connection, tables.counters, [OWED])
    with snapshot(engine) as reader:
        reader.execute(select(tables.asked)).all()
        with pytest.raises(StoreError, match="下次再抹"):
            wipe_owed(engine)
    usage = namedtuple("usage", "total used free")
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _path: usage(10**9, 10**9, 10**6))
        with pytest.raises(StoreError, match="请腾出空间"):
            wipe_owed(engine)
    wipe_owed(engine)
    with engine.connect() as connection:
        assert connection.execute(select(tables.counters)).all() == []
    assert (tmp_path / "kb.sqlite-wal").stat().st_size < 64 * 1024  # the note that nothing is owed
    engine.dispose()


def test_tables_that_keep_what_belongs_to_a_question_are_wiped():
    every = tables.metadata.tables.values()
    owned = {one for one in every if any(key.column.table is tables.questions for key in one.foreign_keys)}
    assert owned <= set(WITH_WORDS)
