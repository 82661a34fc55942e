"""Readings -> the knowledge base, and what follows for the other documents.

Replacing a document takes three steps, of which the middle one is the switch that readers see: new points
into the vector store (flushed), document and chunks into SQL in one transaction, stale points out of the
store. A kill between them leaves stray points, which the next start removes (kb.knowledge_base).
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
from sqlalchemy import Connection

from ingest.reading import Reading
from ingest.validity import outcomes
from kb.embedding import Vectors
from kb.knowledge_base import KnowledgeBase
from kb.store import make_fields, make_point

_BATCH = 64  # passages embedded between two reports; more at a time are no faster

Also = Callable[[Connection], None]  # what is done in the transaction of the switch
Report = Callable[[int, int], None]  # passages embedded so far, and all of them


class Stored(NamedTuple):
    """What became of a reading: is the document new, how many passages it has, how many of them are fresh."""

    name: str
    is_new: bool
    chunks: int
    fresh: int


def store(
    window: Sequence[Reading], kb: KnowledgeBase, report: Report | None = None, also: Also | None = None
) -> Iterator[Stored]:
    """Embed what is new in the window, then switch its documents over one by one, telling of each.

    Raises:
        StoreError, ModelError: nothing more is switched over.
    """
    before = {item.document.id: kb.documents.chunk_ids(item.document.id) for item in window}
    fresh = [
        (item.document, chunk)
        for item in window
        for chunk in item.chunks
        if chunk.id_ not in before[item.document.id]
    ]
    vectors = _embedded([chunk.indexed_text for _, chunk in fresh], kb, report)
    kb.store.upsert([make_point(*pair, vector) for pair, vector in zip(fresh, vectors, strict=True)])
    kb.store.flush()
    for item in window:
        old = before[item.document.id]
        kept = [chunk for chunk in item.chunks if chunk.id_ in old]
        kb.documents.replace(item.document, item.chunks, item.fingerprint, also)
        kb.store.set_fields({chunk.id_: make_fields(item.document, chunk) for chunk in kept})
        kb.store.remove(old - {chunk.id_ for chunk in item.chunks})
        yield Stored(item.name, not old, len(item.chunks), len(item.chunks) - len(kept))


def store_one(reading: Reading, kb: KnowledgeBase, report: Report | None, also: Also) -> Stored:
    """Embed what is new in one document, then switch it over.

    Raises:
        StoreError, ModelError, whatever `also` raises: the document is as it was.
    """
    (stored,) = store([reading], kb, report, also)
    return stored


def _embedded(texts: Sequence[str], kb: KnowledgeBase, report: Report | None) -> Vectors:
    """Vectors of `texts`, a batch at a time when somebody watches."""
    if report is None or len(texts) <= _BATCH:
        return kb.embedder.embed_passages(texts)
    made = []
    for start in range(0, len(texts), _BATCH):
        made.append(kb.embedder.embed_passages(texts[start : start + _BATCH]))
        report(min(start + _BATCH, len(texts)), len(texts))
    return np.concatenate(made)


def remove(document_id: str, kb: KnowledgeBase, also: Also | None = None) -> None:
    """Take a document out of registry and index."""
    stale = kb.documents.chunk_ids(document_id)
    kb.documents.remove(document_id, also)
    kb.store.remove(stale)


def settle_validity(kb: KnowledgeBase, today: date) -> tuple[str, ...]:
    """Give every document the status that follows from all of them; ids of those whose status changed."""
    changed = []
    heads = kb.documents.heads()
    found = outcomes(heads, today)
    for head in heads:
        outcome = found[head.id]
        if (head.status, head.standing, head.doubts) == (outcome.status, outcome.standing, outcome.doubts):
            continue
        kb.documents.set_validity(head.id, outcome.status, outcome.standing, outcome.doubts)
        if head.status is not outcome.status:
            document = head.model_copy(update={"status": outcome.status})
            chunks = kb.documents.chunks_of(head.id)
            kb.store.set_fields({chunk.id_: make_fields(document, chunk) for chunk in chunks})
            changed.append(head.id)
    return tuple(changed)
