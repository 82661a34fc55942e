"""How much of a text stands in each of many short texts, by pairs of characters: as fast as people type."""

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from kb.language.tokens import bigrams
from kb.language.word_weights import idf


class Overlaps:
    """Short texts, known by their positions, counted once; never changed."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._size = len(texts)
        terms = [set(bigrams(text)) for text in texts]
        counts = Counter(term for each in terms for term in each)
        holders: dict[str, list[int]] = defaultdict(list)
        for position, each in enumerate(terms):
            for term in each:
                holders[term].append(position)
        self._postings: dict[str, npt.NDArray[np.int64]] = {
            term: np.array(found, dtype=np.int64) for term, found in holders.items()
        }
        self._lengths = np.array(
            [sum(idf(counts[term], self._size) for term in each) for each in terms], dtype=np.float32
        )

    def of(self, query: str) -> npt.NDArray[np.float32]:
        """Dice coefficient of the bigrams of `query` and of each text, weighted by idf; 0 to 1."""
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
