"""How much a typed text overlaps with each of many short texts, by character bigrams, while it is typed."""

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from kb.language.tokens import bigrams
from kb.language.word_weights import idf


class Overlaps:
    """Bigram counts of short texts, which are known by their positions; never changed once made."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._size = len(texts)
        terms = [set(bigrams(text)) for text in texts]
        counts = Counter(term for text_terms in terms for term in text_terms)
        holders: dict[str, list[int]] = defaultdict(list)
        for position, text_terms in enumerate(terms):
            for term in text_terms:
                holders[term].append(position)
        self._postings: dict[str, npt.NDArray[np.int64]] = {
            term: np.array(positions, dtype=np.int64) for term, positions in holders.items()
        }
        self._lengths = np.array(
            [sum(idf(counts[term], self._size) for term in text_terms) for text_terms in terms],
            dtype=np.float32,
        )

    def of(self, query: str) -> npt.NDArray[np.float32]:
        """For each text the idf-weighted Dice coefficient, 0 to 1, of its bigrams and those of `query`."""
        shared = np.zeros(self._size, dtype=np.float32)
        length = 0.0
        for term in set(bigrams(query)):
            holders = self._postings.get(term)
            weight = idf(0 if holders is None else len(holders), self._size)
            length += weight
            if holders is not None:
                shared[holders] += weight
        overlaps: npt.NDArray[np.float32] = 2 * shared / np.maximum(self._lengths + length, 1e-6)
        return overlaps


def highest(scores: npt.NDArray[np.float32], count: int) -> list[int]:
    """Positions of the `count` highest scores, in no particular order."""
    if len(scores) <= count:
        return list(range(len(scores)))
    return [int(position) for position in np.argpartition(-scores, count)[:count]]
