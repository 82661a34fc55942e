"""The registry's vocabulary and units, and when their caches are renewed."""

from pathlib import Path

import pytest
from factories import make_chunk, make_document

from kb.language.tokens import words
from kb.models import Status
from kb.storage.database import open_database
from kb.storage.documents import Documents


@pytest.fixture
def documents(tmp_path: Path):
    engine = open_database(tmp_path / "kb.sqlite")
    registry = Documents(engine, words)
    chunks = [
        make_chunk("公开专区建设。", lead_units=("区数字中心",), responsible_units=("各街道", "区政府办")),
        make_chunk("公开政务信息。", start=10, lead_units=("区政府办",)),
    ]
    registry.replace(make_document(), chunks, "f")
    yield registry
    engine.dispose()


def test_vocabulary_counts_chunks(documents: Documents):
    assert documents.vocabulary()["公开"] == 2
    assert documents.vocabulary()["专区"] == 1


def test_vocabulary_is_the_same_object_until_documents_change(documents: Documents):
    before = documents.vocabulary()
    assert documents.vocabulary() is before
    documents.replace(make_document(id="other"), [make_chunk("公开", document_id="other")], "f")
    assert documents.vocabulary()["公开"] == 3
    documents.remove("doc")
    assert documents.vocabulary()["公开"] == 1
    assert "专区" not in documents.vocabulary()


def test_chunks_with_counts_chunks_holding_the_substring(documents: Documents):
    assert documents.chunks_with("公开") == 2
    assert documents.chunks_with("开专区") == 1
    assert documents.chunks_with("政物") == 0


def test_units_are_sorted_and_follow_removed_documents(documents: Documents):
    assert documents.units() == ("区政府办", "区数字中心", "各街道")
    documents.remove("doc")
    assert documents.units() == ()


def test_replace_all_of_700_documents_updates_term_counts(documents: Documents):
    """More documents than one statement takes; the counts of terms follow."""
    many = [
        (make_document(id=f"d{n}"), [make_chunk("公开", document_id=f"d{n}", start=n)], "f")
        for n in range(700)
    ]
    documents.replace_all(many)
    assert documents.chunk_count() == 702
    documents.replace_all([(document, [], "f") for document, _, _ in many])
    assert documents.chunk_count() == 2
    assert documents.vocabulary()["公开"] == 2


def test_chunk_ids_of_gives_none_for_unknown_document(documents: Documents):
    ids = documents.chunk_ids_of(["doc", "unknown"])
    assert ids == {"doc": documents.chunk_ids(), "unknown": set()}
    assert len(ids["doc"]) == 2


def test_list_of_all_documents_follows_every_change(documents: Documents):
    assert [summary.id for summary in documents.summaries()] == ["doc"]
    documents.replace(make_document(id="other"), [], "f")
    assert {summary.id for summary in documents.summaries()} == {head.id for head in documents.heads()}
    documents.set_validity("other", Status.REPEALED, None, ())
    assert {summary.id: summary.status for summary in documents.summaries()}["other"] is Status.REPEALED
    documents.summaries().clear()  # what is given out belongs to the caller
    documents.remove("doc")
    assert [summary.id for summary in documents.summaries()] == ["other"]
