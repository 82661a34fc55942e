"""Blends the signals' scores into one (pure functions).

    blend(c) = sum over signals of weight * signal'(c)

The weights move from LAY to OFFICIAL as the best passage holds more of the question's content words
(`weights_for`): a question in the documents' own words is found by its characters, a question in everyday
words by its meaning. For an article of a law the weights move to ARTICLE: the corrected query vector
(kb.embedding.question_map) was learned from such articles and keeps its weight there. In the list that a
signal returned (n best chunks), chunk c with raw score s has

    dense'(c)   = (s - s_n) / (s_1 - s_n)     cosines of e5 all lie in 0.75-0.95: only differences count
    lexical'(c) = s / s_1                     BM25 has a true zero: no term in common
    asked'(c)   = s                           likeness of questions is 0 to 1 (kb.retrieval.questions)

and a chunk that is not in the list has 0 (weighted CombSUM, Fox & Shaw 1994). Measured against dense-only and
reciprocal-rank fusion (Cormack et al. 2009) in docs/decisions/0003-score-blend.md.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from kb.models import Signal
from kb.retrieval.store import ScoredId

LAY = {Signal.MAPPED: 0.65, Signal.BIGRAM: 0.15, Signal.WORD: 0.2}
OFFICIAL = {Signal.DENSE: 0.2, Signal.BIGRAM: 0.5, Signal.DOCUMENT: 0.3}
ARTICLE = {Signal.MAPPED: 0.3, Signal.BIGRAM: 0.4, Signal.DOCUMENT: 0.3}
FIRST = {  # to choose the passages to read
    Signal.MAPPED: 0.45,
    Signal.BIGRAM: 0.35,
    Signal.WORD: 0.2,
    Signal.ASKED: 1.0,
}
LAY_COVERAGE, OFFICIAL_COVERAGE = 0.5, 0.9  # share of the question's weight that the best passage holds
COSINES = (Signal.DENSE, Signal.MAPPED)
RRF_K = 60

Weights = Mapping[Signal, float]
SignalLists = Mapping[Signal, Sequence[ScoredId]]
SignalScores = dict[str, dict[Signal, float]]  # chunk id -> signal -> normalised score


class Blend(StrEnum):
    """Ways to order the signals' chunks: ours, and the two baselines it is measured against."""

    WEIGHTED = "weighted"
    DENSE = "dense"
    RRF = "rrf"


def normalise(lists: SignalLists) -> SignalScores:
    """Normalised score (0 to 1) of every chunk in every list that holds it."""
    scores: SignalScores = {}
    for signal, points in lists.items():
        if not points:
            continue
        top = points[0].score
        floor = points[-1].score if signal in COSINES and len(points) > 1 else 0.0
        if signal is Signal.ASKED:
            top, floor = 1.0, 0.0
        spread = max(top - floor, 1e-9)
        for point in points:
            scores.setdefault(point.chunk_id, {})[signal] = max(0.0, (point.score - floor) / spread)
    return scores


def weights_for(coverage: float, *, article: bool = False) -> Weights:
    """Weights of the signals when the best passage holds this share (0 to 1) of the question's weight.

    `article`: for an article of a law (条) instead of any other passage.

    >>> weights_for(0.7)[Signal.BIGRAM]
    0.325
    """
    words = ARTICLE if article else OFFICIAL
    place = (coverage - LAY_COVERAGE) / (OFFICIAL_COVERAGE - LAY_COVERAGE)
    official = min(1.0, max(0.0, place))
    return {
        signal: round(LAY.get(signal, 0.0) * (1 - official) + words.get(signal, 0.0) * official, 4)
        for signal in Signal
    }


def weighted(by_signal: Mapping[Signal, float], weights: Weights) -> float:
    """Weighted sum of a chunk's normalised scores, 0 to 1."""
    return sum(weights.get(signal, 0.0) * score for signal, score in by_signal.items())


def dense_only(scores: SignalScores) -> dict[str, float]:
    """The dense signal alone."""
    return {
        chunk_id: by_signal[Signal.DENSE]
        for chunk_id, by_signal in scores.items()
        if Signal.DENSE in by_signal
    }


def reciprocal_rank(lists: SignalLists) -> dict[str, float]:
    """RRF of dense and word ranks, what most systems do: sum of 1 / (60 + rank), scaled so that 1 is best.

    Cormack, Clarke, Büttcher (2009), "Reciprocal rank fusion outperforms Condorcet".
    """
    fused: dict[str, float] = {}
    for signal in (Signal.DENSE, Signal.WORD):
        for rank, point in enumerate(lists.get(signal, ()), start=1):
            fused[point.chunk_id] = fused.get(point.chunk_id, 0.0) + 1 / (RRF_K + rank)
    return {chunk_id: score * (RRF_K + 1) / 2 for chunk_id, score in fused.items()}


def order(lists: SignalLists, blend: Blend) -> list[tuple[str, float, dict[Signal, float]]]:
    """(chunk id, blended score, normalised scores), best first; ties by id, so that runs repeat.

    WEIGHTED takes the fixed weights FIRST: coverage, which moves the weights, is known only when the best
    passages have been read.
    """
    scores = normalise(lists)
    blended = {
        Blend.WEIGHTED: lambda: {name: weighted(by_signal, FIRST) for name, by_signal in scores.items()},
        Blend.DENSE: lambda: dense_only(scores),
        Blend.RRF: lambda: reciprocal_rank(lists),
    }[blend]()
    ranked = sorted(blended.items(), key=lambda item: (-item[1], item[0]))
    return [(chunk_id, score, scores[chunk_id]) for chunk_id, score in ranked]
