"""Which documents a name means, as people write names: 《社会保险法》, 社保法, 营商环境条例, 信访条例.

A name fits a title (`Fit`, best first)

    EXACT    without 中华人民共和国 and without （试行） behind it; also the document that a notice forwards
             (关于印发《…》的通知)
    TAIL     as its end: 营商环境条例, 优化营商环境条例
    INITIALS by characters of every word of it: 社保法, 社会保险法
    PARTS    by some of its characters, in order: 保密法, 保守国家秘密法

and always with the same word of kind (法, 条例 …). A name that is the title of another law (《劳动法》, in
kb/lexicon/laws.txt) is no short form of a title like it (《劳动合同法》).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum
from functools import lru_cache

import rjieba

from kb.language.normalise import canonical, short_title
from kb.language.word_lists import word_list
from kb.models import DocumentSummary, Model, Status

_KINDS = (
    *("实施条例", "暂行条例", "实施办法", "暂行办法", "管理办法", "实施细则", "暂行规定", "特别规定"),
    *("条例", "办法", "规定", "细则", "规则", "规程", "章程", "守则", "准则", "纲要", "规划", "计划"),
    *("要点", "通知", "意见", "方案", "决定", "公告", "通告", "决议", "命令", "标准", "规范", "指南"),
    *("法典", "宪法", "公约", "制度", "解释", "预案", "批复", "典", "法"),
)
_FORWARDS = re.compile(
    r"(?:印发|转发|发布|公布|颁布|下发|批转|颁发)(?P<inner>.{2,100})的(?:通知|公告|决定|令|通告)\Z"
)
_QUOTED = re.compile(r"[《<](?P<inner>[^《》<>]{2,100})[》>]")
_BEHIND = re.compile(r"[(〔\[][^()〔〕\[\]]{1,20}[)〕\]]\Z")
_SHORTEST = 2


class Fit(IntEnum):
    """How well a name fits a title; the smaller the better."""

    EXACT = 0
    TAIL = 1
    INITIALS = 2
    PARTS = 3


class Match(Model):
    """The documents that a name fits best, newest first: `fit` is None when it fits none.

    `near` are documents with titles like the name, which they are not.
    """

    name: str
    fit: Fit | None
    documents: tuple[DocumentSummary, ...] = ()
    near: tuple[DocumentSummary, ...] = ()


def matching(
    name: str, documents: Sequence[DocumentSummary], attached: Mapping[str, Sequence[str]] | None = None
) -> Match:
    """The documents among `documents` that `name` means; those in force, where it fits several titles.

    `attached`: document id -> titles of the texts attached to it, which count where no document's own title
    fits as well.
    """
    name = bare_name(name)
    own = _fitting(name, ((one.title, one) for one in documents))
    held = _fitting(name, ((title, one) for one in documents for title in (attached or {}).get(one.id, ())))
    best = min((how for how, _ in (*own, *held)), default=None)
    fits = own if any(how is best for how, _ in own) else held
    found = tuple(dict.fromkeys(one for how, one in fits if how is best))
    if best is not None and best is not Fit.EXACT and name in known_laws():
        return Match(name=name, fit=None, near=found)
    if len({bare_name(one.title) for one in found}) > 1:
        found = tuple(one for one in found if one.status is Status.IN_FORCE) or found
    return Match(name=name, fit=best, documents=found)


def best_fit(name: str, title: str) -> Fit | None:
    """How well the bare `name` fits `title`; None when it does not."""
    fits = (_fit(name, one) for one in names_of(title))
    return min((how for how in fits if how is not None), default=None)


def _fitting(name: str, titled: Iterable[tuple[str, DocumentSummary]]) -> list[tuple[Fit, DocumentSummary]]:
    """Those of the documents by title whose title the bare `name` fits, and how well it does."""
    characters = frozenset(name)  # whatever fits has them all, which few titles have
    possible = ((title, one) for title, one in titled if characters <= _characters(title))
    return [(how, one) for title, one in possible if (how := best_fit(name, title)) is not None]


@lru_cache(maxsize=131_072)  # more than there are titles: they are gone through in a fixed order
def _characters(title: str) -> frozenset[str]:
    return frozenset("".join(names_of(title)))


@lru_cache(maxsize=8_192)
def names_of(title: str) -> tuple[str, ...]:
    """The bare names of a document with this title: its own, and that of a document it forwards.

    >>> names_of("浔阳区人民政府关于印发《浔阳区救助办法（试行）》的通知")[-1]
    '浔阳区救助办法'
    """
    own = bare_name(title)
    names = [own]
    if forwarded := _FORWARDS.search(own):
        names.append(bare_name(forwarded["inner"]))
        names += [bare_name(found["inner"]) for found in _QUOTED.finditer(forwarded["inner"])]
    return tuple(dict.fromkeys(name for name in names if name))


def bare_name(title: str) -> str:
    """`title` in canonical form without 中华人民共和国, 《》 around it and a bracket (试行) behind it.

    >>> bare_name("《中华人民共和国个人信息保护法》"), bare_name("城市管理办法（试行）")
    ('个人信息保护法', '城市管理办法')
    """
    name = short_title(canonical(title).strip("《》<> 的"))
    while (behind := _BEHIND.search(name)) and behind.start() >= _SHORTEST:
        name = name[: behind.start()].rstrip()
    return name.strip("《》 ")


def is_name(words: str) -> bool:
    """Whether `words` look like the name of a law or document: they end with a word of its kind."""
    return len(words) > 1 and kind_of(words) is not None


@lru_cache(maxsize=8_192)
def kind_of(name: str) -> str | None:
    """The word of kind that `name` ends with, None when there is none."""
    return next((kind for kind in ("条例", "办法", *_SINGLE_KINDS) if name.endswith(kind)), None)


@lru_cache(maxsize=1)
def known_laws() -> frozenset[str]:
    """The names in kb/lexicon/laws.txt."""
    return frozenset(name for line in word_list("laws.txt") for name in line.split())


def _fit(name: str, title: str) -> Fit | None:
    if len(name) < _SHORTEST or len(name) > len(title):
        return None
    if name == title:
        return Fit.EXACT
    if title.endswith(name) and is_name(name):
        return Fit.TAIL
    kind = kind_of(title)
    if kind is None or kind_of(name) != kind:
        return None
    stem, whole = name[: -len(kind)], title[: -len(kind)]
    if not stem:
        return None
    touched = _words_touched(stem, whole)
    if touched is None:
        return None
    return Fit.INITIALS if touched else Fit.PARTS


def _words_touched(stem: str, title: str) -> bool | None:
    """Whether the characters of `stem`, in order, come from every word of `title`; None: not all from it."""
    place = 0
    every = True
    for word in _words(title):
        taken = place
        for character in word:
            if place < len(stem) and stem[place] == character:
                place += 1
        every = every and place > taken
    return every if place == len(stem) else None


@lru_cache(maxsize=8_192)
def _words(title: str) -> tuple[str, ...]:
    return tuple(rjieba.cut(title, False))


_SINGLE_KINDS = tuple(
    sorted({kind[-2:] if len(kind) > 2 else kind for kind in _KINDS}, key=len, reverse=True)
)
