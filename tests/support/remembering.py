"""The bundled model for tests: real vectors, each text embedded once by all processes of all runs."""

import fcntl
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np

from kb.embedding.embedder import Embedder, Vectors
from kb.embedding.shipped_vectors import shipped_vectors_for

_MANY = 50  # texts that take so long that another process had better wait for their vectors


class RememberingEmbedder(Embedder):
    """Embeds like Embedder and keeps the vectors of passages: most tests store the same few documents.

    They are kept in the SQLite file `memory` as well, for the other processes and the next run.
    """

    def __init__(self, name: str, models_dir: Path, memory: Path) -> None:
        super().__init__(name, models_dir, shipped=shipped_vectors_for(name))
        self._vectors: dict[str, Vectors] = {}
        self._memory = memory
        with self._opened() as opened:
            opened.execute("CREATE TABLE IF NOT EXISTS vectors (text TEXT PRIMARY KEY, vector BLOB NOT NULL)")

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Vectors of passages, shape [n, size]; only texts new to all processes go through the model."""
        known = self._vectors
        new = [text for text in dict.fromkeys(texts) if text not in known]
        with self._one_process(len(new)):
            known.update(self._remembered(new))
            missing = [text for text in new if text not in known]
            made = dict(zip(missing, super().embed_passages(missing), strict=True))
            self._remember(made.items())
        known.update(made)
        return np.array([known[text] for text in texts], dtype=np.float32).reshape(len(texts), self.size)

    @contextmanager
    def _one_process(self, texts: int) -> Iterator[None]:
        """Context manager: of two processes that both need many vectors, one computes them."""
        with open(f"{self._memory}.lock", "w", encoding="utf-8") as lock:
            if texts >= _MANY:
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _remembered(self, texts: Sequence[str]) -> dict[str, Vectors]:
        if not texts:
            return {}
        select = "SELECT vector FROM vectors WHERE text = ?"
        with self._opened() as opened:
            rows = ((text, opened.execute(select, (text,)).fetchone()) for text in texts)
            return {text: np.frombuffer(row[0], dtype=np.float32) for text, row in rows if row}

    def _remember(self, vectors: Iterable[tuple[str, Vectors]]) -> None:
        rows = [(text, vector.astype(np.float32).tobytes()) for text, vector in vectors]
        if rows:
            with self._opened() as opened:
                opened.executemany("INSERT OR IGNORE INTO vectors VALUES (?, ?)", rows)

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._memory, timeout=60)) as connection, connection:
            yield connection
