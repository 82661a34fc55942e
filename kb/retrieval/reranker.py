"""Optional reranking: a cross-encoder reads question and passage together (KB_RERANK_MODEL).

Any sentence-transformers CrossEncoder with one output works. Only the first DEPTH hits are read: a small
cross-encoder takes some 30 ms a passage on two cores. Its logits become 0-1 by the logistic function and are
averaged with the blend's score, which keeps the order where the model has no opinion.
"""

import math
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from kb.embedding.embedder import running
from kb.errors import ModelError
from kb.hits import Hit

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

DEPTH = 20
MAX_TOKENS = 512


class Reranker:
    """A cross-encoder, loaded on first use; may be called from several threads."""

    def __init__(self, model: str) -> None:
        self._name = model
        self._model: CrossEncoder | None = None
        self._lock = threading.Lock()

    def rerank(self, query: str, hits: Sequence[Hit]) -> list[Hit]:
        """`hits` with the first DEPTH reordered and rescored.

        Raises:
            ModelError: the model cannot be loaded, fails, or gives more than one score for a pair.
        """
        if not hits:
            return []
        first, rest = hits[:DEPTH], hits[DEPTH:]
        with self._lock, running(self._name):
            scores = self._load().predict([(query, hit.chunk.indexed_text) for hit in first])
        if scores.ndim != 1:
            raise ModelError(f"重排模型 {self._name} 对每一对给出 {scores.shape[1]} 个分数，应为 1 个")
        rescored = [
            hit.model_copy(update={"score": (hit.score + likelihood(float(score))) / 2})
            for hit, score in zip(first, scores, strict=True)
        ]
        return [*sorted(rescored, key=lambda hit: -hit.score), *rest]

    def _load(self) -> "CrossEncoder":
        if self._model is None:
            # Heavy libraries; most installations set no such model.
            from sentence_transformers import CrossEncoder
            from torch.nn import Identity

            try:
                self._model = CrossEncoder(
                    self._name, max_length=MAX_TOKENS, activation_fn=Identity(), local_files_only=True
                )
            except (OSError, ValueError, RuntimeError) as error:
                raise ModelError(
                    f"重排模型 {self._name} 无法载入：{error}；KB_RERANK_MODEL 请填本机上的 CrossEncoder 目录"
                ) from error
        return self._model


def likelihood(logit: float) -> float:
    """The logistic function; safe for large logits."""
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, logit))))
