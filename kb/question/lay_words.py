"""Everyday words become those of the documents: 吃低保 -> 最低生活保障 (kb/lexicon/synonyms.txt).

A word is replaced only as a whole: it begins and ends where jieba cuts the question (娃 stands in 给娃上户口,
not in 娃哈哈). It is left as typed

    in a question that offers both sides         招不招人
    in the name of an office or a title          医保局, 《失业保险条例》
    where the documents say it more often than the official word (kb.question.understanding)

"~" in the list stands for what a speaker may put between verb and noun: 吃~低保 is also 吃上低保, 吃着低保.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple

import rjieba

from kb.language.normalise import canonical
from kb.language.word_lists import word_pairs

INFLECTION = "~"
_INFLECTIONS = ("", "了", "过", "着", "上", "到", "个", "上了", "完")
_LONGEST = 24  # characters of an everyday word
_AFTER = "里中上内外们"  # jieba takes them for the end of a word: 政府 大院里
_NOT = "不没"
_OFFICES = [[name] for name in ("局", "厅", "处", "科", "所", "站", "委", "中心", "部门", "机构")]
_OFFICE = 4  # characters after an everyday word that tell 医保处 from 医保处理
_TITLE = re.compile(r"《[^《》]*》")


class Wording(NamedTuple):
    """An everyday word in a canonical question, from `start` to `end`, and the official one."""

    start: int
    end: int
    said: str
    official: str


def to_official(text: str, synonyms: Mapping[str, str]) -> str:
    """`text` with everyday words replaced by official ones, longest first; unchanged when it has none.

    >>> to_official("下岗了，单位招不招人", {"下岗": "失业", "招人": "招用人员"})
    '失业了,单位招不招人'
    """
    found = lay_words_in(text, synonyms)
    plain, query, copied_to = canonical(text), "", 0
    for wording in found:
        query += plain[copied_to : wording.start] + wording.official
        copied_to = wording.end
    return query + plain[copied_to:] if found else text


def lay_words_in(text: str, synonyms: Mapping[str, str]) -> list[Wording]:
    """The everyday words of `text`, in order; where two begin alike, the longer one.

    A word listed with itself as the official one keeps what is in it from being replaced: 法定公积金.
    """
    if not synonyms:
        return []
    plain = canonical(text)
    words = rjieba.cut(plain, False)
    borders = [0, *accumulate(map(len, words))]
    ends = sorted({*borders, *_before_particles(words, borders)})
    titles = [title.span() for title in _TITLE.finditer(plain)]
    wordings: list[Wording] = []
    for start in borders:
        if (wordings and start < wordings[-1].end) or any(a <= start < b for a, b in titles):
            continue
        first, last = bisect_right(ends, start), bisect_right(ends, start + _LONGEST)
        for end in reversed(ends[first:last]):
            said = plain[start:end]
            if said in synonyms and not _is_part(plain, start, end, synonyms[said]):
                wordings.append(Wording(start, end, said, synonyms[said]))
                break
    return [wording for wording in wordings if wording.said != wording.official]


def _before_particles(words: Sequence[str], borders: Sequence[int]) -> Iterator[int]:
    """Where a longer word ends without 里, 中 …"""
    for word, start in zip(words, borders, strict=False):
        if len(word) > 2 and word[-1] in _AFTER:
            yield start + len(word) - 1


def _is_part(plain: str, start: int, end: int, official: str) -> bool:
    """Whether what stands from `start` to `end` is half of 招不招人, in an office's name or in `official`."""
    said = plain[start:end]
    before = official.find(said)
    if before >= 0 and said != official and plain.startswith(canonical(official), max(0, start - before)):
        return True
    offers_both = start >= 2 and plain[start - 1] in _NOT and plain[start - 2] == plain[start]
    return offers_both or rjieba.cut(plain[end : end + _OFFICE], False)[:1] in _OFFICES


def inflected(said: str) -> tuple[str, ...]:
    """The forms of an everyday word: itself, or one for each inflection in place of its "~"."""
    if INFLECTION not in said:
        return (canonical(said),)
    return tuple(canonical(said.replace(INFLECTION, inflection)) for inflection in _INFLECTIONS)


def read_synonyms() -> dict[str, str]:
    """Reads kb/lexicon/synonyms.txt: lines "lay lay = official"; lines that begin with # are comments."""
    pairs = [(said, official) for lay, official in word_pairs("synonyms.txt") for said in lay.split()]
    return with_inflections(pairs)


def with_inflections(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """Every form of the everyday words -> the official word; a form that is listed itself keeps its own."""
    forms = {form: official for said, official in pairs for form in inflected(said)}
    return forms | {canonical(said): official for said, official in pairs if INFLECTION not in said}


class EverydayWords:
    """The word list in use: the shipped one with what administrators changed in it.

    `changes` gives everyday word -> official word; an empty one leaves the everyday word as typed.
    """

    def __init__(self, shipped: Mapping[str, str], changes: Callable[[], Mapping[str, str]]) -> None:
        self._shipped = shipped
        self._changes = changes

    def current(self) -> Mapping[str, str]:
        """The list as it is now."""
        return _changed(self._shipped, self._changes())

    def after(self, said: str, official: str | None) -> Mapping[str, str]:
        """The list as it would be with `official` for `said`; None takes back the change of it."""
        others = {word: changed for word, changed in self._changes().items() if word != said}
        return _changed(self._shipped, others if official is None else {**others, said: official})


def _changed(shipped: Mapping[str, str], changes: Mapping[str, str]) -> Mapping[str, str]:
    """`shipped` with `changes`; a word left as typed keeps shorter words in it from being replaced."""
    forms = {form: official or form for said, official in changes.items() for form in inflected(said)}
    return {**shipped, **forms} if forms else shipped
