"""Words typed with other characters that sound the same: 事业保险 for 失业保险, 社宝 for 社保.

An input method offers whole words, so that what is typed is often in the dictionary; only the whole tells:
the documents never hold it, a word of theirs (or an everyday word for one) sounds the same, and enough of it
is right. The shorter the word, the more must speak for it:

    three characters and more   two of them are right
    three, one of them right    the others have the same tone, or the word stands in the documents beside its
                                neighbour in the question
    two, one of them right      the same, each was cut off as a character by itself (社|宝), and without such
                                a neighbour the word is an everyday word or a common one

A character that people often say by itself (用, 前, 罚) is no error in a short word: 给路人|用 is not 任用.
No negation is put in: 单位补交 is not 单位不交.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate

from kb.language.pinyin import fold, syllables
from kb.question.resemblance import how_alike

ChunksWith = Callable[[str], int]
_HAN = re.compile(r"[\u3400-\u9fff]+")
_SHORTEST, _LONGEST = 2, 7  # characters
_LONG = 4  # characters from which a word may end within another: 事业保险|金
_ALONE = frozenset(
    "前后里外上中下内左右边旁间时年月日天号次人家们用住带定做比算好坏签罚由制市钱要收交缴办领拿给开买卖打写说看听走跑坐站放拍送去来到回过"
    "能会想该帮租种养吃喝穿教学查问改补扣管发叫退报转调进出入考选生死伤病大小多少新旧老高长短快慢早晚真假远近轻重男女公私名第初全各每字行"
    "向对跟从往按照据凭因为之"
)
_NEGATIONS = frozenset("不没未无")
_RIVALS = 4  # words of one sound that are tried, the most frequent first
_ENOUGH = 2  # characters that are right need no more to speak for a word


class Homophones:
    """Finds them; `counts` are words with the number of chunks that hold them, from `common` on common ones.

    `grammar` are characters that are words of grammar or numerals.
    """

    def __init__(self, counts: Mapping[str, int], common: int, grammar: frozenset[str]) -> None:
        self._common = frozenset(word for word, chunks in counts.items() if chunks >= common)
        self._by_sound: dict[tuple[str, ...], list[str]] = defaultdict(list)
        self._words = frozenset(counts)
        self._grammar = grammar
        for word in sorted(counts, key=lambda word: (-counts[word], word)):
            if _SHORTEST <= len(word) <= _LONGEST:
                self._by_sound[_sound(word)].append(word)

    def in_words(self, words: Sequence[str], chunks_with: ChunksWith) -> list[tuple[int, int, str]]:
        """Start, end and the right word for each stretch of a question's `words` that stands for it."""
        text = "".join(words)
        found = []
        for start, end, whole in _stretches(words):
            typed = text[start:end]
            if typed in self._words or not _HAN.fullmatch(typed) or text.count(typed) > 1:
                continue
            if len(typed) == _SHORTEST and self._grammar & set(typed):
                continue
            beside = _beside(words, start, end)
            alike = self._by_sound.get(_sound(typed), ())[:_RIVALS]
            likely = [word for word in alike if typed[whole:] == word[whole:] and self._may_be(typed, word)]
            right = next((word for word in likely if self._is_meant(typed, word, beside, chunks_with)), None)
            if right and not chunks_with(typed):
                found.append((start, end, right))
        return found

    def _is_meant(self, typed: str, right: str, beside: tuple[str, str], chunks_with: ChunksWith) -> bool:
        """Whether enough of `typed` is right for `right` to be meant."""
        wrong = [(a, b) for a, b in zip(typed, right, strict=True) if a != b]
        in_place = len(typed) - len(wrong)
        if in_place >= _ENOUGH or not in_place or len(typed) >= _LONG:
            return in_place >= _ENOUGH
        before, after = beside
        if (before and chunks_with(before + right)) or (after and chunks_with(right + after)):
            return True
        is_known = len(typed) > _SHORTEST or right in self._common
        return is_known and all(how_alike(a, b).same_tone for a, b in wrong)

    def _may_be(self, typed: str, right: str) -> bool:
        """Whether `typed` says nothing else, by a negation or by characters that people say alone."""
        wrong = [(a, b) for a, b in zip(typed, right, strict=True) if a != b]
        if any(b in (_NEGATIONS if len(typed) >= _LONG else self._grammar) for _, b in wrong):
            return False
        alone = typed if len(typed) == _SHORTEST else [a for a, _ in wrong] if len(typed) < _LONG else ""
        return not any(character in _ALONE or character in self._grammar for character in alone)


def _sound(word: str) -> tuple[str, ...]:
    return tuple(map(fold, syllables(word)))


def _stretches(words: Sequence[str]) -> Iterator[tuple[int, int, int]]:
    """Start and end of each run of two or more words that is as long as a word, and how much is whole words.

    A long one may end within a word.
    """
    starts = [0, *accumulate(map(len, words))]
    for first, start in enumerate(starts[:-2]):
        for end in range(starts[first + 1] + 1, min(start + _LONGEST, starts[-1]) + 1):
            whole = max(border for border in starts if border <= end) - start
            if whole == end - start or end - start >= _LONG:
                yield start, end, whole


def _beside(words: Sequence[str], start: int, end: int) -> tuple[str, str]:
    """The words right before `start` and right behind `end`; "" for part of a word or a single character."""
    starts = [0, *accumulate(map(len, words))]
    before = words[starts.index(start) - 1] if start else ""
    after = words[starts.index(end)] if end in starts[:-1] else ""
    return (before if len(before) > 1 else ""), (after if len(after) > 1 else "")
