"""Store on a collection of a Qdrant server or cluster.

Points, fields and scores are those of kb.retrieval.qdrant_edge, which holds the same engine. A question is
one request for all its signals. A write returns when as many replicas as the collection asks for have it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from functools import partial
from typing import Any, TypeVar

from qdrant_client import QdrantClient, models

from kb.models import Filters, Signal
from kb.retrieval.bm25 import SparseVector
from kb.retrieval.server.asking import QUESTION, WRITE, ask
from kb.retrieval.store import Fields, Point, QueryVectors, ScoredId, as_number, point_id

Item = TypeVar("Item")
Result = TypeVar("Result")

_POINTS = 256  # of one request: some MB, where a server takes 32
_IDS = 1_000
_PAGE = 2_000
_WRITE_S = 60  # a write waits until it is done on enough replicas
# one replica orders the writes, so all replicas end with the last
_WRITING: dict[str, Any] = {"ordering": models.WriteOrdering.MEDIUM, "timeout": _WRITE_S}
_OVERSAMPLING = 2.0  # of quantised candidates, scored again by their whole vectors
_USING = {
    Signal.DENSE: Signal.DENSE.value,
    Signal.MAPPED: Signal.DENSE.value,  # another query vector, the same stored vectors
    Signal.BIGRAM: Signal.BIGRAM.value,
    Signal.WORD: Signal.WORD.value,
}


class QdrantServerStore:
    """A Store on the collection, or the alias, `name`; who made `client` closes it.

    `address` is for error messages; `require_room` raises NoSpaceError when this machine's disk is nearly
    full; a search gives up after `timeout` seconds.
    """

    def __init__(
        self,
        client: QdrantClient,
        name: str,
        *,
        address: str,
        quantized: bool,
        timeout: int,
        require_room: Callable[[], None],
    ) -> None:
        self._client = client
        self._name = name
        self._address = address
        self._timeout = timeout
        self._require_room = require_room
        rescored = models.QuantizationSearchParams(rescore=True, oversampling=_OVERSAMPLING)
        self._dense_params = models.SearchParams(quantization=rescored) if quantized else None

    def require_room(self) -> None:
        """Raise NoSpaceError when this machine's disk is nearly full; the server says so at the write."""
        self._require_room()

    def upsert(self, points: Sequence[Point]) -> None:
        """Add points, replacing those with the same chunk id."""
        for part in _parts(points, _POINTS):
            structs = [_to_qdrant(point) for point in part]
            self._write(partial(self._client.upsert, self._name, structs, **_WRITING))

    def remove(self, chunk_ids: Iterable[str]) -> None:
        """Remove chunks by id; unknown ids are ignored."""
        for part in _parts([point_id(chunk_id) for chunk_id in chunk_ids], _IDS):
            selector = models.PointIdsList(points=list(part))
            self._write(partial(self._client.delete, self._name, selector, **_WRITING))

    def set_fields(self, fields: Mapping[str, Fields]) -> None:
        """Rewrite the filter fields (by chunk id) of chunks that are in the index already."""
        alike: dict[Fields, list[str]] = {}
        for chunk_id, values in fields.items():
            alike.setdefault(values, []).append(point_id(chunk_id))
        operations = [
            models.SetPayloadOperation(
                set_payload=models.SetPayload(payload=values.model_dump(mode="json"), points=list(part))
            )
            for values, ids in alike.items()
            for part in _parts(ids, _IDS)
        ]
        for some in _parts(operations, _POINTS):
            self._write(partial(self._client.batch_update_points, self._name, some, **_WRITING))

    def chunk_ids(self) -> set[str]:
        """Every id in the index."""
        return {_chunk_id(record) for record in self._records(["chunk_id"])}

    def fields(self) -> dict[str, Fields]:
        """The filter fields of every chunk in the index, by chunk id."""
        records = self._records(["chunk_id", *Fields.model_fields])
        return {_chunk_id(record): _fields(record) for record in records}

    def _records(self, names: list[str]) -> Iterator[models.Record]:
        """Every point, with these fields of its payload."""
        offset: Any = None
        while True:
            page = partial(self._client.scroll, self._name, offset=offset, with_payload=names)
            records, offset = self._asked(partial(page, limit=_PAGE, timeout=_WRITE_S))
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
            models.QueryRequest(
                query=models.NearestQuery(nearest=vector),
                using=_USING[signal],
                filter=condition,
                limit=limit,
                params=self._dense_params if isinstance(vector, list) else None,
                with_payload=["chunk_id"],
            )
            for signal, vector in vectors.items()
        ]
        answers = self._asked(
            lambda: self._client.query_batch_points(self._name, requests, timeout=self._timeout)
        )
        return {
            signal: tuple(ScoredId(chunk_id=_chunk_id(p), score=p.score) for p in answer.points)
            for signal, answer in zip(vectors, answers, strict=True)
        }

    def flush(self) -> None:
        """Nothing is left to do: every write has waited for the server."""

    def close(self) -> None:
        """Nothing is held: the client belongs to who made it."""

    def _asked(self, request: Callable[[], Result]) -> Result:
        return ask(self._address, QUESTION, request)

    def _write(self, request: Callable[[], object]) -> None:
        ask(self._address, WRITE, request)


def _parts(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def _to_qdrant(point: Point) -> models.PointStruct:
    return models.PointStruct(
        id=point_id(point.chunk_id),
        vector={
            Signal.DENSE.value: list(point.dense),
            Signal.BIGRAM.value: _sparse(point.bigram),
            Signal.WORD.value: _sparse(point.word),
        },
        payload={"chunk_id": point.chunk_id, **point.fields.model_dump(mode="json")},
    )


def _sparse(vector: SparseVector) -> models.SparseVector:
    return models.SparseVector(indices=list(vector.indices), values=list(vector.values))


def _chunk_id(point: models.Record | models.ScoredPoint) -> str:
    return str((point.payload or {})["chunk_id"])


def _fields(record: models.Record) -> Fields:
    """The fields as they are stored, even if a damaged point lacks some."""
    stored: dict[str, Any] = {name: (record.payload or {}).get(name) for name in Fields.model_fields}
    return Fields.model_construct(**{**stored, "departments": tuple(stored["departments"] or ())})


def _filter(filters: Filters, without: Set[str]) -> models.Filter | None:
    """Qdrant's filter for `filters` that also skips the documents `without`; None for no restriction."""
    must: list[models.Condition] = []
    if filters.department:
        must.append(_equals("departments", filters.department))
    if filters.status:
        must.append(_equals("status", filters.status.value))
    if filters.document_ids:
        must.append(_is_among("document_id", filters.document_ids))
    if filters.date_from or filters.date_to:
        period = models.Range(gte=as_number(filters.date_from), lte=as_number(filters.date_to))
        must.append(models.FieldCondition(key="dated", range=period))
    if not must and not without:
        return None
    excluded: list[models.Condition] = [_is_among("document_id", sorted(without))] if without else []
    return models.Filter(must=must or None, must_not=excluded or None)


def _equals(field: str, value: str) -> models.FieldCondition:
    return models.FieldCondition(key=field, match=models.MatchValue(value=value))


def _is_among(field: str, values: Sequence[str]) -> models.FieldCondition:
    return models.FieldCondition(key=field, match=models.MatchAny(any=list(values)))
