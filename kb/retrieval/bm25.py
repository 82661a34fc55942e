"""Text -> sparse vectors for the two lexical signals: character bigrams and jieba words.

Scoring is BM25 (Robertson & Zaragoza 2009), split as Qdrant wants it: the stored weight of a term holds
the term-frequency part, Qdrant's IDF modifier multiplies ln(1 + (N - n + 0.5) / (n + 0.5)) at query time,
and a query's weight is the number of times it has the term:

    weight(t, d) = tf * (k1 + 1) / (tf + k1 * (1 - b + b * |d| / average))

`average` is a constant, as chunks are cut to a target length: with a running average every stored weight
would have to be rewritten whenever documents come or go.
"""

import zlib
from collections import Counter
from collections.abc import Sequence

from kb.language.tokens import TERMS
from kb.models import Model, Signal

K1, B = 1.2, 0.75
AVERAGE_TERMS = {Signal.BIGRAM: 220.0, Signal.WORD: 150.0}


class SparseVector(Model):
    """Term ids (32-bit hashes) in ascending order, and the weight of each."""

    indices: tuple[int, ...]
    values: tuple[float, ...]


def passage_vector(signal: Signal, text: str) -> SparseVector:
    """Stored BM25 weights of a passage for a lexical signal."""
    terms = TERMS[signal](text)
    length = 1 - B + B * len(terms) / AVERAGE_TERMS[signal]
    return _vector({term: tf * (K1 + 1) / (tf + K1 * length) for term, tf in Counter(terms).items()})


def query_vector(signal: Signal, text: str) -> SparseVector:
    """Query weights (term counts) for a lexical signal."""
    return _vector({term: float(count) for term, count in Counter(TERMS[signal](text)).items()})


def term_ids(terms: Sequence[str]) -> list[int]:
    """The 32-bit ids under which terms are stored (CRC-32 of UTF-8; a clash only adds a little noise)."""
    return [zlib.crc32(term.encode()) for term in terms]


def _vector(weights: dict[str, float]) -> SparseVector:
    merged: dict[int, float] = {}
    for term, weight in weights.items():
        (index,) = term_ids([term])
        merged[index] = merged.get(index, 0.0) + weight
    ordered = sorted(merged.items())
    return SparseVector(indices=tuple(i for i, _ in ordered), values=tuple(w for _, w in ordered))
