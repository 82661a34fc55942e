"""A cache of the chunks' vectors in SQL, so that of several processes one embeds and all index."""

from collections.abc import Sequence

import numpy as np
from sqlalchemy import Connection, Engine, delete, exists, select

from kb.embedding.embedder import Embedder, Vectors
from kb.hits import Chunk
from kb.retrieval.store import Point
from kb.storage import tables
from kb.storage.database import portions, reading, transaction, upsert
from kb.storage.sharing.keeper import Mutex
from kb.storage.sharing.tables import chunk_vectors


class ChunkVectors:
    """The vectors by `model`, a name that no other model and edition has; `alone` is held to embed some.

    All methods raise StoreError when the database fails.
    """

    def __init__(self, engine: Engine, embedder: Embedder, model: str, alone: Mutex | None = None) -> None:
        self._engine = engine
        self._embedder = embedder
        self._model = model
        self._alone = alone or Mutex("vectors")

    def of(self, chunks: Sequence[Chunk]) -> Vectors:
        """Vectors of `chunks`, shape [n, size], in the order given; those not kept are embedded, and kept.

        Raises:
            ModelError: the model cannot be loaded.
        """
        ids = [chunk.id_ for chunk in chunks]
        known = self._known(ids)
        if len(known) < len(set(ids)):
            with self._alone:  # another process may be at the same ones
                known = self._known(ids)
                missing = {chunk.id_: chunk.indexed_text for chunk in chunks if chunk.id_ not in known}
                vectors = self._embedder.embed_passages(list(missing.values()))
                made = dict(zip(missing, vectors, strict=True))
                with transaction(self._engine) as connection:
                    self._keep(connection, made)
            known |= made
        return np.array([known[one] for one in ids], dtype=np.float32)

    def keep(self, connection: Connection, points: Sequence[Point]) -> None:
        """Keep the vectors of `points` in the transaction of `connection`."""
        self._keep(connection, {point.chunk_id: np.array(point.dense, np.float32) for point in points})

    def purge(self) -> None:
        """Delete the vectors of chunks that there are no more."""
        is_there = exists().where(tables.chunks.c.id == chunk_vectors.c.chunk_id)
        with transaction(self._engine) as connection:
            connection.execute(delete(chunk_vectors).where(~is_there))

    def forget(self) -> None:
        """Delete every vector of the model: they may be wrong."""
        with transaction(self._engine) as connection:
            connection.execute(delete(chunk_vectors).where(chunk_vectors.c.model == self._model))

    def _keep(self, connection: Connection, vectors: dict[str, Vectors]) -> None:
        rows = [
            {"model": self._model, "chunk_id": chunk_id, "vector": vectors[chunk_id].astype("<f4").tobytes()}
            for chunk_id in sorted(vectors)
        ]
        upsert(connection, chunk_vectors, rows)

    def _known(self, chunk_ids: Sequence[str]) -> dict[str, Vectors]:
        table = chunk_vectors.c
        known: dict[str, Vectors] = {}
        with reading(self._engine) as connection:
            for portion in portions(chunk_ids):
                rows = select(table.chunk_id, table.vector).where(
                    table.model == self._model, table.chunk_id.in_(portion)
                )
                known |= {row.chunk_id: np.frombuffer(row.vector, "<f4") for row in connection.execute(rows)}
        return known
