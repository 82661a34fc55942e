"""Wordings of a long period: what was asked most, and which words grew, from what is kept of each day.

To group a million questions by their words takes seconds. So each counted day (kb.reports.days) keeps the
questions that were asked more than once on it, and its words with how often they were used; both with up to
SEVERAL of those who asked, to tell whether several people did. The questions asked most are found among those
and then counted exactly; one that was never asked twice on a day is not among them.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pydantic_core import from_json
from sqlalchemy import ColumnElement, Connection, select

from kb.citizens.journal import SEVERAL
from kb.language.normalise import question_key
from kb.reports.growth import Growing, most_grown, telling
from kb.reports.tallies import Reader, Times
from kb.storage.queue_tables import figures_days

LONG = 50_000  # questions of a period from which on its wordings are read here
_LOOKED_AT = 100  # questions that are counted exactly
_ASKER_CHARS = 12  # of the digest that tells askers apart
_Kept = dict[str, list[Any]]


@dataclass
class _Asked:
    """How often a question or a word came up, and some of those who asked."""

    text: str = ""
    times: int = 0
    askers: set[str] = field(default_factory=set)

    def add(self, times: int, askers: Iterable[str]) -> None:
        """Count more of it."""
        self.times += times
        if len(self.askers) < SEVERAL:
            self.askers.update(askers)


def wordings_json(connection: Connection, day: date) -> dict[str, str]:
    """The wordings of a day, as the columns of `figures_days` keep them."""
    return {name: json.dumps(kept, ensure_ascii=False) for name, kept in _read(connection, day).items()}


def long_wordings(
    connection: Connection, reader: Reader, since: date, until: date, month: date, month_before: date
) -> tuple[list[Times], tuple[Growing, ...]]:
    """The questions asked most in a period, and the words that grew from one month to the other."""
    keys: defaultdict[str, _Asked] = defaultdict(_Asked)
    later: defaultdict[str, _Asked] = defaultdict(_Asked)
    earlier: defaultdict[str, _Asked] = defaultdict(_Asked)
    for _, wordings in _kept(connection, reader, "wordings", since, until):
        for key, text, times, askers in _wanted(wordings, reader):
            asked = keys[key]
            asked.text = min(filter(None, (asked.text, text)), default="")
            asked.add(times, askers)
    for day, used in _kept(connection, reader, "words", month_before, until):
        words = later if day >= month else earlier
        for word, _, times, askers in _wanted(used, reader):
            words[word].add(times, askers)
    people = {word: len(asked.askers | earlier[word].askers) for word, asked in list(later.items())}
    grew = most_grown(_times(later), _times(earlier), people)
    return _most_asked(reader, keys, since, until), grew


def _kept(
    connection: Connection, reader: Reader, name: str, since: date, until: date
) -> Iterator[tuple[date, _Kept]]:
    """What each day keeps in the column `name`, else what is read of it."""
    day = figures_days.c
    rows = select(day.day, day[name]).where(day.day >= since, day.day <= until, current())
    kept = {each: text for each, text in connection.execute(rows)}
    for each in reader.days_asked(since, until):
        if each not in kept:
            yield each, _read(connection, each)[name]
    for each, text in kept.items():
        if text is not None:
            yield each, from_json(text)


def _wanted(kept: _Kept, reader: Reader) -> Iterator[tuple[str, str, int, list[str]]]:
    """Name, text, times and askers, of the lists of departments that are counted."""
    wanted = [reader.is_wanted(tuple(place)) for place in kept["places"]]
    for name, text, place, times, askers in kept["rows"]:
        if wanted[place]:
            yield name, text, times, askers


def current() -> ColumnElement[bool]:
    """The condition on a row of `figures_days` that holds what the day came to."""
    day = figures_days.c
    return day.counts.is_not(None) & ((day.counted == day.changes) | day.is_closed)


def _times(words: dict[str, _Asked]) -> dict[str, int]:
    return {word: asked.times for word, asked in words.items()}


def _most_asked(reader: Reader, keys: dict[str, _Asked], since: date, until: date) -> list[Times]:
    """The first of `keys`, counted exactly."""
    several = [key for key, asked in keys.items() if len(asked.askers) >= SEVERAL]
    several.sort(key=lambda key: -keys[key].times)
    exact = Counter(reader.times_of_keys(several[:_LOOKED_AT], since, until))
    for text, times, *_ in reader.times_alone(since, until, (since, until, since)):
        if (key := question_key(text)) in exact:
            exact[key] += times
    return [
        Times(keys[key].text, in_period=times, later=0, earlier=0, people=len(keys[key].askers))
        for key, times in exact.items()
    ]


def _read(connection: Connection, day: date) -> dict[str, _Kept]:
    """Lists of departments, and questions asked more than once; the same for words. A list has a number."""
    places: dict[tuple[str, ...], int] = {}
    keys: defaultdict[tuple[str, int], _Asked] = defaultdict(_Asked)
    words: defaultdict[tuple[str, int], _Asked] = defaultdict(_Asked)
    for key, text, departments, asker in Reader.of_all(connection).wordings(day):
        place = places.setdefault(departments, len(places))
        askers = (asker[:_ASKER_CHARS],) if asker else ()
        asked = keys[key, place]
        asked.text = min(filter(None, (asked.text, text)), default="")
        asked.add(1, askers)
        for word in telling(text):
            words[word, place].add(1, askers)
    often = {name: asked for name, asked in keys.items() if asked.times > 1}
    named = list(places)
    return {
        "wordings": {"places": named, "rows": _rows(often)},
        "words": {"places": named, "rows": _rows(words)},
    }


def _rows(counted: Mapping[tuple[str, int], _Asked]) -> list[list[object]]:
    return [
        [name, asked.text, place, asked.times, sorted(asked.askers)[:SEVERAL]]
        for (name, place), asked in counted.items()
    ]
