"""Finds the passages that are known to answer a question, because they bring a question that asks the same.

People and documents use different words; a question that a person wrote for a passage (kb.models.Stretch.
questions) is in people's words. The nearest ones by cosine are compared closely, as the questions of FAQ
entries are (kb.language.paraphrase).
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from kb.embedding.embedder import Vectors
from kb.hits import Hit
from kb.language.overlap import highest
from kb.language.paraphrase import same_meaning
from kb.models import Signal
from kb.retrieval.store import ScoredId
from kb.storage.documents import Documents

# Of 97 dev questions that a known question resembles by KNOWN or more, 79 have their answer in its
# passage, 12 elsewhere, 6 nowhere; by NEAR to KNOWN 33, 31 and 18 (docs/decisions/0086-known-questions.md).
NEAR, KNOWN = 0.5, 0.65
_COMPARED = 20  # questions compared closely

Embed = Callable[[Sequence[str]], Vectors]


@dataclass(frozen=True)
class _Table:
    """All known questions, each with the passage that answers it and its vector."""

    revision: int
    questions: tuple[str, ...]
    chunk_ids: tuple[str, ...]
    vectors: Vectors


class KnownQuestions:
    """The known questions of the documents as they are now; `embed` makes their vectors, shape [n, size]."""

    def __init__(self, documents: Documents, embed: Embed) -> None:
        self._documents = documents
        self._embed = embed
        self._kept: _Table | None = None
        self._lock = threading.Lock()

    def prepare(self) -> None:
        """Make the vectors now, so that the first question need not wait for them."""
        self._ready()

    def near(self, query: str, vector: Vectors) -> dict[str, float]:
        """Chunk id -> likeness (NEAR to 1) of the question most like `query` that the chunk answers.

        `vector` is the query's, shape [size].
        """
        table = self._ready()
        if not table.questions:
            return {}
        cosines = table.vectors @ vector
        best: dict[str, float] = {}
        for place in highest(cosines, _COMPARED):
            likeness = same_meaning(query, table.questions[place], float(cosines[place])).score
            if likeness >= NEAR:
                chunk_id = table.chunk_ids[place]
                best[chunk_id] = max(likeness, best.get(chunk_id, 0.0))
        return best

    def _ready(self) -> _Table:
        revision = self._documents.revision
        with self._lock:
            if self._kept is None or self._kept.revision != revision:
                pairs = [(words, chunk.id_) for chunk in self._documents.asked() for words in chunk.questions]
                questions = tuple(words for words, _ in pairs)
                chunk_ids = tuple(chunk_id for _, chunk_id in pairs)
                self._kept = _Table(revision, questions, chunk_ids, self._embed(questions))
            return self._kept


def among(near: Mapping[str, float], lists: Mapping[Signal, Sequence[ScoredId]]) -> list[ScoredId]:
    """Those of the chunks `near` that another signal found as well: they pass the filters of the search."""
    found = {point.chunk_id for points in lists.values() for point in points}
    known = [
        ScoredId(chunk_id=chunk_id, score=likeness)
        for chunk_id, likeness in near.items()
        if chunk_id in found
    ]
    return sorted(known, key=lambda point: -point.score)


def likelier(first: Mapping[str, float], second: Mapping[str, float]) -> dict[str, float]:
    """The higher likeness of each chunk in either."""
    return {
        chunk_id: max(first.get(chunk_id, 0.0), second.get(chunk_id, 0.0)) for chunk_id in {*first, *second}
    }


def known_to_answer(hit: Hit) -> float:
    """How likely `hit` answers because of a question that it is known to answer, 0 to 1; 0 below KNOWN."""
    likeness = hit.signals.get(Signal.ASKED, 0.0)
    return likeness if likeness >= KNOWN else 0.0
