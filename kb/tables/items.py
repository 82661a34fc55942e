"""Lists of kinds of the same thing in prose (holidays, deductions, standards): items and the text of each.

Three signs make numbered parts such a list: a sentence names at least three of their headings (现将元旦、
春节…安排通知如下), their first words end alike (城市低保标准…, 农村低保标准…), or each entry is a name and
what holds for it (元旦，放假1天；春节，放假4天).
"""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise

import rjieba

from kb.language.sentences import sentences
from kb.models import Model, PolicyDocument, Section, Span
from kb.tables.grid import plain

_NAMED = 3  # headings that one sentence must name
_MOST_NAME = 20
_LONGEST_INTRO = 300
_MOST = 0.6  # share of the parts that belong to a list
_WORDS_OF_NAME = 3
_NOUN_TAGS = "njslt"
_LONGEST_OWN = 10  # characters of what an item does not share with the others
_AND = re.compile(r"[、,，]|、?(?:和|与|及|以及|或|或者)")
_KIND = 3  # characters that the first words of items have in common
_FIRST_CHARS = 24
_MOST_ITEMS = 60
_ALL_NAMED = 0.75  # share of the entries that must begin with a name
_NAME_FIRST = re.compile(r"([\u4e00-\u9fff]{2,12})(?:[（(][^）)]{1,20}[）)])?[，,]")
_ENTRY = re.compile(
    r"(?:^|(?<=[：；。\n]))[ \t\u3000]{0,4}(?:[（(][一二三四五六七八九十]{1,3}[)）]|[一二三四五六七八九十]是|"
    r"第[一二三四五六七八九十]，)",
    re.MULTILINE,
)
_NAME_END = re.compile(r"[:：，,。；;]")
_WORDS = re.compile(r"[\u4e00-\u9fff]+")


class Item(Model):
    """An item of a list: its name in plain form, and the text about it."""

    name: str
    span: Span


class ItemList(Model):
    """A list; `about` is the plain text that says what the items are, `kind` what their names end with."""

    items: tuple[Item, ...]
    about: str
    kind: str = ""
    intro: Span | None = None

    def holds(self, span: Span) -> bool:
        """Whether `span` overlaps the list or the sentence that introduces it."""
        places = [*(item.span for item in self.items), *([self.intro] if self.intro else ())]
        return any(place.start < span.end and span.start < place.end for place in places)


def lists_of(document: PolicyDocument, near: Span) -> tuple[ItemList, ...]:
    """The lists of `document`: of its numbered parts, and of the entries in the passage `near`."""
    found = []
    for group in _siblings(document.sections):
        spans = [_Part(text=_NAME_END.split(plain(part.heading))[0], span=part.span) for part in group]
        found.append(_introduced(document, spans))
        found.append(_alike([_Part(text=_first_words(document, part), span=part.span) for part in group]))
    found.append(_alike(list(_entries(document.text, near))))
    found.append(_named_first(document.text, near))
    return tuple(one for one in found if one is not None)


class _Part(Model):
    text: str
    span: Span


def _siblings(sections: Sequence[Section]) -> Iterator[list[Section]]:
    """The numbered parts below each part, without tables."""
    parts = [section for section in sections if not section.table]
    for _, group in groupby(sorted(parts, key=_place), key=_place):
        members = list(group)
        if 1 < len(members) <= _MOST_ITEMS:
            yield sorted(members, key=lambda part: part.span.start)


def _place(section: Section) -> tuple[int, int]:
    return (-1 if section.parent is None else section.parent, section.level)


def _introduced(document: PolicyDocument, parts: Sequence[_Part]) -> ItemList | None:
    """The parts whose headings one sentence names one after the other; most of the parts must be named."""
    named = [part for part in parts if 1 < len(part.text) <= _MOST_NAME]
    if len(named) < _NAMED:
        return None
    best: tuple[list[_Part], Span | None] = ([], None)
    for span in sentences(document.text):
        if span.end - span.start <= _LONGEST_INTRO and "、" in span.of(document.text):
            run = _run(plain(span.of(document.text)), named)
            best = max(best, (run, span), key=lambda one: len(one[0]))
    run, intro = best
    if intro is None or len(run) < max(_NAMED, _MOST * len(named)):
        return None
    items = tuple(Item(name=part.text, span=part.span) for part in run)
    return ItemList(items=items, about=plain(intro.of(document.text)), intro=intro)


def _run(sentence: str, named: Sequence[_Part]) -> list[_Part]:
    """The longest run of names in `sentence` with nothing but 、 or 和 between them."""
    places = sorted(
        (part for part in named if part.text in sentence),
        key=lambda part: (sentence.find(part.text), -len(part.text)),
    )
    best: list[_Part] = []
    run: list[_Part] = []
    end = -1
    for part in places:
        start = sentence.find(part.text)
        if start < end:
            continue
        run = [*run, part] if run and _AND.fullmatch(sentence[end:start]) else [part]
        end = start + len(part.text)
        best = max(best, run, key=len)
    return best


def _alike(parts: Sequence[_Part]) -> ItemList | None:
    """The parts whose first words end alike, each after a noun of its own; most of the parts must."""
    for first, second in pairwise(parts):
        kind = _common(first.text, second.text)
        if not kind:
            continue
        items = tuple(
            Item(name=part.text[: part.text.find(kind)], span=part.span)
            for part in parts
            if 1 < part.text.find(kind) <= _LONGEST_OWN and _is_noun(part.text, part.text.find(kind))
        )
        if len({item.name for item in items}) == len(items) >= max(2, _MOST * len(parts)):
            return ItemList(items=items, about=kind, kind=kind)
    return None


def _named_first(text: str, near: Span) -> ItemList | None:
    """The entries of a passage that each begin with a short name and a comma: （一）元旦，放假1天."""
    marks = list(_ENTRY.finditer(text, near.start, near.end))
    ends = [*[mark.start() for mark in marks][1:], near.end] if marks else []
    items = []
    for mark, end in zip(marks, ends, strict=True):
        name = _NAME_FIRST.match(plain(text[mark.end() : mark.end() + _FIRST_CHARS]))
        if name and _is_noun(name[1], len(name[1])):
            items.append(Item(name=name[1], span=Span(start=mark.end(), end=end)))
    if len(items) < max(_NAMED, _ALL_NAMED * len(marks)):
        return None
    before = text[near.start : marks[0].start()].strip().rstrip("：:")
    about = re.split(r"[。；\n]", before)[-1]
    intro = Span(start=near.start, end=marks[0].start())
    return ItemList(items=tuple(items), about=plain(about), intro=intro) if about else None


def _is_noun(text: str, end: int) -> bool:
    """Whether `text` up to `end` is a short name made of whole words: the last a noun, at most one a verb."""
    place, tags = 0, []
    for word, tag in rjieba.tag(text, False):
        if place >= end:
            break
        place += len(word)
        tags.append(tag)
    verbs = sum(tag == "v" for tag in tags)
    return place == end and len(tags) <= _WORDS_OF_NAME and verbs <= 1 and tags[-1][0] in _NOUN_TAGS


def _common(first: str, second: str) -> str:
    """The first common run of characters of both texts that begins behind a name of its own."""
    for start in range(2, min(len(first) - _KIND + 1, _LONGEST_OWN + 1)):
        length = _KIND
        if first[start : start + length] not in second or first[:start] in second:
            continue
        while start + length < len(first) and first[start : start + length + 1] in second:
            length += 1
        return first[start : start + length]
    return ""


def _first_words(document: PolicyDocument, part: Section) -> str:
    """The first words of a part behind its number."""
    text = document.text[part.span.start : part.span.end].removeprefix(part.number).lstrip("、.． \u3000")
    words = _WORDS.match(plain(text[:_FIRST_CHARS]))
    return words[0] if words else ""


def _entries(text: str, near: Span) -> Iterator[_Part]:
    """The entries （一）…（二）… or 一是…二是… of a passage."""
    marks = list(_ENTRY.finditer(text, near.start, near.end))
    ends = [*[mark.start() for mark in marks][1:], near.end] if marks else []
    for mark, end in zip(marks, ends, strict=True):
        words = _WORDS.match(plain(text[mark.end() : mark.end() + _FIRST_CHARS]))
        if words:
            yield _Part(text=words[0], span=Span(start=mark.end(), end=end))
