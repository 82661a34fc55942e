"""Comparisons that name no law, only years or ages.

    2012年条例和2023年法律有什么区别    旧条例和新条例各列了哪些    新办法比以前多了几天

The matter says which law is meant: what the search finds about it, of the years or ages asked for.
"""

import re
from collections.abc import Sequence, Set

from kb.language.normalise import canonical
from kb.language.word_weights import content_words
from kb.lookup.comparing.compared import asks_to_compare, matter_of, unasked
from kb.models import DocumentSummary, Filters, Model, Status
from kb.retrieval.retriever import Retriever

_KINDS = "(?:条例|办法|规定|细则|规则|法律?|文件|政策|版本?)"
_YEAR = re.compile(rf"(?P<year>(?:19|20)\d\d)年?的?(?:新|旧|老)?版?的?{_KINDS}?")
_NEW = re.compile(rf"(?:新|现行|现在|目前)的?版?的?(?:{_KINDS}|(?=[和与跟同比、]))|现行|现在|目前")
_OLD = re.compile(rf"(?:旧|老|原来?|以前|过去|从前|先前)的?版?的?{_KINDS}?")
_BETWEEN = re.compile(r"[和与跟同、比](?=[,。?\s]|\Z)|(?<=,)[和与跟同、比里中]|相比|比起来|里面?")
_HITS = 20
_NEAR = 0.6  # of the best hit's score: as much about the matter


class Unnamed(Model):
    """A comparison by years or ages alone; `years` are the two asked for, or one, or none."""

    topic: str
    years: tuple[int, ...]


def unnamed(question: str) -> Unnamed | None:
    """The comparison in `question`, which names no law; None when it asks for anything else.

    >>> unnamed("劳动节放假天数，2024年新办法比以前多了几天")
    Unnamed(topic='劳动节放假天数', years=(2024,))
    """
    text = canonical(question)
    if not asks_to_compare(text):
        return None
    years = tuple(sorted({int(found["year"]) for found in _YEAR.finditer(text)}))
    new, old = _NEW.search(text), _OLD.search(text)
    if len(years) != 2 and not (old and (new or len(years) == 1)):
        return None
    rest = unasked(text)
    for words in (_YEAR, _OLD, _NEW, _BETWEEN):
        rest = words.sub(",", rest)
    topic = matter_of(rest)
    return Unnamed(topic=topic, years=years) if content_words(topic) else None


def sides_of(
    asked: Unnamed, retriever: Retriever, visible: Set[str]
) -> tuple[DocumentSummary, DocumentSummary] | None:
    """The older and the newer document that are meant, of the ids in `visible`; None where one is missing."""
    hits = retriever.retrieve(asked.topic, Filters(), _HITS).kept
    best = hits[0].score if hits else 0.0
    near = [hit.document for hit in hits if hit.document.id in visible and hit.score >= _NEAR * best]
    if len(asked.years) == 2:
        sides = [_first(near, year) for year in asked.years]
    else:
        new = _first(near, asked.years[0]) if asked.years else None
        new = new or next((one for one in near if one.status is Status.IN_FORCE), None)
        old = next((one for one in near if one.status is not Status.IN_FORCE and one is not new), None)
        sides = [old, new]
    older, newer = sides
    return (older, newer) if older and newer and older.id != newer.id else None


def _first(documents: Sequence[DocumentSummary], year: int) -> DocumentSummary | None:
    return next((one for one in documents if one.dated and one.dated.year == year), None)
