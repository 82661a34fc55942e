"""Reads which articles a question names: 第二十九条, 42条第二款, 第三条和第五条, 第3至5条, 第十七条之一.

A question is cut into what it names in this way and the words around it, `Named`. A paragraph (款) or item
(项) belongs to the article before it; in a follow-up (第二款呢) there is none, and `Place.article` is 0.
Articles counted without 第 (社保法29条) are read only behind the name of a law: 有10条措施 names none.
"""

import re
from collections.abc import Iterator

from kb.language.normalise import canonical
from kb.language.numerals import NUMERAL, number_value
from kb.models import Model

MOST = 20  # articles shown in one answer
_LARGEST = 9_999

_NUMBER = rf"(?:[(]{NUMERAL}[)]|[(]\d{{1,4}}[)]|{NUMERAL}|(?<!\d)\d{{1,4}})"
_REFERENCE = re.compile(
    rf"(?P<ordinal>第)?(?P<first>{_NUMBER})(?P<more>(?:(?:[、,和与及到至~-]|以及)第?{_NUMBER}){{0,9}})"
    rf"(?P<unit>条(?!例)|款(?!项)|项(?!目))(?:之(?P<sub>{NUMERAL}|\d{{1,3}}))?"
)
_ONE = re.compile(rf"(?P<link>[、,和与及到至~-]|以及)第?(?P<number>{_NUMBER})")
_ENDS_NAME = re.compile(r"(?:[法典例定则》]|办法|细则|规程|章程|的)\Z")
_SPACED = re.compile(r"(?<=[第\d]) | (?=[第\d条款项])")  # 第 29 条
_RANGE = frozenset("到至~-")
_JOINS = frozenset(("", "的", "里", "中", "里的", "中的", "里面的", ",", ":", " "))
_LINKS = frozenset(("、", ",", "和", "与", "及", "以及", "还有", "跟", *_RANGE))


class Place(Model):
    """An article (条), or a paragraph (款) or item (项) of it; `sub` is 1 in 第十七条之一."""

    article: int
    sub: int = 0
    paragraph: int | None = None
    item: int | None = None


class Named(Model):
    """The words before places that a question names, and the places."""

    words: str
    places: tuple[Place, ...]


class Places(Model):
    """All that a question names, in order, and the words behind it."""

    named: tuple[Named, ...]
    rest: str

    @property
    def is_partial(self) -> bool:
        """Whether a paragraph or an item is named without its article."""
        return any(not place.article for named in self.named for place in named.places)


def read_places(question: str) -> Places:
    """The places that `question` names, with the words around them in canonical form.

    >>> read_places("社保法第29条第二款呢").named
    (Named(words='社保法', places=(Place(article=29, sub=0, paragraph=2, item=None),)),)
    """
    text = _SPACED.sub("", canonical(question))
    reader = _Reader()
    for found in _REFERENCE.finditer(text):
        before = text[reader.end : found.start()]
        if found["ordinal"] or reader.carries_on(before, found["unit"]) or _is_counted(before, found):
            reader.read(before, found)
    return Places(named=tuple(reader.finished()), rest=text[reader.end :])


def _is_counted(before: str, found: re.Match[str]) -> bool:
    """Whether a number without 第 names an article: right behind the name of a law."""
    return found["unit"] == "条" and bool(_ENDS_NAME.search(before))


class _Reader:
    """Puts references together; `end` is where the last one ends."""

    def __init__(self) -> None:
        self.end = 0
        self._named: list[tuple[str, list[Place]]] = []
        self._unit = ""

    def carries_on(self, before: str, unit: str) -> bool:
        """Whether a reference to `unit` behind the words `before` goes on with the one before it."""
        return bool(self._named) and before.strip() in _JOINS | _LINKS and (unit != "条" or before in _LINKS)

    def read(self, before: str, found: re.Match[str]) -> None:
        """Take in the next reference."""
        unit, numbers = found["unit"], list(_numbers(found))
        gap = before.strip()
        if not self._named or not (gap in _JOINS or gap in _LINKS):
            self._named.append((before, []))
            self._unit = ""
        places = self._named[-1][1]
        if unit == "条":
            if gap in _RANGE and self._unit == "条" and places and numbers:
                numbers = [*_between(places[-1].article, numbers[0]), *numbers]
            sub = number_value(found["sub"]) if found["sub"] else 0
            places += [Place(article=number) for number in numbers[:-1]]
            places += [Place(article=number, sub=sub) for number in numbers[-1:]]
        else:
            again = gap in _LINKS and self._unit == unit
            if again and gap in _RANGE and numbers:
                last = places[-1].paragraph if unit == "款" else places[-1].item
                numbers = [*_between(last or 0, numbers[0]), *numbers]
            self._refine(places, unit, numbers, again=again)
        self._unit = unit
        self.end = found.end()

    def _refine(self, places: list[Place], unit: str, numbers: list[int], again: bool) -> None:
        """Narrow the last place to paragraphs or items; `again`: to one more beside those it has."""
        base = (places[-1] if again else places.pop()) if places else Place(article=0)
        part = "paragraph" if unit == "款" else "item"
        kept = {"item": None} if unit == "款" else {}
        places += [base.model_copy(update={**kept, part: number}) for number in numbers]

    def finished(self) -> Iterator[Named]:
        """What was named."""
        for words, places in self._named:
            if places:
                yield Named(words=words, places=tuple(dict.fromkeys(places)))


def _numbers(found: re.Match[str]) -> Iterator[int]:
    """The numbers of one reference: 第三、五条 has two, 第三至五条 three."""
    last = number_value(found["first"].strip("()"))
    if last:
        yield last
    for more in _ONE.finditer(found["more"]):
        number = number_value(more["number"].strip("()"))
        if more["link"] in _RANGE:
            yield from _between(last, number)
        if number:
            yield number
        last = number


def _between(first: int, last: int) -> range:
    """The numbers between both, as many as can be shown and one more."""
    return range(first + 1, min(last, first + MOST + 1, _LARGEST))
