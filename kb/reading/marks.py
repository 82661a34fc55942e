"""What the reader marked in a passage, as likelihoods of its sentences and clauses."""

from bisect import bisect_left
from collections.abc import Sequence

from kb.hits import Hit
from kb.models import Span


def marked(hit: Hit, spans: Sequence[Span]) -> list[float] | None:
    """How likely each of `spans` of the passage's text belongs to the answer: the mean over its tokens.

    None where the reader has not read the passage, or nothing of it is marked. What it did not get to read (a
    passage is cut after the last width of kb.reading.pairs) is unlikely.
    """
    if hit.reading is None or not hit.reading.marks:
        return None
    before = len(hit.chunk.indexed_text) - len(hit.chunk.text)
    marks = hit.reading.marks
    ends = [mark.end for mark in marks]
    likelihoods = []
    for span in spans:
        inside = []
        for mark in marks[bisect_left(ends, span.start + before + 1) :]:
            if mark.start >= span.end + before:
                break
            inside.append(mark.likelihood)
        likelihoods.append(sum(inside) / len(inside) if inside else 0.0)
    return likelihoods
