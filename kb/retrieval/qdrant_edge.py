"""Store on Qdrant Edge: the embedded default, one shard in one folder.

Only one process may open the folder (kb.storage.home.HomeLock ensures it). Updates go through Edge's
write-ahead log; `flush` fsyncs. Qdrant's sparse IDF modifier turns the stored BM25 weights into BM25 scores
(kb.retrieval.bm25). Its files are sparse and mapped into memory, so their blocks are reserved (kb.space).
"""

import math
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import qdrant_edge as edge

from kb.errors import KbError, NoSpaceError, StoreError
from kb.models import Filters, Signal
from kb.retrieval import store
from kb.retrieval.bm25 import SparseVector
from kb.retrieval.store import Fields, Point, QueryVectors, ScoredId, point_id
from kb.space import MIB, Reservation, is_full, require_space

_PAGE = 1_000
_NEW = 240 * MIB  # what the files of an empty shard take
_GROWTH = 64 * MIB  # what one write may add: a new page of vectors and one of the log, 32 MiB each
_OPENING = MIB  # Edge writes its small files anew
_UNIT = 1e-3  # how far a vector's length may be from 1
_HIGHEST = 100.0  # a stored BM25 weight is below K1 + 1, unless many terms share an id
_NO_SPACE = "os error 28"  # ENOSPC in the words of Rust
_VECTOR_NAMES = {
    Signal.DENSE: "dense",
    Signal.MAPPED: "dense",  # another query vector, the same stored vectors
    Signal.BIGRAM: "bigram",
    Signal.WORD: "word",
}


class QdrantEdgeStore:
    """A Store on one Qdrant Edge shard.

    Raises (on creation):
        NoSpaceError: the disk has no room for the blocks of its files.
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
        self._blocks = Reservation(folder)
        with _sentences(f"向量库 {folder} 打不开", "；删除该目录后重新启动即可由原文重建索引"):
            if (folder / "edge_config.json").is_file():
                self._blocks.renew(_OPENING)
                self._shard = edge.EdgeShard.load(str(folder), config)
            else:
                folder.parent.mkdir(parents=True, exist_ok=True)
                require_space(folder.parent, _NEW + _GROWTH)
                folder.mkdir(exist_ok=True)
                self._shard = edge.EdgeShard.create(str(folder), config)
                self._index_fields()
            self._blocks.renew(0)

    def require_room(self) -> None:
        """Raise NoSpaceError when a write would be refused, because the disk is nearly full."""
        with self._lock:
            self._blocks.renew(_GROWTH)

    def upsert(self, points: Sequence[Point]) -> None:
        """Add points, replacing those with the same chunk id."""
        if points:
            self._update(edge.UpdateOperation.upsert_points([_to_edge(point) for point in points]))

    def remove(self, chunk_ids: Iterable[str]) -> None:
        """Remove chunks by id; unknown ids are ignored."""
        ids: list[edge.PointId] = [point_id(chunk_id) for chunk_id in chunk_ids]
        if ids:
            self._update(edge.UpdateOperation.delete_points(ids))

    def set_fields(self, fields: Mapping[str, Fields]) -> None:
        """Rewrite the filter fields (by chunk id) of chunks that are in the index already."""
        payloads = {chunk_id: values.model_dump(mode="json") for chunk_id, values in fields.items()}
        self._update(
            *(edge.UpdateOperation.set_payload([point_id(key)], payload) for key, payload in payloads.items())
        )

    def chunk_ids(self) -> set[str]:
        """Every id in the index."""
        with _sentences("向量库读取失败"):
            return {_chunk_id(record) for record in self._records(["chunk_id"])}

    def fields(self) -> dict[str, Fields]:
        """The filter fields of every chunk in the index, by chunk id."""
        names = list(Fields.model_fields)
        with _sentences("向量库读取失败"):
            return {_chunk_id(record): _fields(record) for record in self._records(["chunk_id", *names])}

    def check(self) -> None:
        """Read every point with all its vectors.

        Raises:
            StoreError: one is not as `upsert` writes it.
        """
        with _sentences("向量库读取失败"):
            for record in self._records(True, with_vectors=True):
                if not _is_whole(record):
                    raise StoreError(f"向量库里 {record.id} 的内容不对")

    def _records(self, payload: bool | list[str], *, with_vectors: bool = False) -> Iterator[edge.Record]:
        """Every point, with these fields of its payload."""
        offset = None
        while True:
            request = edge.ScrollRequest(
                offset=offset, limit=_PAGE, with_payload=payload, with_vector=with_vectors
            )
            with self._lock:
                records, offset = self._shard.scroll(request)
            yield from records
            if offset is None:
                return

    def search(
        self, query: QueryVectors, filters: Filters, limit: int, without: Set[str] = frozenset()
    ) -> dict[Signal, tuple[ScoredId, ...]]:
        """For each signal the best `limit` chunks that pass `filters`; documents in `without` are skipped."""
        vectors = query.by_signal(_sparse)
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
        with _sentences("向量库查询失败"), self._lock:
            answers = self._shard.query_batch(edge.QueryBatchRequest(requests))
        return {
            signal: tuple(ScoredId(chunk_id=_chunk_id(p), score=p.score) for p in points)
            for signal, points in zip(vectors, answers, strict=True)
        }

    def flush(self) -> None:
        """Return when everything written is on disk."""
        with _sentences("向量库写入失败"), self._lock:
            self._shard.flush()

    def close(self) -> None:
        """Flush and release the shard."""
        with _sentences("向量库写入失败"), self._lock:
            self._shard.close()

    def _update(self, *operations: edge.UpdateOperation) -> None:
        with _sentences("向量库写入失败"), self._lock:
            self._blocks.renew(_GROWTH)
            try:
                for operation in operations:
                    self._shard.update(operation)
            finally:
                self._blocks.renew(0)

    def _index_fields(self) -> None:
        keyword, integer = edge.PayloadSchemaType.Keyword, edge.PayloadSchemaType.Integer
        fields = {"document_id": keyword, "departments": keyword, "status": keyword, "dated": integer}
        for name, kind in fields.items():
            self._shard.update(edge.UpdateOperation.create_field_index(name, kind))


@contextmanager
def _sentences(what: str, remedy: str = "") -> Iterator[None]:
    """Turn the errors of Edge in the block into a StoreError: "`what`：...`remedy`"."""
    try:
        yield
    except (KbError, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # Edge raises plain Exception; a panic of its Rust code is not even that
        if is_full(error) or _NO_SPACE in str(error):
            raise NoSpaceError(f"{what}：磁盘空间不足（{error}）；请清理磁盘") from error
        raise StoreError(f"{what}：{error}{remedy}") from error


def _is_whole(record: edge.Record) -> bool:
    """Whether a point can be one that `_to_edge` made."""
    payload, vectors = record.payload or {}, record.vector
    chunk_id = payload.get("chunk_id")
    if not isinstance(vectors, dict) or not isinstance(chunk_id, str) or point_id(chunk_id) != str(record.id):
        return False
    dense, *sparse = (vectors.get(signal.value) for signal in (Signal.DENSE, Signal.BIGRAM, Signal.WORD))
    if not isinstance(dense, list) or abs(math.hypot(*dense) - 1) > _UNIT:
        return False
    return all(
        isinstance(vector, edge.SparseVector) and all(0 < weight < _HIGHEST for weight in vector.values)
        for vector in sparse
    )


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
    return edge.Point(point_id(point.chunk_id), vectors, payload)


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
