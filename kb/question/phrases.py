"""Whole utterances made of listed phrases: what is said without naming any matter (你好，麻烦转人工).

A list has groups. `[name]` holds the phrases that make an utterance of that name, `[name+]` the words allowed
beside them, `[+]` the words allowed beside all. An utterance has a name when it can be cut into phrases and
words of that name, without rest, at least one of them a phrase. A line is a row of places, each with its
alternatives; `-` is nothing:

    转/找 -/个 人工/真人       转人工, 转真人, 转个人工, … 找个真人

An utterance with a matter of its own leaves a rest, so that it has no name, however polite it begins.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

LONGEST = 40  # characters of an utterance
_FILLERS = "+"


@dataclass(frozen=True)
class Phrases:
    """The phrases of one name, and the words allowed beside them."""

    phrases: frozenset[str]
    beside: frozenset[str]

    def make(self, text: str) -> bool:
        """Whether `text` (letters, digits and characters only) is made of these phrases and words."""
        if not 0 < len(text) <= LONGEST:
            return False
        reached = {0: False}  # place -> whether a phrase stands before it
        for start in range(len(text)):
            if start not in reached:
                continue
            for end in range(start + 1, len(text) + 1):
                part = text[start:end]
                if part in self.phrases:
                    reached[end] = True
                elif part in self.beside:
                    reached[end] = reached.get(end, False) or reached[start]
        return reached.get(len(text), False)


def read_phrases(lines: Iterable[str]) -> Mapping[str, Phrases]:
    """The named groups of a list, in its order."""
    groups: dict[str, set[str]] = {}
    current: set[str] = set()
    for line in lines:
        if line.startswith("["):
            current = groups.setdefault(line.strip("[] "), set())
        else:
            current.update(expanded(line))
    fillers = frozenset(groups.get(_FILLERS, ()))
    return {
        name: Phrases(frozenset(phrases), fillers | groups.get(f"{name}{_FILLERS}", set()))
        for name, phrases in groups.items()
        if not name.endswith(_FILLERS)
    }


def expanded(line: str) -> Sequence[str]:
    """The phrases that `line` stands for.

    >>> expanded("转/找 -/个 人工")
    ['转人工', '转个人工', '找人工', '找个人工']
    """
    places = [[word.removeprefix("-") for word in place.split("/")] for place in line.split()]
    return [phrase for words in product(*places) if (phrase := "".join(words))]
