"""Answers questions about a document itself: when it was issued, its number (发文字号), who issued it.

The answer is the line of the document that says so, usually in its head or signature, which a passage search
does not rank first. A question counts as such only if it names the document by much of its title.
"""

import re
from bisect import bisect_left
from collections.abc import Mapping
from datetime import date

from kb.language.normalise import canonical
from kb.language.sentences import sentences
from kb.language.word_weights import share_held
from kb.models import PolicyDocument, Span

_ISSUED = "印发|发布|公布|成文|发文|出台|下发|颁布"
_WHEN = re.compile(
    rf"(?:哪一?天|哪年|何时|什么时候|什么时间|几月几[日号]).{{0,3}}(?:{_ISSUED})|(?:{_ISSUED}).{{0,3}}(?:日期|时间)"
)
_NUMBER = re.compile(r"文号|发文字号|几号文|文件编号")
_BY_WHOM = re.compile(rf"(?:谁|哪个(?:部门|单位|机关)|哪里).{{0,3}}(?:{_ISSUED}|落的?款|署名)|落款")
_NAMED = 0.5  # share of the question's weight that the title must hold
_LOOKED_AT = 10  # lines at either end of the document: its head and its signature
_NEAR = 2_000  # characters: some texts have all their paragraphs on one line
_GAP = r"\s{0,4}"
_FRAME = re.compile(rf"{_ISSUED}|文件|文号|日期|时间|机关|单位|部门")


def asks_about_document(query: str) -> bool:
    """Whether a question may be about a document itself."""
    text = canonical(query)
    return any(pattern.search(text) for pattern in (_WHEN, _NUMBER, _BY_WHOM))


def document_fact(query: str, weights: Mapping[str, float], document: PolicyDocument) -> Span | None:
    """The sentence of `document` that answers a question about the document itself, else None."""
    text = canonical(query)
    topic_weights = {word: weight for word, weight in weights.items() if not _FRAME.search(word)}
    if not topic_weights or share_held(topic_weights, canonical(document.title)) < _NAMED:
        return None
    if _WHEN.search(text):
        issued = document.written_date or document.published_date
        return sentence_with(document, spelt(issued)) if issued else None
    if _NUMBER.search(text) and document.number:
        return sentence_with(document, re.compile(re.escape(document.number)))
    if _BY_WHOM.search(text) and document.issuer:
        return sentence_with(document, re.compile(re.escape(document.issuer)))
    return None


def spelt(day: date) -> re.Pattern[str]:
    """A date as documents write it: 2023年9月4日, 2023-09-04."""
    return re.compile(
        rf"{day.year}{_GAP}[年./-]{_GAP}0?{day.month}{_GAP}[月./-]{_GAP}0?{day.day}(?:{_GAP}日|(?!\d))"
    )


def sentence_with(document: PolicyDocument, pattern: re.Pattern[str]) -> Span | None:
    """The shortest sentence matching `pattern`, the last of equals: the signature, not a mention."""
    places = [place.start() for place in pattern.finditer(document.text)]
    lines: list[Span] = []
    for place in places:
        if not lines or place >= lines[-1].end:
            lines.append(_line(document.text, place))
    lines = [*lines[:_LOOKED_AT], *lines[_LOOKED_AT:][-_LOOKED_AT:]]
    matches = [
        part
        for line in lines
        for part in sentences(document.text, line)
        if bisect_left(places, part.start) < bisect_left(places, part.end)
    ]
    return min(matches, key=lambda part: (part.end - part.start, -part.start), default=None)


def _line(text: str, place: int) -> Span:
    """The line around `place`; of a very long one, the part near it."""
    start = max(text.rfind("\n", 0, place) + 1, place - _NEAR)
    end = text.find("\n", place, place + _NEAR)
    return Span(start=start, end=min(len(text), place + _NEAR) if end < 0 else end)
