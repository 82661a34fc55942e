"""Is there enough to answer? Features of the best hits -> a confidence between 0 and 1 -> one threshold.

    coverage   share of the query's word weights that the hits of the best document hold together
    missing    weight of the heaviest word that the best hit lacks (工资 in "政策解答员工资多少")
    bigram     best BM25 score for each character pair of the query
    cosine     the best cosine (bundled model: 0.8 for unrelated texts, 0.9 for the same subject)
    spread     the best cosine minus the hundredth

    strength   = SCALE (COVERAGE coverage + BIGRAM bigram + COSINE cosine + SPREAD spread - MISSING missing
                        - MIDDLE)
    relevance  logit of "it answers" by the reader: of the likeliest passage, or of the first where its
               document brings questions
    known      what the questions that this passage is known to answer say (known_says)

    confidence = logistic(strength), or logistic(READ_STRENGTH strength + READ_BEST relevance + READ_OFFSET)
                 where the reader has read the first passages; where the document brings questions,
                 KNOWN known - UNLIKE is added: that none is like the one asked speaks against an answer

The weights of strength are round numbers set by hand, see docs/decisions/0004-refusal.md; those beside the
reader are fitted by eval.train.deciding on the dev part of eval/reader, the offset raised because citizens
ask fewer near misses than these questions hold (docs/decisions/0053-the-reader.md); KNOWN and UNLIKE on the
dev part of the evaluation and 150 further questions (docs/decisions/0101-two-who-know.md).
"""

import math
from collections.abc import Sequence

from kb.hits import Hit, Hits
from kb.language.normalise import canonical
from kb.language.word_weights import heaviest_missing, share_held
from kb.models import Model, Signal
from kb.retrieval.questions.known import SURE, known_says, known_to_answer, logit

COVERAGE, BIGRAM, COSINE, SPREAD, MISSING = 3.0, 2.0, 40.0, 20.0, 1.5
MIDDLE, SCALE = 36.2, 0.8
READ_STRENGTH, READ_BEST, READ_OFFSET = 0.32, 0.68, 1.3
KNOWN, UNLIKE = 0.5, 0.7
_HITS = 5


class Evidence(Model):
    """The features that decide whether a question is answered or refused, and the confidence they give.

    `retrieved` is the confidence without the reader, which knows nothing of what a document is.
    """

    coverage: float
    missing: float
    bigram: float
    cosine: float
    spread: float
    strength: float
    relevance: float | None
    retrieved: float
    confidence: float


def is_enough(confidence: float, threshold: float) -> bool:
    """Whether `confidence` (0 to 1) is high enough to answer the question."""
    return confidence >= threshold


def weigh_evidence(hits: Hits, read: Hits | None = None) -> Evidence:
    """The evidence in `hits` (at least one) for an answer; `read` are those that the reader has read."""
    weights = hits.weights
    best_document = hits.kept[0].document.id
    texts = [canonical(hit.chunk.indexed_text) for hit in hits.kept[:_HITS]]
    together = "\n".join(
        canonical(hit.chunk.indexed_text) for hit in hits.kept if hit.document.id == best_document
    )
    coverage = share_held(weights, together)
    missing = heaviest_missing(weights, max(texts, key=lambda text: share_held(weights, text)))
    strength = SCALE * (
        COVERAGE * coverage
        + BIGRAM * hits.bigram_strength
        + COSINE * hits.cosine
        + SPREAD * hits.cosine_spread
        - MISSING * missing
        - MIDDLE
    )
    relevance, known = _judged((read or hits).kept)
    return Evidence(
        coverage=coverage,
        missing=missing,
        bigram=hits.bigram_strength,
        cosine=hits.cosine,
        spread=hits.cosine_spread,
        strength=strength,
        relevance=relevance,
        retrieved=_confidence(strength, None) if weights else 0.0,
        confidence=_confidence(strength, relevance, known) if weights else 0.0,
    )


def _judged(hits: Sequence[Hit]) -> tuple[float | None, float]:
    """The reader's logit of one of `hits`, and what known questions add to it.

    The logit is that of the first one read where its document brings questions, else that of the likeliest.
    Where none was read, it is that of the known questions; None without any.
    """
    readings = [(hit, hit.reading.relevance) for hit in hits if hit.reading is not None]
    if not readings:
        chance = max(map(known_to_answer, hits), default=0.0)
        return logit(chance) if chance else None, 0.0
    first, relevance = readings[0]
    if any(hit.document.id == first.document.id and Signal.ASKED in hit.signals for hit in hits):
        return relevance, KNOWN * known_says(first) - UNLIKE
    return min(SURE, max(each for _, each in readings)), 0.0


def _confidence(strength: float, relevance: float | None, known: float = 0.0) -> float:
    if relevance is not None:
        strength = READ_STRENGTH * strength + READ_BEST * relevance + known + READ_OFFSET
    return round(1 / (1 + math.exp(-strength)), 4)
