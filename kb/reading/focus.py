"""The words of a quote that answer: a whole article is quoted, and one sentence of it decides.

The sentence that the reader marks most and that shares most with the question, its clauses that are marked
at least a third as much as the best one; before an item of a list the sentence that opens the list, as
"禁止下列行为：" says what the items mean.
"""

import re

from kb.hits import Hit
from kb.language.normalise import canonical
from kb.language.sentences import clauses, sentences
from kb.models import Span
from kb.reading.marks import marked

_SHARED = 0.5  # weight of the words shared with the question, against the marks
_MARKED = 0.3  # share of the best clause's mark
_FEWEST = 6  # pairs of characters; a shorter sentence shares no more of the question
_ITEM = re.compile(r"[(（]|[一二三四五六七八九十\d]{1,3}[、.．]")
_OPENS = ("：", ":")


def telling_words(question: str, hit: Hit, quoted: Span) -> str:
    """The words within `quoted` (of the document of `hit`, which has been read) that answer `question`."""
    text, base = hit.chunk.text, hit.chunk.span.start
    within = Span(start=max(0, quoted.start - base), end=min(len(text), quoted.end - base))
    found = sentences(text, within)
    marks = marked(hit, found)
    if not found or marks is None:
        return ""
    scores = [
        mark + _SHARED * _shared(canonical(question), canonical(span.of(text)))
        for mark, span in zip(marks, found, strict=True)
    ]
    best = scores.index(max(scores))
    parts = clauses(text, found[best])
    likely = marked(hit, parts) or [0.0] * len(parts)
    least = _MARKED * max(likely)
    words = "".join(part.of(text) for part, mark in zip(parts, likely, strict=True) if mark >= least)
    if not _ITEM.match(found[best].of(text)):
        return words
    opening = next((span.of(text) for span in found[:best][::-1] if span.of(text).endswith(_OPENS)), "")
    return opening + words


def _shared(question: str, sentence: str) -> float:
    """The share of the pairs of characters of `sentence` that `question` holds."""
    pairs = [sentence[place : place + 2] for place in range(len(sentence) - 1)]
    return sum(pair in question for pair in pairs) / max(_FEWEST, len(pairs))
