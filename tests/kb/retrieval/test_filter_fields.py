"""Filters hold after a start, whatever kept the index from following SQL."""

from collections.abc import Callable
from pathlib import Path

import pytest
from factories import CORPUS

from ingest.pipeline.run import ingest
from kb.embedding.embedder import Embedder
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.models import Filters, Status
from kb.retrieval.filter_fields import mend_fields
from kb.retrieval.index import Repairing
from kb.retrieval.store import make_fields
from kb.settings import Settings

LAW = CORPUS / "物业管理条例(2018-03-19).md"
QUESTION = "业主大会由谁组成"


def found(kb: KnowledgeBase, status: Status) -> int:
    return len(kb.retrieval.retriever.retrieve(QUESTION, Filters(status=status), 5).kept)


def test_status_changed_only_in_sql_counts_after_the_next_start(
    make_home: Callable[[], Path], embedder: Embedder
):
    settings = Settings(home=make_home())
    with open_knowledge_base(settings, embedder=embedder) as kb:
        ingest([LAW], kb, progress=False)
        (document,) = kb.storage.documents.summaries()
        assert found(kb, Status.IN_FORCE)
        kb.storage.documents.set_validity(document.id, Status.REPEALED, None, ())  # killed before the index
    with open_knowledge_base(settings, embedder=embedder) as kb:
        assert not found(kb, Status.IN_FORCE)
        assert found(kb, Status.REPEALED)


def test_fields_of_every_chunk_agree_with_sql(kb: KnowledgeBase):
    documents = kb.storage.documents
    right = {
        chunk.id_: make_fields(document, chunk)
        for summary in documents.summaries()
        if (document := documents.get(summary.id))
        for chunk in documents.chunks_of(summary.id)
    }
    assert any(len(fields.departments) > 1 for fields in right.values())
    assert kb.retrieval.store.fields() == right
    assert mend_fields(documents, kb.retrieval.store) == 0


def test_index_that_followed_every_change_is_not_compared_when_it_is_opened(
    make_home: Callable[[], Path], embedder: Embedder, monkeypatch: pytest.MonkeyPatch
):
    settings = Settings(home=make_home())
    with open_knowledge_base(settings, embedder=embedder) as kb:
        ingest([LAW], kb, progress=False)
    monkeypatch.setattr(Repairing, "run", lambda *_: pytest.fail("the index was compared"))
    with open_knowledge_base(settings, embedder=embedder) as kb:
        assert found(kb, Status.IN_FORCE)
