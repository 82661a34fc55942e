"""A cache of the wordings' vectors in SQL, so that a restart embeds nothing again."""

import hashlib
import logging
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from sqlalchemy import Engine, delete, select

from kb.embedding.embedder import Vectors
from kb.errors import StoreError
from kb.storage import tables
from kb.storage.database import portions, reading, transaction, upsert

logger = logging.getLogger(__name__)


class FaqVectors:
    """Embeds texts by `embed`; keeps the vectors in SQL under a digest of the model's name and the text.

    All methods raise StoreError when the database cannot be read; vectors that cannot be kept are given all
    the same.
    """

    def __init__(self, engine: Engine, model: str, embed: Callable[[Sequence[str]], Vectors]) -> None:
        self._engine = engine
        self._model = model
        self._embed = embed

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """Vectors of `texts`, shape [n, size], in the order given."""
        keys = vector_keys(self._model, texts)
        known = self._known(set(keys))
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        for batch in portions(missing):  # stored batch by batch, should the process be killed
            vectors = self._embed([missing[key] for key in batch])
            known |= dict(zip(batch, vectors, strict=True))
            rows = [{"key": key, "vector": known[key].astype("<f4").tobytes()} for key in batch]
            try:
                with transaction(self._engine) as connection:
                    upsert(connection, tables.faq_vectors, rows)
            except StoreError as error:  # the answers need the vectors, not the cache
                logger.warning("vectors of entries are not kept: %s", error)
        return np.array([known[key] for key in keys], dtype=np.float32)

    def rebuild(self, texts: Sequence[str]) -> int:
        """Delete every vector and embed `texts` anew; return how many vectors there are now."""
        with transaction(self._engine) as connection:
            connection.execute(delete(tables.faq_vectors))
        self(texts)
        return len(set(texts))

    def _known(self, keys: set[str]) -> dict[str, Vectors]:
        table = tables.faq_vectors.c
        vectors: dict[str, Vectors] = {}
        with reading(self._engine) as connection:
            for portion in portions(sorted(keys)):
                rows = select(table.key, table.vector).where(table.key.in_(portion))
                vectors |= {row.key: np.frombuffer(row.vector, "<f4") for row in connection.execute(rows)}
        return vectors


def vector_keys(model: str, texts: Iterable[str]) -> list[str]:
    """The keys under which the vectors of `texts` by `model` are kept, in the order given."""
    return [hashlib.sha256(f"{model}\0{text}".encode()).hexdigest() for text in texts]
