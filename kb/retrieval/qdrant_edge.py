"""Store on Qdrant Edge: the embedded default, one shard in one folder.

Only one process may open the folder (kb.storage.home.HomeLock ensures it). Updates go through Edge's
write-ahead log; `flush` fsyncs. Qdrant's sparse IDF modifier turns the stored BM25 weights into BM25 scores
(kb.retrieval.bm25).
"""

import threading
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from pathlib import Path
from typing import Any

import qdrant_edge as edge

from kb.errors import StoreError
from kb.models import Filters, Signal
from kb.retrieval import store
from kb.retrieval.bm25 import SparseVector
from kb.retrieval.store import Fields, Point, QueryVectors, ScoredId

_NAMESPACE = uuid.UUID("6f1c2b52-3f0e-4b57-9a55-0d9a6e2f7c11")
_PAGE = 1_000
_VECTOR_NAMES = {
    Signal.DENSE: "dense",
    Signal.MAPPED: "dense",  # another query vector, the same stored vectors
    Signal.BIGRAM: "bigram",
    Signal.WORD: "word",
}


class QdrantEdgeStore:
    """A Store on one Qdrant Edge shard.

    Raises (on creation):
        StoreError: the folder is damaged or was made for vectors of another size.
    """

    def __init__(self, folder: Path, size: int) -> None:
        sparse = edge.EdgeSparseVectorParams(modifier=edge.Modifier.Idf)
        config = edge.EdgeConfig(
            vectors={Signal.DENSE: edge.EdgeVectorParams(size=size, distance=edge.Distance.Cosine)},
            sparse_vectors={Signal.BIGRAM: sparse, Signal.WORD: sparse},
        )
        # Edge's own locking ends at each call: a search must not meet a half-done optimise or close.
        self._lock = threading.RLock()
        try:
            if (folder / "edge_config.json").is_file():
                self._shard = edge.EdgeShard.load(str(folder), config)
            else:
                folder.mkdir(parents=True, exist_ok=True)
                self._shard = edge.EdgeShard.create(str(folder), config)
                self._index_fields()
        except Exception as error:  # Edge raises plain Exception
            raise StoreError(
                f"向量库 {folder} 打不开：{error}；删除该目录后重新启动即可由原文重建索引"
            ) from error

    def upsert(self, points: Sequence[Point]) -> None:
        """Add points, replacing those with the same chunk id."""
        if points:
            self._update(edge.UpdateOperation.upsert_points([_to_edge(point) for point in points]))

    def remove(self, chunk_ids: Iterable[str]) -> None:
        """Remove chunks by id; unknown ids are ignored."""
        ids: list[edge.PointId] = [_point_id(chunk_id) for chunk_id in chunk_ids]
        if ids:
            self._update(edge.UpdateOperation.delete_points(ids))

    def set_fields(self, fields: Mapping[str, Fields]) -> None:
        """Rewrite the filter fields (by chunk id) of chunks that are in the index already."""
        for chunk_id, values in fields.items():
            payload = values.model_dump(mode="json")
            self._update(edge.UpdateOperation.set_payload([_point_id(chunk_id)], payload))

    def chunk_ids(self) -> set[str]:
        """Every id in the index."""
        return {_chunk_id(record) for record in self._records(["chunk_id"])}

    def fields(self) -> dict[str, Fields]:
        """The filter fields of every chunk in the index, by chunk id."""
        names = list(Fields.model_fields)
        return {_chunk_id(record): _fields(record) for record in self._records(["chunk_id", *names])}

    def _records(self, payload: list[str]) -> Iterator[edge.Record]:
        """Every point, with these fields of its payload."""
        offset = None
        while True:
            request = edge.ScrollRequest(offset=offset, limit=_PAGE, with_payload=payload)
            with self._lock:
                records, offset = self._shard.scroll(request)
            yield from records
            if offset is None:
                return

    def search(
        self, query: QueryVectors, filters: Filters, limit: int, without: Set[str] = frozenset()
    ) -> dict[Signal, tuple[ScoredId, ...]]:
        """For each signal the best `limit` chunks that pass `filters`; documents in `without` are skipped."""
        vectors: dict[Signal, edge.NamedVector] = {
            Signal.DENSE: list(query.dense),
            Signal.MAPPED: list(query.mapped),
        }
        lexical = ((Signal.BIGRAM, query.bigram), (Signal.WORD, query.word))
        vectors |= {signal: _sparse(vector) for signal, vector in lexical if vector.indices}
        condition = _filter(filters, without)
        requests = [
            edge.QueryRequest(
                limit=limit,
                query=edge.Query.Nearest(vector, using=_VECTOR_NAMES[signal]),
                filter=condition,
                with_payload=["chunk_id"],
            )
            for signal, vector in vectors.items()
        ]
        try:
            with self._lock:
                answers = self._shard.query_batch(edge.QueryBatchRequest(requests))
        except Exception as error:  # Edge raises plain Exception
            raise StoreError(f"向量库查询失败：{error}") from error
        return {
            signal: tuple(ScoredId(chunk_id=_chunk_id(p), score=p.score) for p in points)
            for signal, points in zip(vectors, answers, strict=True)
        }

    def flush(self) -> None:
        """Return when everything written is on disk."""
        with self._lock:
            self._shard.flush()

    def close(self) -> None:
        """Flush and release the shard."""
        with self._lock:
            self._shard.close()

    def _update(self, operation: edge.UpdateOperation) -> None:
        try:
            with self._lock:
                self._shard.update(operation)
        except Exception as error:  # Edge raises plain Exception
            raise StoreError(f"向量库写入失败：{error}；请检查磁盘空间") from error

    def _index_fields(self) -> None:
        keyword, integer = edge.PayloadSchemaType.Keyword, edge.PayloadSchemaType.Integer
        fields = {"document_id": keyword, "departments": keyword, "status": keyword, "dated": integer}
        for name, kind in fields.items():
            self._shard.update(edge.UpdateOperation.create_field_index(name, kind))


def _point_id(chunk_id: str) -> str:
    """Qdrant ids are integers or UUIDs: the name-based UUID (RFC 9562, version 5) of the chunk id."""
    return str(uuid.uuid5(_NAMESPACE, chunk_id))


def _chunk_id(point: edge.Record | edge.ScoredPoint) -> str:
    return str((point.payload or {})["chunk_id"])


def _fields(record: edge.Record) -> Fields:
    """The fields as they are stored, even if a damaged point lacks some."""
    stored: dict[str, Any] = {name: (record.payload or {}).get(name) for name in Fields.model_fields}
    return Fields.model_construct(**{**stored, "departments": tuple(stored["departments"] or ())})


def _sparse(vector: SparseVector) -> edge.SparseVector:
    return edge.SparseVector(indices=list(vector.indices), values=list(vector.values))


def _to_edge(point: Point) -> edge.Point:
    payload = {"chunk_id": point.chunk_id, **point.fields.model_dump(mode="json")}
    vectors: dict[str, edge.NamedVector] = {
        Signal.DENSE.value: list(point.dense),
        Signal.BIGRAM.value: _sparse(point.bigram),
        Signal.WORD.value: _sparse(point.word),
    }
    return edge.Point(_point_id(point.chunk_id), vectors, payload)


def _filter(filters: Filters, without: Set[str]) -> edge.Filter | None:
    """Edge's filter for `filters` that also skips the documents `without`; None for no restriction."""
    must: list[edge.FieldCondition] = []
    if filters.department:
        must.append(edge.FieldCondition("departments", match=edge.MatchValue(filters.department)))
    if filters.status:
        must.append(edge.FieldCondition("status", match=edge.MatchValue(filters.status.value)))
    if filters.document_ids:
        must.append(edge.FieldCondition("document_id", match=edge.MatchAny(list(filters.document_ids))))
    if filters.date_from or filters.date_to:
        period = edge.RangeFloat(gte=store.as_number(filters.date_from), lte=store.as_number(filters.date_to))
        must.append(edge.FieldCondition("dated", range=period))
    if not must and not without:
        return None
    excluded = edge.FieldCondition("document_id", match=edge.MatchAny(sorted(without)))
    return edge.Filter(must=list(must), must_not=[excluded] if without else None)
