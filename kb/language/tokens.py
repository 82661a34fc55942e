"""Cuts text into terms for the two lexical signals: character bigrams and jieba words."""

import re
from collections.abc import Callable

import rjieba

from kb.language.normalise import canonical
from kb.models import Signal

_RUNS = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+|[a-z]+|\d+(?:\.\d+)*%?")

_HAN = re.compile(r"[\u3400-\u9fff]")

_WORDISH = re.compile(r"[\u3400-\u9fffa-z0-9]")


def bigrams(text: str) -> list[str]:
    """The overlapping pairs of Chinese characters in `text`; runs of Latin letters or of digits stay whole.

    >>> bigrams("政策解答员 IPv6")
    ['政策', '策解', '解答', '答员', 'ipv', '6']
    """
    terms: list[str] = []
    for run in _RUNS.findall(canonical(text)):
        if _HAN.match(run) and len(run) > 1:
            terms.extend(run[i : i + 2] for i in range(len(run) - 1))
        else:
            terms.append(run)
    return terms


def words(text: str) -> list[str]:
    """The words of `text` as jieba's search mode cuts them: long words and the words inside; no punctuation.

    jieba's hidden-Markov guesses at unknown words are off: they cut a query and a passage differently
    ("支持度要" -> "支持", "度要").
    """
    return [word for word in rjieba.cut_for_search(canonical(text), False) if _WORDISH.search(word)]


TERMS: dict[Signal, Callable[[str], list[str]]] = {Signal.BIGRAM: bigrams, Signal.WORD: words}
