"""Approved questions and answers (常见问答), and which of them a question asks again.

A question that means the same as a wording of an entry gets the entry's answer; a near one gets the entry as
a suggestion. Matching looks at every wording cheaply (cosine; character pairs weighted by how rare they are),
then reads the most promising ones closely (kb.language.paraphrase).

Entries come and go while questions are matched. A change touches one segment of the index, of at most
SEGMENT entries, and a mark beside what no longer holds, so that it costs the same at ten entries and at ten
thousand.
"""

import threading
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from itertools import accumulate

import numpy as np
import numpy.typing as npt
from pydantic import Field

from kb.clock import china_today
from kb.embedding.embedder import Embedder, Vectors
from kb.faq.models import FaqEntry, FaqStatus
from kb.language.overlap import Overlaps
from kb.language.paraphrase import Difference, same_meaning
from kb.models import Model
from kb.question.understanding import Query

# From SAME_SCORE on, and without any decisive difference, a question gets the entry's answer; from NEAR_SCORE
# on the entry is suggested. What the score is made of: kb.language.paraphrase. Without a word in common they are cosines
# of 0.973 and 0.923 of the bundled model; questions on other subjects mostly scored 0.3 or less.
SAME_SCORE = 0.8
NEAR_SCORE = 0.5
SUGGESTIONS = 5  # matches given at most
SEGMENT = 200  # entries that are indexed again when one of them changes
_BY_COSINE, _BY_BIGRAMS = 20, 10  # wordings read closely


class FaqGrade(StrEnum):
    """How near a match is: the same question, or one to suggest."""

    SAME = "same"
    NEAR = "near"


class FaqMatch(Model):
    """An entry a question resembles, the wording that does so most, and what makes them differ."""

    entry: FaqEntry
    wording: str
    score: float = Field(ge=0, le=1)
    grade: FaqGrade
    difference: Difference | None = None


class Faq:
    """The approved entries, ready to be matched.

    `embed` turns questions into vectors, shape [n, size]; it is first called when something is matched or
    `prepare` is. Threads may match while another changes the entries: they see those before or after.
    """

    def __init__(self, entries: Sequence[FaqEntry], embed: Callable[[Sequence[str]], Vectors]) -> None:
        self._embed = embed
        self._entries = tuple(entries)
        self._segments: tuple[_Index, ...] | None = None
        self._lock = threading.Lock()

    @property
    def entries(self) -> tuple[FaqEntry, ...]:
        """The entries matched against; the same object until they change."""
        return self._entries

    def replace(self, entries: Sequence[FaqEntry]) -> None:
        """Match against `entries` from now on."""
        index = make_index(entries, self._embed)
        with self._lock:
            self._entries, self._segments = index.entries, (index,)

    def update(self, changed: Iterable[FaqEntry], gone: Iterable[str] = ()) -> None:
        """Match `changed` in place of what has the same ids, and what has the ids `gone` no more.

        Nothing else is embedded or counted again. What is not approved goes; it has stopped answering before
        anything is embedded.
        """
        entries = {entry.id: entry for entry in changed}
        ids = {*entries, *gone}
        coming = [entry for entry in entries.values() if entry.status is FaqStatus.APPROVED]
        with self._lock:
            self._entries = tuple(entry for entry in self._entries if entry.id not in ids)
            if self._segments is not None:
                self._segments = tuple(segment.without(ids) for segment in self._segments)
                self._segments = with_entries(self._segments, coming, self._embed)
            self._entries = (*self._entries, *coming)

    def prepare(self) -> None:
        """Embed what is not embedded yet, so that the first question need not wait for it."""
        self._ready()

    def match(self, query: str, query_vector: Vectors, day: date | None) -> tuple[FaqMatch, ...]:
        """Entries valid on `day`, or at any time, that `query` asks for, best first: at most SUGGESTIONS."""
        found = [
            (match, cosine)
            for index, position, cosine in shortlist(self._ready(), query, query_vector, day)
            if (match := _grade(query, index.wordings[position], index.entry_of(position), cosine))
        ]
        found.sort(key=lambda pair: pair[1], reverse=True)  # of equal scores the nearer vector first
        return best_of(match for match, _ in found)

    def _ready(self) -> tuple["_Index", ...]:
        segments = self._segments
        if segments is None:
            with self._lock:
                segments = self._segments
                if segments is None:
                    segments = self._segments = (make_index(self._entries, self._embed),)
        return segments


def best_of(matches: Iterable[FaqMatch]) -> tuple[FaqMatch, ...]:
    """Each entry's best match, best first: at most SUGGESTIONS."""
    best: dict[str, FaqMatch] = {}
    for match in sorted(matches, key=lambda m: (m.grade is FaqGrade.SAME, m.score), reverse=True):
        best.setdefault(match.entry.id, match)
    return tuple(best.values())[:SUGGESTIONS]


def _grade(query: str, wording: str, entry: FaqEntry, cosine: float) -> FaqMatch | None:
    likeness = same_meaning(query, wording, cosine)
    if likeness.score < NEAR_SCORE:
        return None
    is_same = likeness.score >= SAME_SCORE and likeness.difference is None
    return FaqMatch(
        entry=entry,
        wording=wording,
        score=likeness.score,
        grade=FaqGrade.SAME if is_same else FaqGrade.NEAR,
        difference=likeness.difference,
    )


@dataclass(frozen=True)
class _Index:
    """Every wording of some entries, never changed once made; a wording is known by its position."""

    entries: tuple[FaqEntry, ...]
    wordings: tuple[str, ...]
    owners: npt.NDArray[np.int64]  # wording -> its entry
    vectors: Vectors
    valid_from: npt.NDArray[np.int64]  # of each wording, as ordinal days
    valid_until: npt.NDArray[np.int64]
    overlaps: Overlaps  # with each wording
    holds: npt.NDArray[np.bool_]  # whether its entry is still to be matched

    def entry_of(self, position: int) -> FaqEntry:
        """The entry a wording belongs to."""
        return self.entries[int(self.owners[position])]

    def without(self, ids: Set[str]) -> "_Index":
        """The same, in which the entries `ids` are not matched any more."""
        gone = [position for position, entry in enumerate(self.entries) if entry.id in ids]
        return replace(self, holds=self.holds & ~np.isin(self.owners, gone)) if gone else self

    def living(self) -> list[FaqEntry]:
        """The entries that are still to be matched."""
        return [self.entries[owner] for owner in np.unique(self.owners[self.holds])]

    def valid(self, day: date | None) -> npt.NDArray[np.bool_]:
        """Which wordings may be matched on `day`, or at any time."""
        if day is None:
            return self.holds
        today = day.toordinal()
        return self.holds & (self.valid_from <= today) & (today <= self.valid_until)


def make_index(entries: Sequence[FaqEntry], embed: Callable[[Sequence[str]], Vectors]) -> _Index:
    """The approved ones among `entries`, embedded and counted."""
    approved = tuple(entry for entry in entries if entry.status is FaqStatus.APPROVED)
    wordings = tuple(wording for entry in approved for wording in entry.wordings)
    owners = [position for position, entry in enumerate(approved) for _ in entry.wordings]
    bounds = [
        ((entry.valid_from or date.min).toordinal(), (entry.valid_until or date.max).toordinal())
        for entry in approved
        for _ in entry.wordings
    ]
    return _Index(
        entries=approved,
        wordings=wordings,
        owners=np.array(owners, dtype=np.int64),
        vectors=embed(wordings) if wordings else np.empty((0, 0), dtype=np.float32),
        valid_from=np.array([first for first, _ in bounds], dtype=np.int64),
        valid_until=np.array([last for _, last in bounds], dtype=np.int64),
        overlaps=Overlaps(wordings),
        holds=np.ones(len(wordings), dtype=np.bool_),
    )


def with_entries(
    segments: tuple[_Index, ...], coming: Sequence[FaqEntry], embed: Callable[[Sequence[str]], Vectors]
) -> tuple[_Index, ...]:
    """`segments` and the entries `coming`: in the last one while it is small, else in a new one."""
    if not coming:
        return segments
    small = [segment.living() for segment in segments[-1:] if len(segment.entries) <= SEGMENT]
    if small and len(small[0]) + len(coming) <= SEGMENT:
        return (*segments[:-1], make_index([*small[0], *coming], embed))
    return (*segments, make_index(coming, embed))


def shortlist(
    segments: Sequence[_Index], query: str, vector: Vectors, day: date | None
) -> list[tuple[_Index, int, float]]:
    """The wordings worth a close look, in their order, with their cosines."""
    held = [(segment, valid) for segment in segments if (valid := segment.valid(day)).any()]
    if not held:
        return []
    firsts = list(accumulate((len(valid) for _, valid in held), initial=0))
    valid = np.concatenate([valid for _, valid in held])
    cosines = np.concatenate([segment.vectors @ vector for segment, _ in held])
    overlaps = np.concatenate([segment.overlaps.of(query) for segment, _ in held])
    by_cosine = _highest(np.where(valid, cosines, -1.0), _BY_COSINE)
    by_bigrams = _highest(np.where(valid, overlaps, -1.0), _BY_BIGRAMS)
    chosen = sorted({*by_cosine, *by_bigrams})
    found = [(bisect_right(firsts, at) - 1, at) for at in chosen if valid[at]]
    return [(held[number][0], at - firsts[number], float(cosines[at])) for number, at in found]


def _highest(scores: Vectors, count: int) -> list[int]:
    """Positions of the `count` highest scores, in no order."""
    if len(scores) <= count:
        return list(range(len(scores)))
    return [int(position) for position in np.argpartition(-scores, count)[:count]]


def entries_asked(query: Query, vector: Vectors, faq: Faq, embedder: Embedder) -> tuple[FaqMatch, ...]:
    """Approved entries that ask the same as `query` or nearly so, best first; `vector` is that of its text.

    They are sought in the documents' words and the asker's own: editors write as people speak (公租房), and
    the query says 公共租赁住房 by then.

    Raises:
        ModelError: the embedding model fails.
    """
    if not faq.entries:
        return ()
    today = china_today()
    found = faq.match(query.text, vector, today)
    if query.own != query.text and not (found and found[0].grade is FaqGrade.SAME):
        found = best_of([*found, *faq.match(query.own, embedder.embed_query(query.own), today)])
    return found
