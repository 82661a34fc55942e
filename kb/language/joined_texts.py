"""Search of many short texts at once: they are kept as one long text for the string search of C."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

import numpy as np
import numpy.typing as npt

_BETWEEN = "\0"  # in no word


class JoinedTexts:
    """Texts, known by their positions; never changed."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._joined = _BETWEEN.join(texts)
        self._starts = list(accumulate((len(text) + len(_BETWEEN) for text in texts[:-1]), initial=0))
        self._starts_array = np.array(self._starts)
        self._size = len(texts)

    def places(self, words: str) -> Iterator[tuple[int, int]]:
        """Each place where `words` (not empty) stand: the text's position and the offset in that text."""
        for at in self._offsets(words):
            position = bisect_right(self._starts, at) - 1
            yield position, at - self._starts[position]

    def having(self, words: str) -> npt.NDArray[np.bool_]:
        """For each text, whether `words` (not empty) stand in it."""
        flags = np.zeros(self._size, dtype=np.bool_)
        offsets = list(self._offsets(words))
        if offsets:
            flags[np.searchsorted(self._starts_array, offsets, side="right") - 1] = True
        return flags

    def _offsets(self, words: str) -> Iterator[int]:
        """Where `words` begin in the long text; places may overlap."""
        at = self._joined.find(words)
        while at >= 0:
            yield at
            at = self._joined.find(words, at + 1)
