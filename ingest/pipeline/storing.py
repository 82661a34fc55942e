"""Store readings in the knowledge base, and update the validity of the other documents.

Replacing a document takes three steps: new points go into the vector store (flushed), document and chunks
into SQL in one transaction, stale points out of the store. Readers see the change at the second step. A kill
between the steps leaves stray points, which the next start removes (kb.retrieval.index). On a disk that is
nearly full nothing is begun.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
from sqlalchemy import Connection

from ingest.anatomy.validity import outcomes
from ingest.pipeline.reading import Reading
from kb.embedding.embedder import Vectors
from kb.knowledge_base import KnowledgeBase
from kb.retrieval.store import make_fields, make_point

_BATCH = 96  # passages embedded between two reports: enough to keep several threads busy

Also = Callable[[Connection], None]  # runs in the transaction of the switch
Report = Callable[[int, int], None]  # called with the passages embedded so far and their total


class Stored(NamedTuple):
    """A stored document: whether it is new, its number of passages, how many of them are newly embedded."""

    document_id: str
    name: str
    is_new: bool
    chunks: int
    fresh: int


def store(
    window: Sequence[Reading], kb: KnowledgeBase, report: Report | None = None, also: Also | None = None
) -> list[Stored]:
    """Embed the new chunks of the window, then replace its documents, all at once.

    Raises:
        StoreError, ModelError: no document is replaced.
    """
    return switch(window, embed_fresh(window, kb, report), kb, also)


def embed_fresh(
    window: Sequence[Reading], kb: KnowledgeBase, report: Report | None = None
) -> dict[str, Vectors]:
    """Vectors of the chunks of the window that are not stored yet, by chunk id.

    Raises:
        ModelError: the model cannot be loaded.
    """
    stored = kb.storage.documents.chunk_ids_of([item.document.id for item in window])
    fresh = [chunk for item in window for chunk in item.chunks if chunk.id_ not in stored[item.document.id]]
    vectors = _embedded([chunk.indexed_text for chunk in fresh], kb, report)
    kb.faq.vectors([words for item in window for chunk in item.chunks for words in chunk.questions])
    return {chunk.id_: vector for chunk, vector in zip(fresh, vectors, strict=True)}


def switch(
    window: Sequence[Reading], vectors: Mapping[str, Vectors], kb: KnowledgeBase, also: Also | None = None
) -> list[Stored]:
    """Replace what is stored under the ids of the window's documents; one Stored for each.

    `vectors` come from `embed_fresh`. A chunk that was stored then but no longer is (another task has
    replaced the document meanwhile) is embedded now.

    Raises:
        StoreError, ModelError, and any error of `also`: no document is replaced.
    """
    kb.retrieval.store.require_room()
    before = kb.storage.documents.chunk_ids_of([item.document.id for item in window])
    pairs = [(item.document, chunk) for item in window for chunk in item.chunks]
    fresh = [(document, chunk) for document, chunk in pairs if chunk.id_ not in before[document.id]]
    missing = [chunk for _, chunk in fresh if chunk.id_ not in vectors]
    late = _embedded([chunk.indexed_text for chunk in missing], kb, None)
    all_vectors = {**vectors, **{chunk.id_: vector for chunk, vector in zip(missing, late, strict=True)}}
    points = [make_point(document, chunk, all_vectors[chunk.id_]) for document, chunk in fresh]

    def shared_too(connection: Connection) -> None:
        kb.retrieval.share(connection, points)
        if also is not None:
            also(connection)

    with kb.retrieval.store.following():
        kb.retrieval.store.upsert(points)
        kb.retrieval.store.flush()
        kb.storage.documents.replace_all(
            [(item.document, item.chunks, item.fingerprint) for item in window], shared_too
        )
        unchanged = [(document, chunk) for document, chunk in pairs if chunk.id_ in before[document.id]]
        kb.retrieval.store.set_fields(
            {chunk.id_: make_fields(document, chunk) for document, chunk in unchanged}
        )
        now = {chunk.id_ for _, chunk in pairs}
        kb.retrieval.store.remove(chunk_id for ids in before.values() for chunk_id in ids - now)
    return [_stored(item, before[item.document.id]) for item in window]


def _stored(item: Reading, old: set[str]) -> Stored:
    fresh = sum(chunk.id_ not in old for chunk in item.chunks)
    return Stored(item.document.id, item.name, not old, len(item.chunks), fresh)


def store_one(reading: Reading, kb: KnowledgeBase, report: Report | None, also: Also) -> Stored:
    """Embed the new chunks of one document, then replace it.

    Raises:
        StoreError, ModelError, and any error of `also`: the document is unchanged.
    """
    (stored,) = store([reading], kb, report, also)
    return stored


def _embedded(texts: Sequence[str], kb: KnowledgeBase, report: Report | None) -> Vectors:
    """Vectors of `texts`; with `report` in batches of texts of similar length, each of them reported."""
    if report is None:
        return kb.embedder.embed_passages(texts)
    vectors: Vectors = np.empty((len(texts), kb.embedder.size), dtype=np.float32)
    by_length = sorted(range(len(texts)), key=lambda index: len(texts[index]))
    for start in range(0, len(texts), _BATCH):
        batch = by_length[start : start + _BATCH]
        vectors[batch] = kb.embedder.embed_passages([texts[index] for index in batch])
        report(start + len(batch), len(texts))
    return vectors


def remove(document_id: str, kb: KnowledgeBase, also: Also | None = None) -> None:
    """Remove a document from the registry and the index; `also` runs in the same transaction.

    Raises:
        StoreError, NotReadyError, and any error of `also`: nothing is removed.
    """
    kb.retrieval.store.require_room()
    stale = kb.storage.documents.chunk_ids_of([document_id])[document_id]
    with kb.retrieval.store.following():
        kb.storage.documents.remove(document_id, also)
        kb.retrieval.store.remove(stale)


def settle_validity(kb: KnowledgeBase, today: date) -> tuple[str, ...]:
    """Set the status of every document as it follows from all documents; ids of the changed documents."""
    with kb.retrieval.store.following():
        return tuple(_settle(kb, today))


def _settle(kb: KnowledgeBase, today: date) -> Iterator[str]:
    """Settle the validity of each document; the ids of those whose status is another now."""
    heads = kb.storage.documents.heads()
    outcome_of = outcomes(heads, today)
    for head in heads:
        outcome = outcome_of[head.id]
        if (head.status, head.standing, head.doubts) == (outcome.status, outcome.standing, outcome.doubts):
            continue
        kb.retrieval.store.require_room()
        kb.storage.documents.set_validity(head.id, outcome.status, outcome.standing, outcome.doubts)
        if head.status is not outcome.status:
            document = head.model_copy(update={"status": outcome.status})
            chunks = kb.storage.documents.chunks_of(head.id)
            kb.retrieval.store.set_fields({chunk.id_: make_fields(document, chunk) for chunk in chunks})
            yield head.id
