"""Long words of the documents typed with other words that sound the same: 事业保险 for 失业保险.

Every word of such a typing is in the dictionary, so that only the whole tells: the documents hold the long
word often and the typed words never beside each other, every character that differs has the same syllable,
and half of the word is right.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate

from kb.question.resemblance import how_alike

_HALF = 2  # characters at either end that must be right
_SHORTEST, _LONGEST = 4, 7  # characters of the long word


class Homophones:
    """Finds them; `counts` are the documents' frequent words with the number of chunks that hold them."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        self._by_half: dict[tuple[int, str], list[str]] = defaultdict(list)
        for word in sorted(counts, key=lambda word: (-counts[word], word)):
            if _SHORTEST <= len(word) <= _LONGEST:
                self._by_half[0, word[:_HALF]].append(word)
                self._by_half[-1, word[-_HALF:]].append(word)

    def in_words(self, words: Sequence[str], chunks_with: Callable[[str], int]) -> list[tuple[int, int, str]]:
        """Start, end and the right word for each stretch of a question's `words` that stands for it."""
        return [
            (start, start + len(typed), right)
            for start, typed in _stretches(words)
            if (right := self._meant(typed)) and not chunks_with(typed)
        ]

    def _meant(self, typed: str) -> str | None:
        """The most frequent long word that sounds like `typed`."""
        halves = (self._by_half.get((0, typed[:_HALF]), []), self._by_half.get((-1, typed[-_HALF:]), []))
        return next((word for half in halves for word in half if _sounds_like(typed, word)), None)


def _stretches(words: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Each run of two or more words, of two or more characters each, that is as long as a long word."""
    starts = [0, *accumulate(map(len, words))]
    for first in range(len(words)):
        typed = ""
        for word in words[first:]:
            typed += word
            if len(word) < _HALF or len(typed) > _LONGEST:
                break
            if len(typed) >= _SHORTEST and typed != word:
                yield starts[first], typed


def _sounds_like(typed: str, word: str) -> bool:
    """Whether `word` is another than `typed` and every syllable is the same."""
    return (
        len(typed) == len(word)
        and typed != word
        and all(a == b or how_alike(a, b).same_syllable for a, b in zip(typed, word, strict=True))
    )
