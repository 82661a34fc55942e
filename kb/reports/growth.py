"""Words of questions that grew: what is asked about more than a month ago."""

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache

from kb.citizens.journal import SEVERAL
from kb.language.word_weights import content_words
from kb.models import Model
from kb.reports.tallies import Times

_GROWING = 15
_TELLING = 0.6  # from this weight (kb.language.word_weights) on a word is a thing or an action


class Growing(Model):
    """A word, and how many questions had it: in the last 30 days, and in the 30 before."""

    word: str
    now: int
    before: int


def grown(times: Iterable[Times]) -> tuple[Growing, ...]:
    """The words of questions that grew most from the earlier month to the later."""
    now: Counter[str] = Counter()
    before: Counter[str] = Counter()
    people: Counter[str] = Counter()
    for question in times:
        if question.later or question.earlier:
            for word in telling(question.text):
                now[word] += question.later
                before[word] += question.earlier
                people[word] += question.people
    return most_grown(now, before, people)


def most_grown(
    now: Mapping[str, int], before: Mapping[str, int], people: Mapping[str, int]
) -> tuple[Growing, ...]:
    """The words that grew most from `before` to `now`, of those that SEVERAL people used.

    Of two Poisson counts n (later) and m (earlier), (n - m) / sqrt(n + m) says how far they are from equal,
    in standard deviations: 9 after 1 (2.5) comes before 40 after 30 (1.2).
    """
    growing = [
        Growing(word=word, now=times, before=before.get(word, 0))
        for word, times in now.items()
        if people.get(word, 0) >= SEVERAL and times >= SEVERAL and times > before.get(word, 0)
    ]
    growing.sort(key=lambda each: (-(each.now - each.before) / (each.now + each.before) ** 0.5, each.word))
    return tuple(growing[:_GROWING])


@lru_cache(maxsize=65_536)  # a question is asked again and again: 0.1 µs instead of 20
def telling(text: str) -> frozenset[str]:
    """The content words of a question: things and actions of two characters or more."""
    return frozenset(word for word in content_words(text, _TELLING) if len(word) > 1)
