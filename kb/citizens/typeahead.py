"""Suggestions while a citizen types: approved questions, starter questions and headings of documents.

Texts that contain the typed characters come first, then texts whose pinyin contains the typed letters (zwgk,
zhengwu), then texts that share enough character bigrams. Punctuation, full-width and traditional characters
make no difference.
"""

from collections.abc import Iterable, Iterator, MutableMapping, Sequence, Set
from datetime import date
from enum import StrEnum
from itertools import accumulate

import numpy as np

from kb.faq.models import FaqEntry, FaqStatus
from kb.language.joined_texts import JoinedTexts
from kb.language.normalise import question_key
from kb.language.overlap import Overlaps
from kb.language.pinyin import syllables
from kb.models import DocumentSummary, Model, PolicyDocument, Section, Span, Status, viewer_url
from kb.storage.documents import Documents

_SHORTEST_HEADING, _LONGEST_HEADING = 5, 40  # characters; 总则 says nothing, a longer one is a sentence
_ENOUGH_SHARED = 0.3
_SHORTEST_PINYIN = 2  # letters
_CURRENT = (Status.IN_FORCE, Status.AMENDED)


class SuggestionKind(StrEnum):
    """What a suggestion is: a question to ask, or a place to read."""

    FAQ = "faq"
    STARTER = "starter"
    HEADING = "heading"


_ORDER = (SuggestionKind.FAQ, SuggestionKind.STARTER, SuggestionKind.HEADING)


class Suggestion(Model):
    """A suggestion to pick instead of typing further; headings have their document's title and place."""

    text: str
    kind: SuggestionKind
    document: str | None = None
    url: str | None = None


class Typeahead:
    """Suggestions and the wordings that find them; never changed once made."""

    def __init__(self, wordings: Iterable[tuple[str, Suggestion]]) -> None:
        keyed = [(key, suggestion) for text, suggestion in wordings if (key := question_key(text))]
        keyed.sort(key=lambda pair: (_ORDER.index(pair[1].kind), len(pair[0])))
        self._suggestions = [suggestion for _, suggestion in keyed]
        keys = [key for key, _ in keyed]
        pinyin = [syllables(key) for key in keys]
        self._keys = JoinedTexts(keys)
        self._initials = JoinedTexts(["".join(syllable[:1] for syllable in parts) for parts in pinyin])
        self._sounds = JoinedTexts(["".join(parts) for parts in pinyin])
        self._syllables = [frozenset(accumulate(map(len, parts), initial=0)) for parts in pinyin]
        self._overlaps = Overlaps(keys)

    def find(self, typed: str, limit: int) -> tuple[Suggestion, ...]:
        """At most `limit` suggestions for the text typed so far, best first; questions before headings."""
        key = question_key(typed)
        suggestions: dict[str, Suggestion] = {}
        for ways in (self._holding, self._sounding, self._sharing) if key else ():
            for position in ways(key):
                suggestion = self._suggestions[position]
                suggestions.setdefault(suggestion.text, suggestion)
                if len(suggestions) == limit:
                    return tuple(suggestions.values())
        return tuple(suggestions.values())

    def _holding(self, key: str) -> list[int]:
        """Positions of the texts that contain `key`; texts that begin with it come first."""
        places = sorted(self._keys.places(key), key=lambda place: place[1] > 0)
        return [position for position, _ in places]

    def _sounding(self, key: str) -> Iterator[int]:
        """Positions of the texts whose pinyin contains the letters, starting at a syllable."""
        if key.isascii() and key.isalpha() and len(key) >= _SHORTEST_PINYIN:
            yield from (position for position, _ in self._initials.places(key))
            for position, offset in self._sounds.places(key):
                if offset in self._syllables[position]:
                    yield position

    def _sharing(self, key: str) -> Iterator[int]:
        """Positions of the texts that share enough character bigrams, highest share first."""
        shares = self._overlaps.of(key)
        enough = np.flatnonzero(shares >= _ENOUGH_SHARED)
        yield from map(int, enough[np.argsort(-shares[enough], kind="stable")])


def make_typeahead(
    entries: Sequence[FaqEntry],
    documents: Documents,
    day: date,
    excluded: Set[str] = frozenset(),
    starters: Iterable[str] = (),
    read: MutableMapping[DocumentSummary, tuple[Suggestion, ...]] | None = None,
) -> Typeahead:
    """Suggestions from the entries that answer on `day`, `starters` and the headings of current documents.

    Current are documents in force or amended (现行有效, 已修改); documents in `excluded` (ids) are skipped.
    `read` keeps the headings of documents from one call to the next: only changed ones are read again.
    """
    read = {} if read is None else read
    questions = [
        (wording, Suggestion(text=entry.question, kind=SuggestionKind.FAQ))
        for entry in entries
        if entry.status is FaqStatus.APPROVED and entry.holds_on(day)
        for wording in entry.wordings
    ]
    asked = {question_key(wording) for wording, _ in questions}
    questions += [
        (starter, Suggestion(text=starter, kind=SuggestionKind.STARTER))
        for starter in starters
        if question_key(starter) not in asked
    ]
    headings: dict[str, Suggestion] = {}
    shown = [one for one in documents.summaries() if one.status in _CURRENT and one.id not in excluded]
    for gone in read.keys() - set(shown):
        del read[gone]
    for summary in shown:
        if summary not in read:
            document = documents.get(summary.id)
            read[summary] = tuple(headings_of(document)) if document else ()
        for heading in read[summary]:
            headings.setdefault(question_key(heading.text), heading)
    return Typeahead([*questions, *((heading.text, heading) for heading in headings.values())])


def headings_of(document: PolicyDocument) -> Iterator[Suggestion]:
    """The title of a document and its headings without numbering, each with its place."""
    yield _heading(document, document.title, Span(start=0, end=0))
    for section in document.sections:
        text = section.heading.strip(" 　。；：.;:")
        if _SHORTEST_HEADING <= len(text) <= _LONGEST_HEADING:
            yield _heading(document, text, _place(document, section, text))


def _heading(document: PolicyDocument, text: str, place: Span) -> Suggestion:
    return Suggestion(
        text=text,
        kind=SuggestionKind.HEADING,
        document=document.title,
        url=viewer_url(document.id, place),
    )


def _place(document: PolicyDocument, section: Section, text: str) -> Span:
    """The span of a heading with its numbering, without the text under it."""
    start = section.span.start
    at = document.text.find(text, start, section.span.end)
    return section.span if at < 0 else Span(start=start, end=at + len(text))
