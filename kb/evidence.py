"""Is there enough to answer? Features of the best hits -> a confidence between 0 and 1 -> one threshold.

    coverage   share of the query's word weights that the hits of the best document hold together
    missing    weight of the most telling word that the best hit lacks (工资 in "政策解答员工资多少")
    bigram     best BM25 score for each character pair of the query
    spread     how far the best cosine stands above the hundredth

    confidence = logistic(BIAS + COVERAGE coverage + BIGRAM bigram + SPREAD spread - MISSING missing)

The weights are round numbers set by hand, see docs/decisions/0004-refusal.md.
"""

import math
from collections.abc import Mapping

from kb.models import Hits, Model
from kb.normalise import canonical
from kb.term_weights import heaviest_missing, share_held

THRESHOLD = 0.5
BIAS, COVERAGE, BIGRAM, SPREAD, MISSING = -2.8, 6.0, 2.0, 20.0, 3.0
_HITS = 5


class Evidence(Model):
    """Why a question is answered or refused."""

    coverage: float
    missing: float
    bigram: float
    spread: float
    confidence: float

    @property
    def is_enough(self) -> bool:
        """Whether the documents hold an answer."""
        return self.confidence >= THRESHOLD


def weigh_evidence(weights: Mapping[str, float], hits: Hits) -> Evidence:
    """The evidence `hits` (at least one) give for a query whose words have these weights."""
    best_document = hits.kept[0].document.id
    texts = [canonical(hit.chunk.indexed_text) for hit in hits.kept[:_HITS]]
    together = "\n".join(
        canonical(hit.chunk.indexed_text) for hit in hits.kept if hit.document.id == best_document
    )
    coverage = share_held(weights, together)
    missing = heaviest_missing(weights, max(texts, key=lambda text: share_held(weights, text)))
    strength = (
        BIAS
        + COVERAGE * coverage
        + BIGRAM * hits.bigram_strength
        + SPREAD * hits.cosine_spread
        - MISSING * missing
    )
    return Evidence(
        coverage=coverage,
        missing=missing,
        bigram=hits.bigram_strength,
        spread=hits.cosine_spread,
        confidence=round(1 / (1 + math.exp(-strength)), 4) if weights else 0.0,
    )
