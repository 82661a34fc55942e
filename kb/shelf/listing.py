"""The list of documents that citizens browse: words, and filters by topic, year, issuer and validity.

Words are looked for in title, number and issuer first, then in the text; letters also in the pinyin of the
title (gjjtl, gongjijin). A document's topics are the one it states (主题分类) and those whose starter
questions it answers, which the caller passes in.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

from kb.language.normalise import canonical, question_key
from kb.language.pinyin import syllables
from kb.models import Model, PolicyDocument, Status
from kb.storage.documents import Documents

LISTED_PAGE = 20
_SHORTEST_PINYIN = 2  # letters
_IN_TITLE, _IN_TEXT = 2, 1  # how well a document fits

Topics = Mapping[str, Sequence[str]]  # document id -> topics


class ListFilter(Model):
    """What a citizen looks for; empty means any."""

    words: str = ""
    topic: str = ""
    year: str = ""
    issuer: str = ""
    status: Status | None = None


class ListedDocument(Model):
    """One line of the list."""

    id: str
    title: str
    number: str | None
    issuer: str | None
    year: str
    dated: str
    status: Status
    topics: tuple[str, ...] = ()


class FilterChoice(Model):
    """One value of a filter, and how many of the documents found have it."""

    value: str
    count: int


class ListPage(Model):
    """A page of the list, newest first (with words: the best first), and what the filters offer."""

    documents: tuple[ListedDocument, ...]
    total: int
    number: int
    pages: int
    topics: tuple[FilterChoice, ...]
    years: tuple[FilterChoice, ...]
    issuers: tuple[FilterChoice, ...]
    statuses: tuple[FilterChoice, ...]


@dataclass(frozen=True)
class _Line:
    """A document with the keys by which words find it."""

    listed: ListedDocument
    key: str
    sounds: str
    initials: str


class Listing:
    """Lists documents; what it read is kept until documents change."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._kept: tuple[int, tuple[_Line, ...]] | None = None

    def page(self, wanted: ListFilter, number: int, excluded: Set[str], topics: Topics) -> ListPage:
        """Page `number` (from 1) of the documents that match `wanted`, without the ids `excluded`."""
        shown = [line for line in self._lines() if line.listed.id not in excluded]
        found = [_with_topics(line.listed, topics) for line in self._matching(shown, wanted.words)]
        total = [one for one in found if _passes(one, wanted)]
        pages = max(1, -(-len(total) // LISTED_PAGE))
        number = min(number, pages)
        start = (number - 1) * LISTED_PAGE
        return ListPage(
            documents=tuple(total[start : start + LISTED_PAGE]),
            total=len(total),
            number=number,
            pages=pages,
            topics=_choices(found, wanted, "topic", lambda one: one.topics),
            years=_choices(found, wanted, "year", lambda one: (one.year,) if one.year else (), newest=True),
            issuers=_choices(found, wanted, "issuer", _organs),
            statuses=_choices(found, wanted, "status", lambda one: (one.status.value,)),
        )

    def _matching(self, lines: Sequence[_Line], words: str) -> list[_Line]:
        """The lines that hold every one of `words`, the best first; all of them without words."""
        keys = list(filter(None, map(question_key, words.split())))
        if not keys:
            return list(lines)
        scores: Counter[str] = Counter()
        for key in keys:
            within = self._documents.documents_with(key) if not key.isascii() or key.isdecimal() else {}
            for line in lines:
                score = _IN_TITLE if _heads(line, key) else _IN_TEXT if line.listed.id in within else 0
                scores[line.listed.id] += score or -_IN_TITLE * len(keys)
        fitting = [line for line in lines if scores[line.listed.id] > 0]
        return sorted(fitting, key=lambda line: -scores[line.listed.id])

    def _lines(self) -> tuple[_Line, ...]:
        revision = self._documents.revision
        if self._kept is None or self._kept[0] != revision:
            heads = sorted(self._documents.heads(), key=lambda head: head.title)
            heads.sort(key=lambda head: head.dated.isoformat() if head.dated else "", reverse=True)
            self._kept = (revision, tuple(map(_line, heads)))
        return self._kept[1]


def _line(head: PolicyDocument) -> _Line:
    listed = ListedDocument(
        id=head.id,
        title=head.title,
        number=head.number,
        issuer=head.issuer,
        year=str(head.dated.year) if head.dated else "",
        dated=head.dated.isoformat() if head.dated else "",
        status=head.status,
        topics=(head.topic,) if head.topic else (),
    )
    sounds = syllables(question_key(head.title))
    return _Line(
        listed=listed,
        key=question_key(f"{head.title} {head.number or ''} {head.issuer or ''}"),
        sounds="".join(sounds),
        initials="".join(sound[:1] for sound in sounds),
    )


def _heads(line: _Line, key: str) -> bool:
    """Whether `key` stands in title, number or issuer, or is the pinyin of words of the title."""
    if key in line.key:
        return True
    is_pinyin = key.isascii() and key.isalpha() and len(key) >= _SHORTEST_PINYIN
    return is_pinyin and (key in line.initials or key in line.sounds)


def _organs(one: ListedDocument) -> tuple[str, ...]:
    """The organs that issued a document together."""
    return tuple(filter(None, (one.issuer or "").split("、")))


def _with_topics(listed: ListedDocument, topics: Topics) -> ListedDocument:
    more = tuple(topic for topic in topics.get(listed.id, ()) if topic not in listed.topics)
    return listed.model_copy(update={"topics": (*listed.topics, *more)}) if more else listed


def _passes(one: ListedDocument, wanted: ListFilter, but: str = "") -> bool:
    """Whether `one` passes the filters of `wanted`, the filter named `but` left aside."""
    return (
        (but == "topic" or not wanted.topic or canonical(wanted.topic) in map(canonical, one.topics))
        and (but == "year" or not wanted.year or one.year == wanted.year)
        and (but == "issuer" or not wanted.issuer or wanted.issuer in _organs(one))
        and (but == "status" or wanted.status is None or one.status is wanted.status)
    )


def _choices(
    found: Iterable[ListedDocument],
    wanted: ListFilter,
    name: str,
    values: Callable[[ListedDocument], Iterable[str]],
    newest: bool = False,
) -> tuple[FilterChoice, ...]:
    """The values of the filter `name` among the documents that pass the others, the most frequent first."""
    counts = Counter(value for one in found if _passes(one, wanted, name) for value in values(one))
    pairs = sorted(counts.items(), reverse=True) if newest else counts.most_common()
    return tuple(FilterChoice(value=value, count=count) for value, count in pairs)
