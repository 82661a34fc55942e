"""A damaged or full SQLite file: one sentence that names it and says what to do."""

import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from factories import make_chunk, make_document
from program import REPOSITORY, environment

from kb.errors import NoSpaceError, StoreError
from kb.language.tokens import words
from kb.settings import Settings
from kb.storage import tables
from kb.storage.database import open_database, reading, transaction
from kb.storage.documents import Documents
from kb.storage.parts import open_storage

pytestmark = [pytest.mark.hostile, pytest.mark.sqlite]

WORDS = "第七号地块养护经费为七万元，由区财政局拨付。" * 40


def overwrite(file: Path, place: int, length: int = 256) -> None:
    with file.open("r+b") as opened:
        opened.seek(place)
        opened.write(random.Random(place).randbytes(length))


def place_of(file: Path, words: str) -> int:
    return file.read_bytes().index(words.encode())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A database with a document, closed."""
    engine = open_database(tmp_path / "kb.sqlite")
    Documents(engine, words).replace(make_document(text=WORDS), [make_chunk(WORDS)], "f")
    engine.dispose()
    return tmp_path / "kb.sqlite"


DAMAGE: dict[str, Callable[[Path], None]] = {
    "first page": lambda file: overwrite(file, 0),
    "schema": lambda file: overwrite(file, place_of(file, "CREATE TABLE")),
    "all words of a text": lambda file: overwrite(file, place_of(file, WORDS[:100])),
    "16 bytes of a text": lambda file: overwrite(file, place_of(file, WORDS[:100]), 16),
    "most of the file": lambda file: overwrite(file, 4096, file.stat().st_size - 4096),
    "half of the file gone": lambda file: _cut(file),
}


def _cut(file: Path) -> None:
    with file.open("r+b") as opened:
        opened.truncate(file.stat().st_size // 2)


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_damaged_file_is_noticed_before_it_is_used(file: Path, damage: Callable[[Path], None]):
    damage(file)
    with pytest.raises(StoreError, match=r"^数据库 \S+kb\.sqlite 已损坏（[^\n]*kb restore 备份文件[^\n]*$"):
        open_storage(Settings(home=file.parent))


def test_sentence_on_damage_holds_no_words_of_a_document(file: Path):
    overwrite(file, place_of(file, WORDS[:100]), 16)
    with pytest.raises(StoreError) as raised:
        open_storage(Settings(home=file.parent))
    assert "地块" not in str(raised.value)


def test_whole_file_is_opened(file: Path):
    storage = open_storage(Settings(home=file.parent))
    assert storage.documents.chunk_count() == 1
    storage.close()


def test_program_on_a_damaged_database_ends_with_one_sentence(file: Path):
    overwrite(file, 4096, 8192)
    result = subprocess.run(
        [sys.executable, "app.py"],
        cwd=REPOSITORY,
        env=environment(file.parent),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.returncode == 1
    assert "已损坏" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1, result.stderr


def test_full_database_refuses_the_write_and_goes_on(tmp_path: Path):
    """SQLite's own limit stands for the disk: the error is the same (SQLITE_FULL)."""
    engine = open_database(tmp_path / "kb.sqlite")
    row = {"key": "k", "vector": b"\0" * 1_000_000}
    with (
        pytest.raises(NoSpaceError, match="磁盘空间不足") as raised,
        transaction(engine) as connection,
    ):
        connection.exec_driver_sql("PRAGMA max_page_count=1")
        connection.execute(tables.faq_vectors.insert().values(**row))
    assert "暂时不能保存" in raised.value.citizen
    with reading(engine) as connection:
        assert connection.execute(tables.faq_vectors.select()).all() == []
    with transaction(engine) as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=1000000")
        connection.execute(tables.faq_vectors.insert().values(**row))
    engine.dispose()
