"""Text -> sparse vectors for the two lexical signals: character bigrams and jieba words.

Scoring is BM25 (Robertson & Zaragoza 2009), split as Qdrant wants it: the stored weight of a term holds
the term-frequency part, Qdrant's IDF modifier multiplies ln(1 + (N - n + 0.5) / (n + 0.5)) at query time,
and a query's weight is the number of times it has the term:

    weight(t, d) = tf * (k1 + 1) / (tf + k1 * (1 - b + b * |d| / average))

`average` is a constant, as chunks are cut to a target length: with a running average every stored weight
would have to be rewritten whenever documents come or go.
"""

import re
import zlib
from collections import Counter
from collections.abc import Callable, Sequence

import rjieba

from kb.models import Model, Signal
from kb.normalise import canonical

K1, B = 1.2, 0.75
AVERAGE_TERMS = {Signal.BIGRAM: 220.0, Signal.WORD: 150.0}

_RUNS = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+|[a-z]+|\d+(?:\.\d+)*%?")
_HAN = re.compile(r"[\u3400-\u9fff]")
_WORDISH = re.compile(r"[\u3400-\u9fffa-z0-9]")


class SparseVector(Model):
    """Term ids (32-bit hashes) in ascending order, and the weight of each."""

    indices: tuple[int, ...]
    values: tuple[float, ...]


def bigrams(text: str) -> list[str]:
    """Overlapping pairs of Chinese characters; other runs (ipv6, 2023, 99%) whole.

    >>> bigrams("政策解答员 IPv6")
    ['政策', '策解', '解答', '答员', 'ipv', '6']
    """
    terms: list[str] = []
    for run in _RUNS.findall(canonical(text)):
        if _HAN.match(run) and len(run) > 1:
            terms.extend(run[i : i + 2] for i in range(len(run) - 1))
        else:
            terms.append(run)
    return terms


def words(text: str) -> list[str]:
    """Words as jieba's search mode cuts them (long words and the words inside them), punctuation dropped.

    Without its hidden-Markov guesses at unknown words, which cut a query and a passage differently
    ("支持度要" -> "支持", "度要").
    """
    return [word for word in rjieba.cut_for_search(canonical(text), False) if _WORDISH.search(word)]


TERMS: dict[Signal, Callable[[str], list[str]]] = {Signal.BIGRAM: bigrams, Signal.WORD: words}


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
