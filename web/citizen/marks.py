"""Finds what to mark in a document: the cited place, further cited places, words of the question.

Marks do not overlap: the cited place has priority over further places, and these over words.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum

from kb.language.word_weights import content_words
from kb.models import MAX_QUESTION_CHARS, Model, Span

MAX_ALSO = 20  # an answer quotes a few places
MAX_WORDS = 200  # occurrences marked
_COMMON = 40  # a word with more occurrences is the document's subject and points to no place in it
_SHORTEST_WORD = 2  # characters
_OFFSET = re.compile(r"[0-9]{1,9}")  # Python refuses to read numbers of thousands of digits


class MarkKind(StrEnum):
    """Why something is marked; also its CSS class in the page."""

    CITED = "cited"
    ALSO = "also"
    WORD = "word"


class Highlight(Model):
    """A marked place."""

    kind: MarkKind
    span: Span


def read_span(start: str, end: str, length: int) -> Span | None:
    """The span from `start` to `end` of a query string; None when not a span within `length` characters."""
    if not (_OFFSET.fullmatch(start) and _OFFSET.fullmatch(end)):
        return None
    first, last = int(start), int(end)
    return Span(start=first, end=last) if first < last <= length else None


def read_spans(parameter: str, length: int) -> tuple[Span, ...]:
    """The spans of `also=S-E,S-E`; invalid ones are left out.

    >>> read_spans("5-9,x,3-99", 20)
    (Span(start=5, end=9),)
    """
    spans = (
        read_span(start, end, length)
        for start, _, end in (item.partition("-") for item in parameter.split(",", MAX_ALSO)[:MAX_ALSO])
    )
    return tuple(span for span in spans if span is not None)


def telling_words(question: str) -> tuple[str, ...]:
    """The content words of a question, longest first.

    >>> telling_words("街道要安排几次政策宣传？")
    ('安排', '宣传', '政策', '街道')
    """
    words = [word for word in content_words(question[:MAX_QUESTION_CHARS]) if len(word) >= _SHORTEST_WORD]
    return tuple(sorted(words, key=lambda word: (-len(word), word)))


def find_marks(
    text: str, cited: Span | None, also: Iterable[Span], words: Sequence[str]
) -> tuple[Highlight, ...]:
    """The marks of a text in reading order."""
    marks = [Highlight(kind=MarkKind.CITED, span=cited)] if cited else []
    for span in also:
        if not any(_overlap(span, mark.span) for mark in marks):
            marks.append(Highlight(kind=MarkKind.ALSO, span=span))
    word_marks = (
        Highlight(kind=MarkKind.WORD, span=span)
        for span in _occurrences(text, words)
        if not any(_overlap(span, mark.span) for mark in marks)
    )
    marks += [mark for mark, _ in zip(word_marks, range(MAX_WORDS), strict=False)]
    return tuple(sorted(marks, key=lambda mark: mark.span.start))


def _occurrences(text: str, words: Sequence[str]) -> Iterator[Span]:
    """The spans of `words` in `text`; adjacent words are one span, the longer word wins at the same start."""
    folded = text.lower()
    rare = [word for word in words if folded.count(word) <= _COMMON]
    if rare:
        for match in re.finditer(f"(?:{'|'.join(map(re.escape, rare))})++", text, re.IGNORECASE):
            yield Span(start=match.start(), end=match.end())


def _overlap(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end
