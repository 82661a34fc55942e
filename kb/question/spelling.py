"""Corrects a typed query to the documents' spelling: typing errors, and pinyin (kb.language.pinyin).

The documents are the only authority: a string that they hold, or that a dictionary knows, is never changed,
and a correction must be a word of theirs. A wrong correction costs more than a missed one: 牵头丹位 is still
found by 牵头, but nothing finds a question that was turned into another one.

A mistyped character breaks its word into single characters when jieba cuts the query (政物公开 -> 政 物
公开), so only such characters are checked. Each is replaced by characters that sound alike (toneless pinyin,
and the confusions n/l, zh/z, in/ing …) or look alike; a word of the documents that results is accepted when
they also hold it beside its neighbour in the query (责任但位: 责任单位), or when it is frequent and sounds as
typed. Errors that make another dictionary word (条例 -> 条列) are not corrected.

Measured: of 1,901 real questions of three corpora 3 to 5 were altered; of homophones, half were restored.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from functools import cache, cached_property
from itertools import chain
from threading import Lock
from typing import NamedTuple

import rjieba

from kb.language.normalise import canonical
from kb.language.pinyin import LATIN, PinyinReader, fuzzy_sounds, read_function_words
from kb.models import Model
from kb.question.homophones import Homophones
from kb.question.resemblance import Resemblance, how_alike, shaped_like

_GRAMMAR = frozenset(
    "的了吗呢吧啊是在有不没未和与或且就都也还已我你他她它这那其哪谁几被把给让向到从为以能会可要得着过很最各该"
)
_NUMERALS = frozenset("零〇一二三四五六七八九十百千万亿两第")
_AFTER_NOUNS = frozenset("上中下内外前后里间时")  # 群中 is not 群众

_LONGEST = 5  # characters of a corrected word
_LEAST = 1  # chunks that must hold the corrected word
_FREQUENT, _FREQUENT_SHARE = 5, 0.01  # chunks, and share of the commonest word's, to need no neighbour
_BY_CHANCE = 50  # a string 50 times rarer than the word stands in documents by chance: 政物 in 财政物资
_CLEARLY = 3  # times as frequent as any rival word with equal evidence

_WORD = re.compile(r"[^ ]+")
_HAN = re.compile(r"[\u3400-\u9fff]+")


class CorrectedText(Model):
    """The corrected query, and what was changed: (typed, corrected), in the order of the query."""

    text: str
    changes: tuple[tuple[str, str], ...] = ()


class Edit(NamedTuple):
    """`word` in place of the characters from `start` to `end` of the query."""

    start: int
    end: int
    word: str
    fix: tuple[int, str] = (-1, "")  # offset and new character
    neighbours: int = 0  # how many of its neighbours the documents hold beside the word
    likeness: Resemblance = Resemblance(False, False, False)
    chunks: int = 0

    @property
    def rank(self) -> tuple[int, Resemblance]:
        """The evidence for the edit: neighbours and characters that fit, then the likeness."""
        return self.neighbours + len(self.word), self.likeness

    def overlaps(self, other: "Edit") -> bool:
        """Whether both edits change a character in common."""
        return self.start < other.end and other.start < self.end


class Token(NamedTuple):
    """A word of the query as jieba cuts it, with its offsets."""

    start: int
    end: int
    text: str


class Vocabulary:
    """The documents' words, searchable by sound and shape; made anew when the documents change.

    `spoken` are everyday words with the official ones they stand for.
    """

    def __init__(self, counts: Mapping[str, int], spoken: Mapping[str, str]) -> None:
        self.counts = {word: n for word, n in counts.items() if _HAN.fullmatch(word)}
        self.latin = frozenset(word for word in counts if word.isascii())
        self.frequent = max(_FREQUENT, _FREQUENT_SHARE * max(self.counts.values(), default=0))
        words = filter(_HAN.fullmatch, chain(spoken, spoken.values()))
        self._spoken = dict.fromkeys(words, int(self.frequent))
        self._by_sound: dict[str, set[str]] = defaultdict(set)
        for character in set("".join(self.counts)):
            for sound in fuzzy_sounds(character):
                self._by_sound[sound].add(character)

    def alike(self, character: str) -> set[str]:
        """The characters of the documents that sound or look like `character`."""
        by_sound = (self._by_sound.get(sound, set()) for sound in fuzzy_sounds(character))
        return set().union(*by_sound, shaped_like(character)) - {character}

    @cached_property
    def reader(self) -> PinyinReader:
        """Reads pinyin as words of this vocabulary; made when first needed."""
        return PinyinReader({**self._spoken, **self.counts}, read_function_words())

    @cached_property
    def homophones(self) -> Homophones:
        """Finds words typed as others that sound the same; made when first needed."""
        frequent = {word: n for word, n in self.counts.items() if n >= _FREQUENT}
        return Homophones({**frequent, **self._spoken}, int(self.frequent), _GRAMMAR | _NUMERALS)


class Speller:
    """Corrects queries; safe to share between threads.

    `vocabulary_source` gives word -> number of chunks that hold it, and the same object again as long as the
    documents are unchanged. `chunks_with` counts the chunks that hold a substring; it is called only where
    something looks wrong. `spoken` gives the list of everyday words.
    """

    def __init__(
        self,
        vocabulary_source: Callable[[], Mapping[str, int]],
        chunks_with: Callable[[str], int],
        spoken: Callable[[], Mapping[str, str]] = dict,
    ) -> None:
        self._source = vocabulary_source
        self._spoken_source = spoken
        self._chunks_with = chunks_with
        self._lock = Lock()
        self._counts: Mapping[str, int] = {}
        self._spoken: Mapping[str, str] = {}
        self._vocabulary = Vocabulary({}, {})

    def correct(self, query: str) -> CorrectedText:
        """`query` with typing errors and pinyin replaced, otherwise as typed.

        All of a corrected query is canonical (kb.language.normalise) if that form has another length.
        """
        text = canonical(query)
        base = query if len(query) == len(text) else text
        search = _Search(text, self._current(), cache(self._chunks_with))
        edits = sorted([*search.pinyin(base), *search.typos()], key=lambda edit: edit.start)
        corrected, copied_to = "", 0
        for edit in edits:
            corrected += base[copied_to : edit.start] + edit.word
            copied_to = edit.end
        changes = tuple((base[edit.start : edit.end], edit.word) for edit in edits)
        return CorrectedText(text=corrected + base[copied_to:] if edits else query, changes=changes)

    def _current(self) -> Vocabulary:
        counts, spoken = self._source(), self._spoken_source()
        with self._lock:
            if counts is not self._counts or spoken != self._spoken:
                self._counts, self._spoken = counts, spoken
                self._vocabulary = Vocabulary(counts, spoken)
            return self._vocabulary


class _Search:
    """Finds the errors of one query, `text` in canonical form."""

    def __init__(self, text: str, vocabulary: Vocabulary, chunks_with: Callable[[str], int]) -> None:
        self._text = text
        self._vocabulary = vocabulary
        self._chunks_with = chunks_with
        self._tokens = list(_tokens(text))

    def pinyin(self, as_typed: str) -> Iterator[Edit]:
        """An edit for each run of Latin letters that is pinyin; if not as a whole, then word by word."""
        for run in LATIN.finditer(self._text):
            whole = self._read(*run.span(), as_typed)
            words = _WORD.finditer(self._text, *run.span())
            parts = (self._read(*word.span(), as_typed) for word in words if word[0] != run[0])
            yield from [whole] if whole else filter(None, parts)

    def _read(self, start: int, end: int, as_typed: str) -> Edit | None:
        typed = as_typed[start:end]
        if not self._vocabulary.latin.isdisjoint(typed.lower().split()):
            return None  # the documents write it in these letters
        before, after = _last_han(self._text[:start]), _first_han(self._text[end:])
        word = self._vocabulary.reader.read(typed, before, after, self._chunks_with)
        return Edit(start, end, word) if word else None

    def typos(self) -> list[Edit]:
        """The best corrections of typing errors; none overlaps another."""
        edits = [edit for index in range(len(self._tokens)) for edit in self._around(index)]
        edits.sort(key=lambda edit: (edit.rank, edit.chunks), reverse=True)
        chosen: list[Edit] = []
        for start, end, word in sorted(self._homophones(), key=lambda found: -len(found[2])):
            edit = Edit(start, end, word)
            if not any(edit.overlaps(other) for other in chosen):
                chosen.append(edit)
        refused: list[Edit] = []
        for edit in edits:
            if any(edit.overlaps(other) for other in (*chosen, *refused)):
                continue
            rivals = (other for other in edits if other.overlaps(edit) and other.fix != edit.fix)
            is_clear = all(
                other.rank < edit.rank or other.chunks * _CLEARLY <= edit.chunks for other in rivals
            )
            (chosen if is_clear else refused).append(edit)
        return chosen

    def _homophones(self) -> list[tuple[int, int, str]]:
        words = [token.text for token in self._tokens]
        return self._vocabulary.homophones.in_words(words, self._chunks_with)

    def _around(self, index: int) -> Iterator[Edit]:
        """Every acceptable edit that puts another character in place of the token `index`."""
        at, _, typed = self._tokens[index]
        if not _HAN.fullmatch(typed) or len(typed) > 1 or typed in _GRAMMAR | _NUMERALS:
            return
        alike = self._vocabulary.alike(typed) - _GRAMMAR - _NUMERALS
        for first, last in self._windows(index):
            start, end = self._tokens[first].start, self._tokens[last].end
            for character in alike if self._may_be_mistyped(start, end) else ():
                word = self._text[start:at] + character + self._text[at + 1 : end]
                chunks = self._vocabulary.counts.get(word, 0)
                if chunks >= _LEAST:
                    likeness = how_alike(typed, character)
                    neighbours = self._neighbours(first, last, word, chunks, likeness)
                    if neighbours is not None:
                        yield Edit(start, end, word, (at, character), neighbours, likeness, chunks)

    def _windows(self, index: int) -> Iterator[tuple[int, int]]:
        """First and last token of each run of 2 to _LONGEST characters around the token `index`."""
        for first in range(index, -1, -1):
            for last in range(index, len(self._tokens)):
                length = self._tokens[last].end - self._tokens[first].start
                if length > _LONGEST:
                    break
                if length > 1:
                    yield first, last

    def _may_be_mistyped(self, start: int, end: int) -> bool:
        """Whether a run is no known word, has no function word and occurs once: nobody errs twice alike."""
        run = self._text[start:end]
        return (
            _HAN.fullmatch(run) is not None
            and run not in self._vocabulary.counts
            and not (end - start == 2 and _GRAMMAR & set(run))
            and self._text.count(run) == 1
            and len(rjieba.cut(run, False)) > 1
        )

    def _neighbours(self, first: int, last: int, word: str, chunks: int, likeness: Resemblance) -> int | None:
        """How many neighbours the documents hold beside `word`; None when it must not be put there."""
        start, end = self._tokens[first].start, self._tokens[last].end
        typed = self._text[start:end]
        left, right = self._telling(first - 1)[-2:], self._telling(last + 1)[:2]
        sounds_right = likeness.same_tone or (likeness.same_syllable and last - first > 1)
        enough = self._vocabulary.frequent * (1 if sounds_right else 10)
        stands_alone = likeness.same_syllable and chunks >= enough and not _AFTER_NOUNS & set(typed)
        if not (left or right or stands_alone):
            return None
        counts = [self._chunks_with(f"{left}{word}")] if left else []
        counts += [self._chunks_with(f"{word}{right}")] if right else []
        neighbours = sum(map(bool, counts))
        if not neighbours and not stands_alone:
            return None
        chunks_as_typed = self._chunks_with(typed)
        if chunks_as_typed and neighbours < 2 and (not neighbours or chunks_as_typed * _BY_CHANCE > chunks):
            return None
        if chunks_as_typed and any(
            self._chunks_with(text) for text in (left + typed, typed + right) if text != typed
        ):
            return None
        return neighbours

    def _telling(self, index: int) -> str:
        """The token `index` if it is a content word of the documents, else ""."""
        text = self._tokens[index].text if 0 <= index < len(self._tokens) else ""
        return text if text in self._vocabulary.counts and text not in _GRAMMAR else ""


def _tokens(text: str) -> Iterator[Token]:
    start = 0
    for word in rjieba.cut(text, False):
        yield Token(start, start + len(word), word)
        start += len(word)


def _last_han(text: str) -> str:
    """The Chinese word that `text` ends with, "" if it ends with none."""
    tokens = rjieba.cut(text.rstrip(), False)
    return tokens[-1] if tokens and _HAN.fullmatch(tokens[-1]) else ""


def _first_han(text: str) -> str:
    tokens = rjieba.cut(text.lstrip(), False)
    return tokens[0] if tokens and _HAN.fullmatch(tokens[0]) else ""
