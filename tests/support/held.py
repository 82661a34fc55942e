"""The bundled model, held up while a test looks at what works without the index."""

import threading
from collections.abc import Sequence

from remembering import RememberingEmbedder

from kb.embedding.embedder import Embedder, Vectors


class HeldEmbedder(RememberingEmbedder):
    """Embeds questions at once, passages only after `released`; `waiting` is set while it holds some."""

    def __init__(self, embedder: Embedder) -> None:
        vars(self).update(vars(embedder))  # the loaded model, and the vectors it remembers
        self.released = threading.Event()
        self.waiting = threading.Event()

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Vectors of passages, shape [n, size], once they are released."""
        self.waiting.set()
        assert self.released.wait(60)
        return super().embed_passages(texts)
