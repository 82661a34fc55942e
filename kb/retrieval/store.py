"""The vector store as the rest of the program sees it, and what is written into it.

The store is an index: ids, vectors and the few fields that filters need. Texts come from
kb.storage.documents.
"""

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from datetime import date
from typing import TYPE_CHECKING, Protocol, TypeVar

from kb.embedding.embedder import Vectors
from kb.models import Filters, Model, PolicyDocument, Signal
from kb.retrieval import bm25
from kb.retrieval.bm25 import SparseVector

if TYPE_CHECKING:  # the process of kb.retrieval.probe starts without llama-index
    from kb.hits import Chunk

Sparse = TypeVar("Sparse")
_NAMESPACE = uuid.UUID("6f1c2b52-3f0e-4b57-9a55-0d9a6e2f7c11")


class Fields(Model):
    """The fields of a chunk that filters compare."""

    document_id: str
    departments: tuple[str, ...]
    status: str
    dated: int | None  # yyyymmdd


class Point(Model):
    """One chunk as the store keeps it; `dense` has the embedder's size."""

    chunk_id: str
    dense: tuple[float, ...]
    bigram: SparseVector
    word: SparseVector
    fields: Fields


class QueryVectors(Model):
    """The vectors of a query for every signal; `mapped` may equal `dense`."""

    dense: tuple[float, ...]
    mapped: tuple[float, ...]
    bigram: SparseVector
    word: SparseVector

    def by_signal(self, sparse: Callable[[SparseVector], Sparse]) -> dict[Signal, list[float] | Sparse]:
        """The vector of every signal that has one, as an engine takes them; `sparse` makes sparse ones."""
        lexical = ((Signal.BIGRAM, self.bigram), (Signal.WORD, self.word))
        return {
            Signal.DENSE: list(self.dense),
            Signal.MAPPED: list(self.mapped),
            **{signal: sparse(vector) for signal, vector in lexical if vector.indices},
        }


class ScoredId(Model):
    """A chunk id with one signal's raw score (cosine, or BM25)."""

    chunk_id: str
    score: float


class Store(Protocol):
    """What an index must do; every method raises StoreError when the index cannot.

    Writes raise NoSpaceError, and write nothing, when the disk is nearly full.
    """

    def require_room(self) -> None:
        """Raise NoSpaceError when a write would be refused, because the disk is nearly full."""

    def upsert(self, points: Sequence[Point]) -> None:
        """Add points, replacing those with the same chunk id."""

    def remove(self, chunk_ids: Iterable[str]) -> None:
        """Remove chunks by id; unknown ids are ignored."""

    def set_fields(self, fields: Mapping[str, Fields]) -> None:
        """Rewrite the filter fields (by chunk id) of chunks that are in the index already."""

    def chunk_ids(self) -> set[str]:
        """Every id in the index."""

    def fields(self) -> dict[str, Fields]:
        """The filter fields of every chunk in the index, by chunk id."""

    def search(
        self, query: QueryVectors, filters: Filters, limit: int, without: Set[str] = frozenset()
    ) -> dict[Signal, tuple[ScoredId, ...]]:
        """For each signal the best `limit` chunks that pass `filters`, best first.

        Chunks of documents in `without` are skipped.
        """

    def flush(self) -> None:
        """Return when everything written is on disk."""

    def close(self) -> None:
        """Flush and release the index."""


class Place(Protocol):
    """Where an index is kept, with a note of which state of the documents it surely holds.

    Every method raises StoreError or OSError when the place cannot be used.
    """

    def open(self, size: int, report: Callable[[str], None]) -> Store:
        """The index for vectors of `size`, made when missing; `report` is told in Chinese what is wrong.

        An index that was lost or damaged is empty, to be filled from SQL.
        """

    def noted(self) -> str | None:
        """The state of the documents that the index says it holds."""

    def change(self) -> None:
        """Take the note away, because the index is about to be changed."""

    def rest(self, holds: str | None) -> None:
        """Note what the index holds, if that is known; everything written is on disk."""

    def release(self, store: Store | None, holds: str | None) -> None:
        """Close `store`, if it was opened, with a note of what it holds."""


def make_point(document: PolicyDocument, chunk: "Chunk", vector: Vectors) -> Point:
    """A chunk of `document` as the store keeps it; `vector` has shape [size]."""
    return Point(
        chunk_id=chunk.id_,
        dense=tuple(vector.tolist()),
        bigram=bm25.passage_vector(Signal.BIGRAM, chunk.indexed_text),
        word=bm25.passage_vector(Signal.WORD, chunk.indexed_text),
        fields=make_fields(document, chunk),
    )


def make_fields(document: PolicyDocument, chunk: "Chunk") -> Fields:
    """The filter fields of a chunk; the units that it names count as its departments."""
    return document_fields(document, (*chunk.lead_units, *chunk.responsible_units))


def document_fields(document: PolicyDocument, units: Sequence[str] = ()) -> Fields:
    """The filter fields of the chunks of `document` that name `units`."""
    return Fields(
        document_id=document.id,
        departments=tuple(dict.fromkeys((*document.departments, *units))),
        status=document.status.value,
        dated=as_number(document.dated),
    )


def point_id(chunk_id: str) -> str:
    """Qdrant ids are integers or UUIDs: the name-based UUID (RFC 9562, version 5) of the chunk id."""
    return str(uuid.uuid5(_NAMESPACE, chunk_id))


def query_vectors(query: str, vector: Vectors, mapped: Vectors) -> QueryVectors:
    """`query` as every signal sees it; `vector`: its embedding, shape [size]; `mapped`: the corrected one."""
    return QueryVectors(
        dense=tuple(vector.tolist()),
        mapped=tuple(mapped.tolist()),
        bigram=bm25.query_vector(Signal.BIGRAM, query),
        word=bm25.query_vector(Signal.WORD, query),
    )


def as_number(day: date | None) -> int | None:
    """A date as yyyymmdd, which every store can compare."""
    return None if day is None else day.year * 10_000 + day.month * 100 + day.day
