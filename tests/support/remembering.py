"""The bundled model for tests: real vectors, each text embedded once a session."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from kb.embedding.embedder import Embedder, Vectors


class RememberingEmbedder(Embedder):
    """Embeds like Embedder and keeps the vectors of passages: most tests store the same few documents."""

    def __init__(self, name: str, models_dir: Path) -> None:
        super().__init__(name, models_dir)
        self._vectors: dict[str, Vectors] = {}

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Vectors of passages, shape [n, size]; only texts new to the session go through the model."""
        known = self._vectors
        new = [text for text in dict.fromkeys(texts) if text not in known]
        known.update(zip(new, super().embed_passages(new), strict=True))
        return np.array([known[text] for text in texts], dtype=np.float32).reshape(len(texts), self.size)
