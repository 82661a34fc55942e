"""Finds the passages that are known to answer a question, because they bring questions like it.

People and documents use different words; a question that a person wrote for a passage (kb.models.Stretch.
questions) is in people's words. Of the nearest ones each makes it likely that its passage answers:

    chance = logistic(CLOSE cosine + APART (cosine - mean cosine of the nearest) + OFFSET)

and several of one passage together more: 1 - product of (1 - chance). Whether two questions ask exactly the
same (kb.language.paraphrase) matters for an FAQ entry, whose answer is one sentence, and not for a passage:
不给, 能不能 and 要不要 are answered by the same article. Fitted by `python -m eval.known` to the shipped
questions, each sought among the others (docs/decisions/0098-passages-by-their-questions.md).
"""

import math
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import NamedTuple

from kb.embedding.embedder import Vectors
from kb.hits import Hit
from kb.language.overlap import highest
from kb.models import Signal, Span
from kb.retrieval.store import ScoredId
from kb.storage.documents import Documents

# The likeliest passage holds the answer of 68 of 76 dev questions from KNOWN on, of 28 of 90 below.
KNOWN = 0.5
CLOSE, APART, OFFSET = 20.4, 59.5, -21.35
NEAREST = 20  # questions looked at
UNKNOWN = 0.05  # chance that says nothing
SURE = 6.0  # logit of what is certain
_LEAST = 1e-9  # chance that a logit is taken of
UNLIKE = 0.9  # cosine of the questions that a small collection lacks among them

Embed = Callable[[Sequence[str]], Vectors]


class Known(NamedTuple):
    """The chance (0 to 1) that a passage answers the query, and where in its text by the nearest question.

    The place is None for a passage that was stored before places were.
    """

    chance: float
    at: int | None


@dataclass(frozen=True)
class _Table:
    """All known questions, each with the passage that answers it, where in it, and its vector."""

    revision: int
    questions: tuple[str, ...]
    places: tuple[tuple[str, int | None], ...]
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

    def near(self, vector: Vectors) -> dict[str, Known]:
        """Chunk id -> how likely the chunk answers the query, by the questions that it answers, and where.

        `vector` is the query's, shape [size].
        """
        table = self._ready()
        if not table.questions:
            return {}
        cosines = table.vectors @ vector
        places = highest(cosines, NEAREST)
        near: dict[str, Known] = {}
        for place, chance in zip(places, chances(cosines[places]), strict=True):  # the nearest first
            chunk_id, at = table.places[place]
            former = near.get(chunk_id, Known(0.0, at))
            near[chunk_id] = Known(1 - (1 - former.chance) * (1 - chance), former.at)
        return near

    def _ready(self) -> _Table:
        revision = self._documents.revision
        with self._lock:
            if self._kept is None or self._kept.revision != revision:
                asked = self._documents.asked()
                questions = tuple(words for chunk in asked for words in chunk.questions)
                places = tuple(
                    (chunk.id_, at)
                    for chunk in asked
                    for at in chunk.answers_at or (None,) * len(chunk.questions)
                )
                self._kept = _Table(revision, questions, places, self._embed(questions))
            return self._kept


def chances(cosines: Vectors) -> list[float]:
    """The chance that the passage of each of the nearest questions, with these cosines, answers the query."""
    mean = (float(cosines.sum()) + UNLIKE * (NEAREST - len(cosines))) / NEAREST
    logits = (CLOSE * float(cosine) + APART * (float(cosine) - mean) + OFFSET for cosine in cosines)
    return [1 / (1 + math.exp(-logit)) for logit in logits]


def among(near: Mapping[str, Known], lists: Mapping[Signal, Sequence[ScoredId]]) -> list[ScoredId]:
    """Those of the chunks `near` that another signal found as well: they pass the filters of the search."""
    found = {point.chunk_id for points in lists.values() for point in points}
    known = [
        ScoredId(chunk_id=chunk_id, score=known.chance)
        for chunk_id, known in near.items()
        if chunk_id in found
    ]
    return sorted(known, key=lambda point: -point.score)


def likelier(first: Mapping[str, Known], second: Mapping[str, Known]) -> dict[str, Known]:
    """The more likely of either for each chunk."""
    ids = {*first, *second}
    return {
        chunk_id: max((near[chunk_id] for near in (first, second) if chunk_id in near), key=itemgetter(0))
        for chunk_id in ids
    }


def chance_of(hit: Hit) -> float:
    """The chance that `hit` answers by the questions that it is known to answer; 0 where none is near."""
    return hit.signals.get(Signal.ASKED, 0.0)


def known_to_answer(hit: Hit) -> float:
    """How likely `hit` answers because of the questions that it is known to answer; 0 below KNOWN."""
    chance = chance_of(hit)
    return chance if chance >= KNOWN else 0.0


def known_says(hit: Hit) -> float:
    """How far the logit of what `hit` is known to answer is above that of UNKNOWN; 0 or more."""
    return max(0.0, logit(chance_of(hit)) - logit(UNKNOWN))


def line_known(hit: Hit, span: Span) -> float:
    """How likely the line around `span` of the passage answers, by the known question nearest to the query.

    0 in the other lines, and where none tells: one that is put to the first line is put to the whole article.
    """
    text = hit.chunk.text
    if hit.answers_at is None or (start := text.rfind("\n", 0, hit.answers_at) + 1) == 0:
        return 0.0
    end = text.find("\n", hit.answers_at)
    is_there = start <= span.start < (end if end >= 0 else len(text))
    return chance_of(hit) if is_there else 0.0


def logit(chance: float) -> float:
    """The logit of `chance` (0 to 1), SURE at most."""
    inside = min(max(chance, _LEAST), 1 - _LEAST)
    return min(SURE, math.log(inside / (1 - inside)))
