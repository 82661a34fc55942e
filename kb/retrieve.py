"""Query -> hits: embed, search every signal, blend, prefer what is in force, look the words up."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

from kb.documents import Documents
from kb.embedding import Embedder
from kb.fusion import Blend, SignalLists, order
from kb.models import DocumentSummary, Filters, Hit, Hits, Signal, Status
from kb.store import QueryVectors, Store, query_vectors

SIGNAL_LIMIT = 100  # chunks asked of each signal; 200 changed no metric on the tuning sets
FULL_BIGRAM = 8.0  # BM25 score of one rare character pair that a short passage holds
OUTDATED_FACTOR = 0.8  # a text no longer in force comes after its successor, but can still be found


class Retriever:
    """Finds and ranks chunks; holds no state of its own."""

    def __init__(self, store: Store, embedder: Embedder, documents: Documents) -> None:
        self._store = store
        self._embedder = embedder
        self._documents = documents

    def retrieve(self, query: str, filters: Filters, limit: int = 10, blend: Blend = Blend.WEIGHTED) -> Hits:
        """The best `limit` chunks for `query` that pass `filters`, best first.

        A chunk the registry does not know (left behind by an interrupted ingest, or being replaced right
        now) is passed over.
        """
        timings: dict[str, float] = {}
        with timed(timings, "embed"):
            vectors = query_vectors(query, self._embedder)
        with timed(timings, "search"):
            lists = self._store.search(vectors, filters, SIGNAL_LIMIT)
        with timed(timings, "rank"):
            ranked = order(lists, blend)[: limit * 3]
            chunks = self._documents.chunks(chunk_id for chunk_id, _, _ in ranked)
            known = self._documents.summaries({chunk.document_id for chunk in chunks.values()})
            heads = {summary.id: summary for summary in known}
            hits = [
                Hit(
                    chunk=chunks[chunk_id],
                    document=heads[chunks[chunk_id].document_id],
                    score=score * validity_factor(heads[chunks[chunk_id].document_id], filters),
                    signals={signal.value: value for signal, value in signals.items()},
                )
                for chunk_id, score, signals in ranked
                if chunk_id in chunks
            ]
            hits.sort(key=lambda hit: -hit.score)
        return Hits(
            kept=tuple(hits[:limit]),
            cosine_spread=cosine_spread(lists),
            bigram_strength=bigram_strength(lists, vectors),
            timings_ms=timings,
        )


def validity_factor(document: DocumentSummary, filters: Filters) -> float:
    """1 for a document in force, or when the question names a status or a time; less for an outdated one."""
    asked_for = filters.status or filters.date_from or filters.date_to or filters.document_ids
    return 1.0 if asked_for or document.status is Status.IN_FORCE else OUTDATED_FACTOR


def cosine_spread(lists: SignalLists) -> float:
    """Best cosine minus that of the last chunk in the list."""
    dense = lists.get(Signal.DENSE, ())
    return dense[0].score - dense[-1].score if dense else 0.0


def bigram_strength(lists: SignalLists, query: QueryVectors) -> float:
    """Best BM25 score for each character pair of the query, as a share of FULL_BIGRAM, at most 1."""
    points = lists.get(Signal.BIGRAM, ())
    return min(1.0, points[0].score / sum(query.bigram.values) / FULL_BIGRAM) if points else 0.0


@contextmanager
def timed(timings: dict[str, float], name: str) -> Iterator[None]:
    """Add the milliseconds spent inside to `timings` under `name`."""
    start = perf_counter()
    try:
        yield
    finally:
        timings[name] = round(timings.get(name, 0.0) + (perf_counter() - start) * 1000, 2)
