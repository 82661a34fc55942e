"""Readings of characters, and the reading of pinyin typed without an input method as Chinese words.

A stretch of letters (zhengwu gongkai, kaifangri) becomes the most likely sequence of the documents' words
(unigram model: the sum of log(chunks holding the word / all) is largest, which prefers few long words) and of
the function words in kb/lexicon/pinyin_words.txt. A stretch is read whole or not at all: English words,
addresses, abbreviations (APP, PPP) and letters next to digits (IPv6) stay as they are. Tones are not read.
"""

import math
import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import NamedTuple

from pypinyin import Style, lazy_pinyin, pinyin

from kb.language.word_lists import word_pairs

LATIN = re.compile(r"(?<![a-zü0-9@./:_'-])[a-zü]++(?:[ '][a-zü]++)*(?![a-z0-9@/:_'-]|\.[a-z0-9])")
_CAPITALS = re.compile(r"[A-Z]{2}")  # PPP, APP: an abbreviation, not pinyin
_UNMARKED = re.compile(r" [aeo]")  # a syllable that must be set apart in writing: xi'an, not xian
_READINGS = 2  # of a character; further ones stand in dictionaries only (甘 read as han)
_RIVALS = 4  # homophones that are tried with their neighbours
_WORD_COST = 3.0  # log(all words / the commonest word): makes few long words win
_SHORTEST = 5  # letters of a lone word; shorter ones may be English (name, like) unless common here
_COMMON = 100  # common: at least a hundredth as frequent as the most frequent word
_SHORTEST_QUESTION_WORD = 4  # letters: shui
_SENTENCE_ENDS = frozenset("吗呢的")


class _Path(NamedTuple):
    """Words whose pinyin are the first letters of a stretch."""

    score: float  # log of the likelihood
    words: tuple[str, ...]
    from_documents: int  # number of words of the path that the documents hold


@lru_cache(maxsize=20_000)
def sounds(character: str) -> frozenset[str]:
    """The usual readings of a character, with the tone as a digit: 行 -> xing2, hang2."""
    (readings,) = pinyin(character, style=Style.TONE3, heteronym=True, neutral_tone_with_five=True) or [[]]
    return frozenset(readings[:_READINGS])


@lru_cache(maxsize=20_000)
def fuzzy_sounds(character: str) -> frozenset[str]:
    """The usual readings of a character without tone, folded by `fold`: 能 -> len, 林 -> lin."""
    return frozenset(fold(reading.rstrip("12345")) for reading in sounds(character))


def fold(syllable: str) -> str:
    """One spelling for syllables that many speakers do not tell apart: zh/z, ch/c, sh/s, n/l, -ng/-n.

    >>> fold("zhang"), fold("neng")
    ('zan', 'len')
    """
    flat = re.sub(r"^([zcs])h", r"\1", syllable)
    flat = re.sub(r"^n(?=.)", "l", flat)
    return re.sub(r"(?<=[aei])ng$", "n", flat)


@lru_cache(maxsize=200_000)
def syllables(word: str) -> tuple[str, ...]:
    """The toneless pinyin of a word, one string a character, ü as v: 绿色 -> lv, se."""
    readings = [_only_reading(character) for character in word]
    return tuple(reading for reading in readings if reading) if all(readings) else tuple(lazy_pinyin(word))


@lru_cache(maxsize=20_000)
def _only_reading(character: str) -> str:
    """The toneless reading of a character that has only one; "" when it depends on the word."""
    (readings,) = pinyin(character, style=Style.NORMAL, heteronym=True) or [[]]
    return readings[0] if len(readings) == 1 else ""


class PinyinReader:
    """Turns letters into words of the documents; made anew when the documents change."""

    def __init__(self, counts: Mapping[str, int], function_words: Mapping[str, str]) -> None:
        self._counts = counts
        self._most = max(counts.values(), default=1)
        self._words: dict[str, list[tuple[str, int]]] = defaultdict(list)
        for word in sorted(counts, key=lambda word: (-counts[word], word)):
            if len(word) > 1:
                self._words["".join(syllables(word))].append((word, counts[word]))
        self._function_words = function_words
        self._longest = max(map(len, (*self._words, *function_words)), default=0)

    def read(self, typed: str, before: str, after: str, chunks_with: Callable[[str], int]) -> str | None:
        """`typed` in characters, or None when it is not all pinyin of known words.

        `before` and `after` are the words around it, which choose between homophones.
        """
        if _CAPITALS.search(typed):
            return None
        path = self._best_path(typed.lower())
        if path is None or not self._is_certain(typed, path, before, after):
            return None
        words = list(path.words)
        for index, word in enumerate(words):
            left = words[index - 1] if index else before
            right = words[index + 1] if index + 1 < len(words) else after
            words[index] = self._fitting(word, left, right, chunks_with)
        return "".join(words)

    def _is_certain(self, typed: str, path: _Path, before: str, after: str) -> bool:
        """Whether `typed` can hardly be anything but pinyin: made is not 吗的, and name is not 那么."""
        if path.words[0] in _SENTENCE_ENDS and not before:
            return False
        if path.from_documents == 0:
            return " " in typed or (bool(before or after) and len(typed) >= _SHORTEST_QUESTION_WORD)
        if len(path.words) > 1 or len(typed) >= _SHORTEST:
            return True
        return bool(before or after) and self._counts[path.words[0]] * _COMMON >= self._most

    def _best_path(self, typed: str) -> _Path | None:
        """The likeliest words whose pinyin is `typed`, or None; spaces may stand between syllables only."""
        letters = re.sub(r"[ ']", "", typed.replace("ü", "v"))
        breaks = _breaks(typed)
        paths: list[_Path | None] = [_Path(0.0, (), 0)] + [None] * len(letters)
        for start in range(len(letters)):
            path = paths[start]
            if path is None:
                continue
            for end in range(start + 1, min(len(letters), start + self._longest) + 1):
                inside = {at - start for at in breaks if start < at < end}
                reading = self._word(letters[start:end], inside)
                if reading is None:
                    continue
                word, score, from_documents = reading
                longer = _Path(path.score + score, (*path.words, word), path.from_documents + from_documents)
                best = paths[end]
                if best is None or longer.score > best.score:
                    paths[end] = longer
        return paths[-1]

    def _word(self, letters: str, inside: set[int]) -> tuple[str, float, int] | None:
        """The best word spelt `letters`, its score, and 1 if the documents hold it, else 0.

        `inside` are the offsets in `letters` at which a space or apostrophe was typed.
        """
        if letters in self._function_words:
            # A function word is as likely as a common word; each syllable counts as a word of its own.
            return self._function_words[letters], -_WORD_COST - len(inside), 0
        for word, chunks in self._words.get(letters, ()):
            spaced = " ".join(syllables(word))
            if inside <= _breaks(spaced) and (inside or not _UNMARKED.search(spaced)):
                return word, math.log(chunks / self._most) - _WORD_COST, 1
        return None

    def _fitting(self, word: str, left: str, right: str, chunks_with: Callable[[str], int]) -> str:
        """The homophone of `word` that the documents hold most often beside `left` and `right`."""
        rivals = [rival for rival, _ in self._words.get("".join(syllables(word)), ())][:_RIVALS]
        if word not in rivals or len(rivals) < 2:
            return word
        beside = {
            rival: (chunks_with(left + rival) if left else 0) + (chunks_with(rival + right) if right else 0)
            for rival in rivals
        }
        return max(rivals, key=lambda rival: beside[rival])  # ties: the most frequent comes first


def _breaks(spaced: str) -> set[int]:
    """Offsets, counted in letters, at which `spaced` has a space or apostrophe: "zheng wu" -> {5}."""
    offsets: set[int] = set()
    letters = 0
    for character in spaced:
        if character in " '":
            offsets.add(letters)
        else:
            letters += 1
    return offsets


def read_function_words() -> dict[str, str]:
    """The pairs pinyin -> characters of kb/lexicon/pinyin_words.txt; lines that begin with # are comments."""
    return dict(word_pairs("pinyin_words.txt"))
