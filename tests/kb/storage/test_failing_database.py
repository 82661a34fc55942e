"""A database that fails: every read and write raises StoreError with one Chinese sentence."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from factories import make_chunk, make_document
from sqlalchemy import Engine

from kb.errors import StoreError
from kb.faq.entries import FaqEntries
from kb.faq.models import FaqEntry
from kb.faq.vectors import FaqVectors
from kb.language.tokens import words
from kb.models import Status
from kb.storage import catalogue, queue_tables, tables
from kb.storage.database import make_engine, open_database, reading, snapshot, transaction
from kb.storage.documents import Documents

ENTRY = FaqEntry(id="gate", question="公园几点关门？", answer="每晚十点。")
READS = {
    "get": lambda documents: documents.get("doc"),
    "summaries": lambda documents: documents.summaries(),
    "chunk_count": lambda documents: documents.chunk_count(),
    "chunk_ids": lambda documents: documents.chunk_ids(),
    "chunk_ids_of": lambda documents: documents.chunk_ids_of(["doc"]),
    "chunks": lambda documents: documents.chunks(["chunk"]),
    "chunks_of": lambda documents: documents.chunks_of("doc"),
    "heads": lambda documents: documents.heads(),
    "term_counts": lambda documents: documents.term_counts(["公开"]),
    "vocabulary": lambda documents: documents.vocabulary(),
    "units": lambda documents: documents.units(),
    "assigned": lambda documents: documents.assigned(),
    "chunks_with": lambda documents: documents.chunks_with("公开"),
}
WRITES = {
    "replace": lambda documents: documents.replace(make_document(), [make_chunk("公开")], "f"),
    "remove": lambda documents: documents.remove("doc"),
    "set_validity": lambda documents: documents.set_validity("doc", Status.REPEALED, None, ()),
}
FAQ = {
    "all": lambda engine: FaqEntries(engine).all(),
    "approved": lambda engine: FaqEntries(engine).approved(),
    "put": lambda engine: FaqEntries(engine).put([ENTRY]),
    "vectors": lambda engine: FaqVectors(engine, "m", _ones)(["公园"]),
    "vectors rebuilt": lambda engine: FaqVectors(engine, "m", _ones).rebuild(["公园"]),
}


def _ones(texts: object) -> np.ndarray:
    return np.ones((1, 4), dtype=np.float32)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """A database whose tables are all gone."""
    opened = open_database(tmp_path / "kb.sqlite")
    assert queue_tables.queue_groups.metadata is tables.metadata
    tables.metadata.drop_all(opened)
    catalogue.derived.drop_all(opened)
    yield opened
    opened.dispose()


@pytest.mark.parametrize("call", READS.values(), ids=READS)
def test_document_read_without_tables_raises_store_error(engine: Engine, call: Callable[[Documents], object]):
    with pytest.raises(StoreError, match=r"^数据库 .* 读取失败：[^\n]*$"):
        call(Documents(engine, words))


@pytest.mark.parametrize("call", WRITES.values(), ids=WRITES)
def test_document_write_without_tables_raises_store_error(
    engine: Engine, call: Callable[[Documents], object]
):
    documents = Documents(engine, words)
    with pytest.raises(StoreError, match=r"^数据库 .* (读写|读取)失败：[^\n]*$"):
        call(documents)
    assert documents.revision == 0


@pytest.mark.parametrize("call", FAQ.values(), ids=FAQ)
def test_faq_without_tables_raises_store_error(engine: Engine, call: Callable[[Engine], object]):
    with pytest.raises(StoreError, match=r"^数据库 .*失败：[^\n]*$"):
        call(engine)


@pytest.mark.sqlite
@pytest.mark.parametrize("block", [transaction, reading, snapshot])
def test_file_of_garbage_raises_store_error(tmp_path: Path, block: Callable[[Engine], object]):
    file = tmp_path / "kb.sqlite"
    file.write_bytes("这不是数据库".encode() * 100)
    engine = make_engine(file)
    with pytest.raises(StoreError, match="已损坏（file is not a database）"), block(engine) as connection:
        connection.exec_driver_sql("SELECT 1")
    engine.dispose()


@pytest.mark.sqlite
def test_failed_replace_keeps_the_former_document(tmp_path: Path):
    """The last statement of replacing a document fails: the document of before stays."""
    engine = open_database(tmp_path / "kb.sqlite")
    documents = Documents(engine, words)
    documents.replace(make_document(title="旧"), [make_chunk("公开")], "f")
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER full BEFORE INSERT ON chunks BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        )
    with pytest.raises(StoreError, match=r"读写失败：disk full$"):
        documents.replace(make_document(title="新"), [make_chunk("公示")], "f")
    kept = documents.get("doc")
    assert kept is not None
    assert (kept.title, documents.vocabulary().get("公示")) == ("旧", None)
    engine.dispose()


def test_block_for_reading_keeps_no_write(tmp_path: Path):
    engine = open_database(tmp_path / "kb.sqlite")
    with reading(engine) as connection:
        connection.execute(tables.faq_vectors.insert().values(key="k", vector=b"\x01"))
    with reading(engine) as connection:
        assert connection.execute(tables.faq_vectors.select()).all() == []
    engine.dispose()
