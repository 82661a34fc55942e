"""Is there enough to answer? Features of the best hits -> a confidence between 0 and 1 -> one threshold.

    coverage   = sum of the weights of the query's words that a hit holds / sum of all, best hit
    similarity = best cosine, scaled over the range that e5 uses
    confidence = logistic(BIAS + COVERAGE * coverage + SIMILARITY * similarity)

Weights are hand-set on the development half of eval/sets; see docs/decisions/0004-refusal.md.
"""

import math
from collections.abc import Mapping, Sequence

from kb.models import Hits, Model
from kb.normalise import canonical

THRESHOLD = 0.5
BIAS, COVERAGE, SIMILARITY = -6.0, 8.0, 2.0
COSINE_RANGE = (0.80, 0.92)  # e5-small: unrelated Chinese texts at the low end, paraphrases at the high end
_HITS = 5


class Evidence(Model):
    """Why a question is answered or refused; `missing` are the words the best hit does not hold."""

    coverage: float
    similarity: float
    confidence: float
    missing: tuple[str, ...] = ()

    @property
    def is_enough(self) -> bool:
        """Whether the documents hold an answer."""
        return self.confidence >= THRESHOLD


def weigh_evidence(weights: Mapping[str, float], hits: Hits) -> Evidence:
    """The evidence `hits` give for a query whose words have these `weights` (kb.term_weights)."""
    texts = [canonical(hit.chunk.indexed_text) for hit in hits.kept[:_HITS]]
    coverage, missing = _best_coverage(weights, texts)
    low, high = COSINE_RANGE
    similarity = min(1.0, max(0.0, (hits.best_cosine - low) / (high - low)))
    strength = BIAS + COVERAGE * coverage + SIMILARITY * similarity
    confidence = 1 / (1 + math.exp(-strength)) if texts else 0.0
    return Evidence(
        coverage=round(coverage, 4),
        similarity=round(similarity, 4),
        confidence=round(confidence, 4),
        missing=missing,
    )


def _best_coverage(weights: Mapping[str, float], texts: Sequence[str]) -> tuple[float, tuple[str, ...]]:
    """Highest share of weight found in one text, and the words missing from that text."""
    total = sum(weights.values())
    if not total or not texts:
        return 0.0, tuple(weights)
    found = [sum(weight for word, weight in weights.items() if word in text) for text in texts]
    best = max(range(len(texts)), key=found.__getitem__)
    return found[best] / total, tuple(word for word in weights if word not in texts[best])
