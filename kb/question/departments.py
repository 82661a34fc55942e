"""Finds departments under their everyday names: 教育局, 卫生局, 工商局 for 区教体局, 区卫健委, 区市监局.

The names are data (kb/lexicon/departments.txt): each line has the documents' spellings of one department and
what people call it. Which spelling counts is decided by the units that the documents name as 牵头单位 or
责任单位, so one file serves a district whose sports department is part of 教体局 and one with its own
体育局. A level must not contradict: 市教育局 is another office than 区教体局.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from kb.language.normalise import canonical
from kb.language.word_lists import word_pairs
from kb.models import Model

_LEVEL = re.compile(r"(?:国家|[县市省]|(?<![社小校园景])区)$")


class Department(Model):
    """One line of the file: the names of a department in documents, and every name people use for it."""

    official: tuple[str, ...]
    names: frozenset[str]  # the official ones as well


class _Mention(NamedTuple):
    """A department named in a text."""

    start: int  # of the level if there is one, else of the name
    end: int
    level: str
    name: str


class Departments:
    """Finds departments in questions; never changed once made."""

    def __init__(self, departments: Iterable[Department]) -> None:
        self._departments = tuple(departments)
        names = {name for department in self._departments for name in department.names}
        longest_first = sorted(names, key=lambda name: (-len(name), name))
        self._name = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")

    def units_named(self, text: str, known_units: Iterable[str]) -> tuple[str, ...]:
        """The units among `known_units` that `text` names in any form, in the order of the text.

        >>> read_departments().units_named("教育局和工商局管什么", ["区教体局", "区市监局", "区财政局"])
        ('区教体局', '区市监局')
        """
        known = tuple(known_units)
        units = (unit for mention in self._mentions(canonical(text)) for unit in self._units(mention, known))
        return tuple(dict.fromkeys(units))

    def without_names(self, text: str) -> str:
        """Canonical `text` without the departments (in any form) that it names.

        >>> read_departments().without_names("区教育局和区司法局负责哪些任务")
        '和负责哪些任务'
        """
        plain = canonical(text)
        for mention in reversed(list(self._mentions(plain))):
            plain = plain[: mention.start] + plain[mention.end :]
        return plain

    def official_names(
        self, query: str, known_units: Iterable[str], in_documents: Callable[[str], bool]
    ) -> str:
        """`query` with each everyday name replaced by the unit of the documents that it means.

        A name stays when the documents use it (`in_documents`), or when it fits several units.
        """
        known, text, changed = tuple(known_units), canonical(query), query
        for mention in reversed(list(self._mentions(text))):
            units = self._units(mention, known)
            if len(units) == 1 and mention.name not in units[0] and not in_documents(mention.name):
                text = text[: mention.start] + units[0] + text[mention.end :]
                changed = text
        return changed

    def _mentions(self, text: str) -> Iterator[_Mention]:
        """The departments named in canonical `text`, in its order."""
        for match in self._name.finditer(text):
            level = _LEVEL.search(text[: match.start()])
            start = level.start() if level else match.start()
            yield _Mention(start, match.end(), level[0] if level else "", match[0])

    def _units(self, mention: _Mention, known: tuple[str, ...]) -> tuple[str, ...]:
        """The units that a mention can mean; units that end in the very name exclude the others."""
        candidates = [
            unit
            for unit in known
            if (parts := self._split(unit)) is not None
            and mention.name in parts[1].names
            and (not mention.level or not parts[0] or parts[0] == mention.level)
        ]
        exact = [unit for unit in candidates if unit.endswith(mention.name)]
        return tuple(exact or candidates)

    def _split(self, unit: str) -> tuple[str, Department] | None:
        """A unit's level ("" for none) and its department, known by the longest official name at its end."""
        matches = [
            (len(name), department, name)
            for department in self._departments
            for name in department.official
            if unit.endswith(name)
        ]
        if not matches:
            return None
        _, department, name = max(matches, key=lambda entry: entry[0])
        level = _LEVEL.search(unit.removesuffix(name))
        return (level[0] if level else "", department)


def read_departments() -> Departments:
    """Reads kb/lexicon/departments.txt: lines "official official = everyday everyday"; # begins a comment."""
    return Departments(
        Department(official=tuple(official.split()), names=frozenset(f"{official} {everyday}".split()))
        for official, everyday in word_pairs("departments.txt")
    )
