"""Matches a question against the approved questions and answers (常见问答).

A question that means the same as a wording of an entry gets the entry's answer; a near one gets the entry as
a suggestion. Matching compares every wording cheaply (cosine; character bigrams weighted by rarity), then the
most promising ones closely (kb.language.paraphrase).

Entries may change while questions are matched. A change indexes one segment of at most SEGMENT entries again
and marks the removed entries in the others, so it costs the same at ten entries and at ten thousand.
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
from kb.errors import NotReadyError
from kb.faq.models import FaqEntry, FaqStatus
from kb.language.overlap import Overlaps, highest
from kb.language.paraphrase import Difference, same_meaning
from kb.models import Model
from kb.question.understanding import Query

# From SAME_SCORE on, and without any decisive difference, a question gets the entry's answer; from NEAR_SCORE
# on the entry is suggested. kb.language.paraphrase defines the score. For questions without a word in common
# the two scores are cosines of 0.973 and 0.923 of the bundled model; questions on other subjects mostly
# scored 0.3 or less.
SAME_SCORE = 0.8
NEAR_SCORE = 0.5
SUGGESTIONS = 5  # matches returned at most
SEGMENT = 200  # entries at most in a segment, which is indexed again when one changes
_BY_COSINE, _BY_BIGRAMS = 20, 10  # wordings compared closely
_SUGGESTED = 3  # questions suggested at most
_PATIENCE = 2.0  # seconds a question waits while the index is made
_WAIT = 30  # seconds after which it may be asked again
_PREPARING = "政策问答正在整理常见问答，稍后即可提问；原文查看、解答员电话和留言照常可用。"


class FaqGrade(StrEnum):
    """How near a match is: the same question, or one near enough to suggest."""

    SAME = "same"
    NEAR = "near"


class FaqMatch(Model):
    """An entry that a question resembles, its most similar wording, and the difference that decides."""

    entry: FaqEntry
    wording: str
    score: float = Field(ge=0, le=1)
    grade: FaqGrade
    difference: Difference | None = None


class Faq:
    """The approved entries, indexed for matching.

    `embed` turns questions into vectors, shape [n, size]; it is first called by `match`, `prepare` or
    `replace`. Threads may match while another changes the entries: they see them before or after the change.
    """

    def __init__(self, entries: Sequence[FaqEntry], embed: Callable[[Sequence[str]], Vectors]) -> None:
        self._embed = embed
        self._entries = tuple(entries)
        self._segments: tuple[_Index, ...] | None = None
        self._lock = threading.Lock()

    @property
    def entries(self) -> tuple[FaqEntry, ...]:
        """The entries that are matched; the same tuple until they change."""
        return self._entries

    def replace(self, entries: Sequence[FaqEntry]) -> None:
        """Match `entries` from now on, in place of all others."""
        index = make_index(entries, self._embed)
        with self._lock:
            self._entries, self._segments = index.entries, (index,)

    def update(self, changed: Iterable[FaqEntry], gone: Iterable[str] = ()) -> None:
        """Match `changed` in place of the entries with the same ids, and stop matching the entries `gone`.

        At most one segment is indexed again. Entries in `changed` that are not approved are removed; removed
        entries stop matching before anything is embedded.
        """
        entries = {entry.id: entry for entry in changed}
        ids = {*entries, *gone}
        approved = [entry for entry in entries.values() if entry.status is FaqStatus.APPROVED]
        with self._lock:
            self._entries = tuple(entry for entry in self._entries if entry.id not in ids)
            if self._segments is not None:
                self._segments = tuple(segment.without(ids) for segment in self._segments)
                self._segments = with_entries(self._segments, approved, self._embed)
            self._entries = (*self._entries, *approved)

    def prepare(self) -> None:
        """Make the index now, so that the first question need not wait for it."""
        self._ready(patience=-1)

    def match(self, query: str, query_vector: Vectors, day: date | None) -> tuple[FaqMatch, ...]:
        """Entries valid on `day` (None: any day) that `query` resembles, best first: at most SUGGESTIONS.

        Raises:
            NotReadyError: another thread is making the index: minutes, after a change of the model.
        """
        pairs = [
            (match, cosine)
            for index, position, cosine in shortlist(self._ready(), query, query_vector, day)
            if (match := _grade(query, index.wordings[position], index.entry_of(position), cosine))
        ]
        pairs.sort(key=lambda pair: pair[1], reverse=True)  # `best_of` keeps this order among equal scores
        return best_of(match for match, _ in pairs)

    def _ready(self, patience: float = _PATIENCE) -> tuple["_Index", ...]:
        """The index; while another thread makes it, this one waits for `patience` seconds, for ever if -1."""
        if self._segments is None:
            if not self._lock.acquire(timeout=patience):
                raise NotReadyError(_PREPARING, _PREPARING, _WAIT)
            try:
                if self._segments is None:
                    self._segments = (make_index(self._entries, self._embed),)
            finally:
                self._lock.release()
        return self._segments


def best_of(matches: Iterable[FaqMatch]) -> tuple[FaqMatch, ...]:
    """The best match of each entry, best first: at most SUGGESTIONS."""
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
    """All wordings of some entries, each known by its position; never changed once made."""

    entries: tuple[FaqEntry, ...]
    wordings: tuple[str, ...]
    owners: npt.NDArray[np.int64]  # wording -> its entry
    vectors: Vectors
    valid_from: npt.NDArray[np.int64]  # of each wording, as ordinal days
    valid_until: npt.NDArray[np.int64]
    overlaps: Overlaps  # with each wording
    holds: npt.NDArray[np.bool_]  # whether the wording's entry is still matched

    def entry_of(self, position: int) -> FaqEntry:
        """The entry a wording belongs to."""
        return self.entries[int(self.owners[position])]

    def without(self, ids: Set[str]) -> "_Index":
        """This index with the entries `ids` marked as no longer matched."""
        removed = [position for position, entry in enumerate(self.entries) if entry.id in ids]
        return replace(self, holds=self.holds & ~np.isin(self.owners, removed)) if removed else self

    def living(self) -> list[FaqEntry]:
        """The entries that are still matched."""
        return [self.entries[owner] for owner in np.unique(self.owners[self.holds])]

    def valid(self, day: date | None) -> npt.NDArray[np.bool_]:
        """Which wordings may be matched on `day` (None: any day), shape [wordings]."""
        if day is None:
            return self.holds
        today = day.toordinal()
        return self.holds & (self.valid_from <= today) & (today <= self.valid_until)


def make_index(entries: Sequence[FaqEntry], embed: Callable[[Sequence[str]], Vectors]) -> _Index:
    """The index of the approved entries among `entries`."""
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
    """`segments` with the entries `coming` added: to the last one while it is small, else as a new one."""
    if not coming:
        return segments
    small = [segment.living() for segment in segments[-1:] if len(segment.entries) <= SEGMENT]
    if small and len(small[0]) + len(coming) <= SEGMENT:
        return (*segments[:-1], make_index([*small[0], *coming], embed))
    return (*segments, make_index(coming, embed))


def shortlist(
    segments: Sequence[_Index], query: str, vector: Vectors, day: date | None
) -> list[tuple[_Index, int, float]]:
    """The wordings to compare closely, in index order: each as its segment, position in it, and cosine."""
    usable = [(segment, valid) for segment in segments if (valid := segment.valid(day)).any()]
    if not usable:
        return []
    offsets = list(accumulate((len(valid) for _, valid in usable), initial=0))
    valid = np.concatenate([valid for _, valid in usable])
    cosines = np.concatenate([segment.vectors @ vector for segment, _ in usable])
    overlaps = np.concatenate([segment.overlaps.of(query) for segment, _ in usable])
    by_cosine = highest(np.where(valid, cosines, -1.0), _BY_COSINE)
    by_bigrams = highest(np.where(valid, overlaps, -1.0), _BY_BIGRAMS)
    chosen = sorted({*by_cosine, *by_bigrams})
    places = [(bisect_right(offsets, at) - 1, at) for at in chosen if valid[at]]
    return [(usable[number][0], at - offsets[number], float(cosines[at])) for number, at in places]


def entries_asked(query: Query, vector: Vectors, faq: Faq, embedder: Embedder) -> tuple[FaqMatch, ...]:
    """Approved entries that ask the same as `query` or nearly so, best first; `vector` embeds `query.text`.

    Unless the query's text matches an entry as the same question, the asker's own words are matched too:
    editors write as people speak (公租房), while `query.text` has the documents' word (公共租赁住房).

    Raises:
        ModelError: the embedding model fails.
    """
    if not faq.entries:
        return ()
    today = china_today()
    matches = faq.match(query.text, vector, today)
    if query.own != query.text and not (matches and matches[0].grade is FaqGrade.SAME):
        matches = best_of([*matches, *faq.match(query.own, embedder.embed_query(query.own), today)])
    return matches


def suggestions(matches: Sequence[FaqMatch], answered: str | None) -> tuple[str, ...]:
    """Questions of the entries near to the one asked, without the entry whose answer was `answered`."""
    return tuple(match.entry.question for match in matches if match.entry.answer != answered)[:_SUGGESTED]
