"""A small learned correction of a query vector, from everyday words towards the words of statutes.

    mapped(q) = normalise(q + left (right q))        left [size, rank], right [rank, size]

The embedding model places 老板不给工钱 nearer to stories about bosses than to 劳动报酬. The two factors are
learned by `python -m eval.learn` from leco_dev (MIT: questions lay people asked, with the statute articles
that answer them) and shipped as kb/embedding/question_map.npz. They fit the bundled model's vectors only;
with another model the query stays as it is. Figures: docs/decisions/0006-question-map.md.
"""

from importlib.resources import files
from pathlib import Path

import numpy as np

from kb.embedding.bundled_model import BUNDLED
from kb.embedding.embedder import Vectors


class QuestionMap:
    """Corrects query vectors; without factors it leaves every vector as it is."""

    def __init__(self, left: Vectors | None = None, right: Vectors | None = None) -> None:
        self._left, self._right = left, right

    def apply(self, vector: Vectors) -> Vectors:
        """The corrected query vector, shape [size], length 1."""
        if self._left is None or self._right is None:
            return vector
        mapped: Vectors = vector + self._left @ (self._right @ vector)
        normalised: Vectors = mapped / np.linalg.norm(mapped)
        return normalised


def read_question_map(model_name: str) -> QuestionMap:
    """The shipped correction for the bundled model; for any other model a correction that changes nothing."""
    if model_name != BUNDLED:
        return QuestionMap()
    with np.load(Path(str(files("kb.embedding") / "question_map.npz"))) as factors:
        return QuestionMap(factors["left"].astype(np.float32), factors["right"].astype(np.float32))
