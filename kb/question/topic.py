"""The topic of a question in a few words: what a follow-up goes on with, and is shown to go on with."""

from collections.abc import Callable, Iterator

import rjieba

from kb.language.normalise import canonical
from kb.language.word_lists import word_list
from kb.language.word_weights import read_question_words

_NAMES = (
    "n",
    "v",
    "a",
    "j",
    "l",
    "i",
    "b",
    "z",
    "t",
    "m",
    "f",
    "q",
    "eng",
)  # tags of words that name a matter
_NAMED = ("n", "j", "l", "i", "eng")  # tags of things
_BREAKS = frozenset(word for line in word_list("topic_breaks.txt") for word in line.split())
LONGEST = 20  # characters
_SHORTEST_NAMED, _LONGEST_NAMED = 3, 10  # characters of a matter that documents have a part about


def topic_of(question: str) -> str:
    """The longest run of words of `question` that name its matter; the question itself when none does.

    >>> topic_of("失业保险金怎么领？"), topic_of("请问城市低保标准是多少")
    ('失业保险金', '城市低保标准')
    """
    runs = _runs(question)
    named = [run for run in map(_trimmed, runs) if any(tag.startswith(_NAMED) for _, tag in run)]
    best = max(map(_joined, named or runs), key=len)
    return (best or question.strip(" ?？。"))[:LONGEST]


def named_matter(question: str, is_matter: Callable[[str], bool]) -> str | None:
    """The longest name in `question` that `is_matter` takes for a matter of the documents.

    >>> named_matter("我摔断了腿，单位不给工伤认定，怎么办", lambda name: name in ("工伤", "工伤认定"))
    '工伤认定'
    """
    names = {name for run in _runs(question) for name in _names_in(run)}
    longest_first = sorted(names, key=lambda name: (-len(name), name))
    return next(filter(is_matter, longest_first), None)


def _names_in(run: list[tuple[str, str]]) -> Iterator[str]:
    """Every row of words in `run` that is as long as the name of a matter."""
    for first in range(len(run)):
        name = ""
        for word, _ in run[first:]:
            name += word
            if len(name) > _LONGEST_NAMED:
                break
            if len(name) >= _SHORTEST_NAMED:
                yield name


def _runs(question: str) -> list[list[tuple[str, str]]]:
    """The words of `question` that name things and doings, cut where it asks or begins anew."""
    runs: list[list[tuple[str, str]]] = [[]]
    for word, tag in rjieba.tag(canonical(question), False):
        if word in _BREAKS or word in read_question_words() or not (tag.startswith(_NAMES) or word == "的"):
            runs.append([])
        else:
            runs[-1].append((word, tag))
    return runs


def _trimmed(run: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """`run` without 的 at its ends and a single verb or numeral at its end."""
    while run and _is_light(run[-1]):
        run = run[:-1]
    return run[1:] if run and run[0][0] == "的" else run


def _is_light(word: tuple[str, str]) -> bool:
    return word[0] == "的" or (len(word[0]) == 1 and word[1].startswith(("v", "a", "m", "f")))


def _joined(run: list[tuple[str, str]]) -> str:
    return "".join(word for word, _ in run)
