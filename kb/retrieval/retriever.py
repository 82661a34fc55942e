"""Query -> hits: embed, search every signal, read the best passages, rank them.

Each signal gives its SIGNAL_LIMIT best chunks, and a first blend orders them (kb.retrieval.fusion). The texts
of the first are read and ranked more closely (kb.retrieval.ranking); an outdated document scores less. A
cross-encoder, if one is set, reranks the first hits (kb.retrieval.reranker).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from time import perf_counter

from kb.embedding.embedder import Embedder, Vectors
from kb.embedding.question_map import QuestionMap
from kb.hits import Hit, Hits
from kb.language.injection import addresses_software
from kb.models import DocumentSummary, Filters, Signal, Status
from kb.retrieval.fusion import Blend, SignalLists, order
from kb.retrieval.questions.known import Known, KnownQuestions, among, likelier
from kb.retrieval.ranking import POOL, blended, ordered
from kb.retrieval.reranker import Reranker
from kb.retrieval.store import QueryVectors, Store, query_vectors
from kb.retrieval.term_weights import TermWeights
from kb.storage.documents import Documents

SIGNAL_LIMIT = 100  # chunks asked of each signal; 200 changed no metric on the tuning sets
FULL_BIGRAM = 8.0  # BM25 score of one rare character pair that a short passage holds
OUTDATED_FACTOR = 0.8  # a text no longer in force comes after its successor, but can still be found


class Retriever:
    """Finds and ranks chunks; holds no state of its own.

    `excluded` returns the ids of the documents that searches skip at this moment.
    """

    def __init__(
        self,
        store: Store,
        embedder: Embedder,
        documents: Documents,
        term_weights: TermWeights,
        question_map: QuestionMap,
        reranker: Reranker | None = None,
        known: KnownQuestions | None = None,
        excluded: Callable[[], frozenset[str]] = frozenset,
    ) -> None:
        self._store = store
        self._embedder = embedder
        self._documents = documents
        self._term_weights = term_weights
        self._question_map = question_map
        self._reranker = reranker
        self._known = known
        self._excluded = excluded

    def retrieve(
        self,
        query: str,
        filters: Filters,
        limit: int = 10,
        blend: Blend = Blend.WEIGHTED,
        vector: Vectors | None = None,
        own: str | None = None,
    ) -> Hits:
        """The best `limit` chunks for `query` that pass `filters`, best first.

        `vector` is the query's embedding, shape [size], when the caller has it already; `own` is the query in
        the asker's words, where they differ: known questions are in people's words. A chunk the registry does
        not know (left by an interrupted ingest, or being replaced right now) is skipped.
        """
        timings: dict[str, float] = {}
        with timed(timings, "embed"):
            if vector is None:
                vector = self._embedder.embed_query(query)
            query_set = query_vectors(query, vector, self._question_map.apply(vector))
        with timed(timings, "search"):
            lists: SignalLists = self._store.search(query_set, filters, SIGNAL_LIMIT, self._excluded())
        near: Mapping[str, Known] = {}
        if self._known is not None:
            with timed(timings, "known"):
                near = self._known.near(vector)
                if own is not None and own != query:
                    near = likelier(near, self._known.near(self._embedder.embed_query(own)))
                lists = {**lists, Signal.ASKED: among(near, lists)}
        weights = self._term_weights.weigh(query)
        with timed(timings, "rank"):
            depth = max(POOL, 2 * limit)
            hits = self._read(order(lists, blend)[:depth])
            hidden = {hit.chunk.id_ for hit in hits if addresses_software(hit.chunk.text)}
            if hidden:  # these chunks must not count as evidence either
                lists = without(lists, hidden)
                hits = self._read(order(lists, blend)[:depth])
            if blend is Blend.WEIGHTED:
                hits = ordered(query, [valued(hit, filters) for hit in blended(hits, weights)])
            hits = [_placed(hit, near) for hit in hits]
        if self._reranker is not None and blend is Blend.WEIGHTED:
            with timed(timings, "rerank"):
                hits = self._reranker.rerank(query, hits)
        return Hits(
            kept=tuple(hits[:limit]),
            weights=weights,
            cosine=max((point.score for point in lists.get(Signal.DENSE, ())), default=0.0),
            cosine_spread=cosine_spread(lists),
            bigram_strength=bigram_strength(lists, query_set),
            timings_ms=timings,
        )

    def retrieve_narrowed(
        self,
        query: str,
        narrowed: Filters,
        chosen: Filters,
        limit: int,
        vector: Vectors | None = None,
        own: str | None = None,
    ) -> Hits:
        """The best `limit` chunks that pass `narrowed`; those that pass `chosen` where no chunk does.

        `chosen` are the filters of the form, `narrowed` adds the edition or year that the question names;
        perhaps no document is of that time. `query`, `vector` and `own` are as in `retrieve`.
        """
        hits = self.retrieve(query, narrowed, limit, vector=vector, own=own)
        if hits.kept or narrowed == chosen:
            return hits
        return self.retrieve(query, chosen, limit, vector=vector, own=own)

    def _read(self, ranked: Sequence[tuple[str, float, dict[Signal, float]]]) -> list[Hit]:
        """The ranked chunks as hits, with texts and documents; chunks unknown to SQL are left out."""
        chunks = self._documents.chunks(chunk_id for chunk_id, _, _ in ranked)
        summaries = self._documents.summaries({chunk.document_id for chunk in chunks.values()})
        summary_of = {summary.id: summary for summary in summaries}
        return [
            Hit(
                chunk=chunks[chunk_id],
                document=summary_of[chunks[chunk_id].document_id],
                score=score,
                signals=signals,
            )
            for chunk_id, score, signals in ranked
            if chunk_id in chunks
        ]


def _placed(hit: Hit, near: Mapping[str, Known]) -> Hit:
    """`hit` with where it answers the query, if a known question near it tells."""
    known = near.get(hit.chunk.id_)
    return hit.model_copy(update={"answers_at": known.at}) if known is not None else hit


def without(lists: SignalLists, hidden: Set[str]) -> SignalLists:
    """`lists` without the chunks whose ids are `hidden`."""
    return {
        signal: [point for point in points if point.chunk_id not in hidden]
        for signal, points in lists.items()
    }


def valued(hit: Hit, filters: Filters) -> Hit:
    """`hit` with its score lowered when its document is outdated."""
    return hit.model_copy(update={"score": hit.score * validity_factor(hit.document, filters)})


def validity_factor(document: DocumentSummary, filters: Filters) -> float:
    """1 for a document in force, or if `filters` name a status, date or document; else OUTDATED_FACTOR."""
    asked_for = filters.status or filters.date_from or filters.date_to or filters.document_ids
    return 1.0 if asked_for or document.status is Status.IN_FORCE else OUTDATED_FACTOR


def cosine_spread(lists: SignalLists) -> float:
    """Best cosine minus that of the last chunk in the list."""
    dense = lists.get(Signal.DENSE, ())
    return dense[0].score - dense[-1].score if dense else 0.0


def bigram_strength(lists: SignalLists, query: QueryVectors) -> float:
    """Best BM25 score per character pair of the query, as a share of FULL_BIGRAM, at most 1."""
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


def added(*timings: Mapping[str, float]) -> dict[str, float]:
    """Milliseconds by step; those that several of `timings` hold are added up."""
    total: dict[str, float] = {}
    for steps in timings:
        for step, spent in steps.items():
            total[step] = round(total.get(step, 0.0) + spent, 2)
    return total
