"""How much of a passage to quote: the run of clauses that most likely is the answer (pure functions).

Every clause gets a likelihood of belonging to the answer, logistic(START + sum of the weights below). The
weights depend on where it stands relative to the clause that holds most of the question, and on what it says.
The run with the largest sum of length x (likelihood - floor) is quoted: a clause above the floor raises the
sum, a clause below it lowers the sum. The weights are round numbers set by hand on ncp_dev,
docs/decisions/0008-extent.md.
"""

import math
import re
from collections.abc import Mapping, Sequence

from kb.hits import Chunk, Hit
from kb.language.facets import EVIDENT, Facet
from kb.language.normalise import canonical
from kb.language.sentences import clauses, sentences
from kb.language.word_weights import share_held
from kb.models import Model, Span
from kb.reading.marks import marked
from kb.retrieval.questions.known import line_known

KNOWN_LINE = 0.8
MARKS = 0.7  # share of the reader's say, where it has read the passage
NEAR_BEST = 0.5  # a reader unsure of all clauses raises none above the floor: then this share of the best is
FLOOR_OPEN, FLOOR_POINT = 0.3, 0.35  # a point (how many, when) is answered by few words
_START = -3.0
_SENTENCE_HELD = 1.0  # share of the question that the clause's sentence holds
_NEW_HELD = 1.0  # share of the question that the sentence holds and the title does not
_EVIDENT = 2.0  # a number, date or telephone number, where one is asked for
_HEADING_HELD = 3.0  # share that the headings hold: the text below a heading is about its subject
_OPEN = 1.0
_SEVERAL = 1.0  # questions with which or how: several clauses answer
_BEST = 1.0  # the clause that holds most of the question, unless a list is asked for
_AFTER, _BEFORE = 1.0, -0.5  # after and before that clause in its sentence
_NEXT = 0.5  # in one of the two sentences that follow
_EARLIER = -1.0  # in an earlier sentence
_REPORT = -0.5  # 记者获悉, 日前: the frame of a report
_RIVAL = -1.0  # x the share that the best clause holds: if it says all, others need more

_REPORTED = re.compile(r"记者|获悉|近日|日前|据悉|表示|介绍")
_POINTS = (Facet.NUMBER, Facet.TIME, Facet.CONTACT)
_NEAR = 2  # sentences
_HALF = 0.8  # the sentence's share beside the clause's own, to find the best clause


class Extent(Model):
    """The words to quote (`core`) and the source to show (`span`, whole sentences), in the document."""

    core: Span
    span: Span


class _Clause(Model):
    span: Span  # in the passage
    sentence: int
    own: float  # share of the question that the clause holds
    held: float  # share that its sentence holds
    new: float  # share that its sentence holds and the title does not
    text: str


def extent(weights: Mapping[str, float], facets: frozenset[Facet], hit: Hit) -> Extent | None:
    """The part of the passage to quote; None when no clause holds a word of the question."""
    chunk = hit.chunk
    parts = sentences(chunk.text)
    candidates = list(_clauses(weights, chunk, parts))
    if not candidates or not any(clause.own for clause in candidates):
        return None
    likelihoods = _likelihoods(candidates, weights, facets, chunk)
    read = marked(hit, [clause.span for clause in candidates])
    if read is not None:
        likelihoods = [(1 - MARKS) * a + MARKS * b for a, b in zip(likelihoods, read, strict=True)]
    known = [KNOWN_LINE * line_known(hit, clause.span) for clause in candidates]
    likelihoods = list(map(max, likelihoods, known))
    floor = _floor(facets)
    if read is not None:
        floor = min(floor, NEAR_BEST * max(likelihoods))
    first, last = _best_run(candidates, likelihoods, floor)
    source = Span(start=parts[candidates[first].sentence].start, end=parts[candidates[last].sentence].end)
    core = (
        Span(start=candidates[first].span.start, end=candidates[last].span.end)
        if _is_point(facets)
        else source
    )
    return Extent(core=_in_document(core, chunk), span=_in_document(source, chunk))


def _is_point(facets: frozenset[Facet]) -> bool:
    return any(facet in facets for facet in _POINTS)


def _floor(facets: frozenset[Facet]) -> float:
    return FLOOR_POINT if _is_point(facets) else FLOOR_OPEN


def _in_document(span: Span, chunk: Chunk) -> Span:
    return Span(start=chunk.span.start + span.start, end=chunk.span.start + span.end)


def _clauses(weights: Mapping[str, float], chunk: Chunk, parts: Sequence[Span]) -> list[_Clause]:
    """The clauses of `chunk`, each with the shares of the question that it and its sentence hold."""
    title = canonical(chunk.document_title)
    new = {word: weight for word, weight in weights.items() if word not in title}
    share_new = sum(new.values()) / (sum(weights.values()) or 1.0)
    texts = [canonical(part.of(chunk.text)) for part in parts]
    sentence_shares = [(share_held(weights, text), share_held(new, text) * share_new) for text in texts]
    candidates: list[_Clause] = []
    place = 0
    for span in clauses(chunk.text):
        while place + 1 < len(parts) and span.start >= parts[place].end:
            place += 1
        text = canonical(span.of(chunk.text))
        if any(character.isalnum() for character in text):
            own = share_held(weights, text)
            sentence_share, new_share = sentence_shares[place]
            candidates.append(
                _Clause(span=span, sentence=place, own=own, held=sentence_share, new=new_share, text=text)
            )
    return candidates


def _likelihoods(
    found: Sequence[_Clause], weights: Mapping[str, float], facets: frozenset[Facet], chunk: Chunk
) -> list[float]:
    """Likelihood (0 to 1) that a clause belongs to the answer, for each clause."""
    best = max(range(len(found)), key=lambda place: found[place].own + _HALF * found[place].held)
    common = (
        _START
        + _HEADING_HELD * share_held(weights, canonical(" ".join(chunk.heading_path)))
        + _RIVAL * (found[best].own + _HALF * found[best].held)
    )
    strengths = []
    for place, clause in enumerate(found):
        evident = any(facet in facets and EVIDENT[facet].search(clause.text) for facet in _POINTS)
        strength = common + _SENTENCE_HELD * clause.held + _NEW_HELD * clause.new + _EVIDENT * evident
        strength += _OPEN * (not _is_point(facets)) + _SEVERAL * (Facet.LIST in facets)
        strength += _place(place, best, found)
        strength += _BEST * (place == best and Facet.LIST not in facets)
        strength += _REPORT * bool(_REPORTED.search(clause.text))
        strengths.append(1 / (1 + math.exp(-strength)))
    return strengths


def _place(place: int, best: int, found: Sequence[_Clause]) -> float:
    """What clause number `place` gains from its position relative to the best clause, number `best`."""
    distance = found[place].sentence - found[best].sentence
    if distance == 0:
        return _AFTER if place > best else _BEFORE if place < best else 0.0
    if distance < 0:
        return _EARLIER
    return _NEXT if distance <= _NEAR else 0.0


def _best_run(found: Sequence[_Clause], likelihoods: Sequence[float], floor: float) -> tuple[int, int]:
    """First and last clause of the run worth most (maximum subarray sum, Kadane's algorithm)."""
    best, current, start, run = -math.inf, 0.0, 0, (0, 0)
    for place, (clause, likelihood) in enumerate(zip(found, likelihoods, strict=True)):
        worth = (clause.span.end - clause.span.start) * (likelihood - floor)
        if current <= 0:
            current, start = worth, place
        else:
            current += worth
        if current > best:
            best, run = current, (start, place)
    return run
