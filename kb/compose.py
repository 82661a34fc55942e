"""An answer by quoting: choose the words that answer, keep their place.

From the best hits the sentence that holds most of the question's weight is taken; what else is quoted
depends on what the question asks for (its facets):

    who is responsible   measures that name units come first, their bracket (牵头单位…;责任单位…) is quoted
    how many, when       sentences with a number or a date come first
    which, list          the whole list, when the passage is one
    a rule of a law      the whole paragraph (款) when it is short: its exceptions belong to it
"""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum

from kb.models import Citation, Hit, Model, PolicyDocument, Span, viewer_url
from kb.normalise import canonical
from kb.sentences import sentences
from kb.term_weights import share_held

_CLOSE_SCORE = 0.75  # hits below this share of the best score are not quoted from
_CANDIDATES = 4
_FACET_BONUS = 0.3
_HEADING_FACTOR = 0.4  # a heading names the matter and says nothing about it
_NEW_WEIGHT = 0.25  # a further sentence must hold this share of the question's weight not quoted yet
_MAX_SENTENCES = 3
_PARAGRAPH_CHARS = 200
_LIST_CHARS = 700


class Facet(StrEnum):
    """What a question asks for."""

    UNITS = "units"
    NUMBER = "number"
    TIME = "time"
    LIST = "list"


_FACET_PATTERNS: tuple[tuple[Facet, re.Pattern[str]], ...] = (
    (Facet.UNITS, re.compile(r"谁|牵头|责任单位|(哪|什么)(个|些|几个)?(部门|单位|局|机关)|负责|归.{0,4}管")),
    (Facet.TIME, re.compile(r"何时|什么时候|哪天|几月|多久|多长时间|期限|截止|时间|日期|时限")),
    (Facet.TIME, re.compile(r"(多少|几)(天|日|年|个月|个?工作日)")),
    (Facet.NUMBER, re.compile(r"多少|几|多高|多大|比例|金额|标准|名额|人数|数量|支持度|率")),
    (Facet.LIST, re.compile(r"哪些|哪几|包括|分别|有什么")),
    (Facet.LIST, re.compile(r"什么(条件|材料|情形|范围|内容|职责|权利|义务|方式|形式)")),
)
_NUMBER = re.compile(
    r"\d|[一二三四五六七八九十百千万两]+(名|个|日|天|年|月|次|项|倍|元|人|分之|小时|周)|过?半数"
)
_TIME = re.compile(r"\d+ ?[年月日]|底前|[以之]前|期间|工作日|[一二三四五六七八九十]+(日|个月|年)|年内")
_SERIES = re.compile(r"(、[^、，。；]{1,20}){2}")
_EVIDENT: dict[Facet, re.Pattern[str]] = {Facet.NUMBER: _NUMBER, Facet.TIME: _TIME, Facet.LIST: _SERIES}
_ENTRY = re.compile(r"^\s*[(（][一二三四五六七八九十]+[)）]", re.MULTILINE)
_ARTICLE = re.compile(r"^第.{1,8}条")


class Quote(Model):
    """Words chosen from a hit's document."""

    hit: Hit
    span: Span


class _Sentence(Model):
    """A sentence of a hit, in the document's characters, with how well it answers."""

    hit: Hit
    span: Span
    words: frozenset[str]
    score: float


def facets_of(query: str) -> frozenset[Facet]:
    """What a question asks for, by its question words."""
    text = canonical(query)
    return frozenset(facet for facet, pattern in _FACET_PATTERNS if pattern.search(text))


def compose(query: str, weights: Mapping[str, float], hits: Sequence[Hit]) -> list[Quote]:
    """The quotes that answer `query`, in reading order; empty when no sentence holds any of its words."""
    facets = facets_of(query)
    ranked = _rank_sentences(weights, facets, _close(hits))
    if not ranked or not ranked[0].score:
        return []
    best = ranked[0]
    if Facet.LIST in facets and _is_list(best.hit):
        spans = [best.hit.chunk.span]
    elif (paragraph := _short_paragraph(best)) is not None:
        spans = [paragraph]
    else:
        spans = _extend(best, ranked, weights)
    if Facet.UNITS in facets and best.hit.chunk.units_span is not None:
        spans.append(best.hit.chunk.units_span)
    return [Quote(hit=best.hit, span=span) for span in _merge(spans, best.hit)]


def cite(quote: Quote, document: PolicyDocument) -> Citation:
    """The citation of a quote: the only place where one is made."""
    span, chunk = quote.span, quote.hit.chunk
    return Citation(
        document=document.title,
        document_id=document.id,
        number=document.number,
        section=" > ".join(chunk.heading_path),
        page=document.page_of(span.start),
        quote=span.of(document.text),
        start=span.start,
        end=span.end,
        url=viewer_url(document.id, span),
        chunk_id=chunk.id_,
        date=document.dated.isoformat() if document.dated else None,
        status=document.status,
    )


def _close(hits: Sequence[Hit]) -> list[Hit]:
    """The hits worth quoting from."""
    return [hit for hit in hits[:_CANDIDATES] if hit.score >= _CLOSE_SCORE * hits[0].score]


def _rank_sentences(
    weights: Mapping[str, float], facets: frozenset[Facet], hits: Sequence[Hit]
) -> list[_Sentence]:
    """Sentences of `hits`, best first.

    score = (share of weight held, words of title and headings counting half, + bonus for the form asked for)
    times the hit's score.
    """
    ranked: list[_Sentence] = []
    for hit in hits:
        chunk = hit.chunk
        context = canonical("\n".join((chunk.document_title, *chunk.heading_path)))
        own_heading = canonical(chunk.heading_path[-1]) if chunk.heading_path else ""
        for span in sentences(chunk.text):
            text = canonical(span.of(chunk.text))
            own, whole = share_held(weights, text), share_held(weights, f"{context}\n{text}")
            evident = any(f in facets and p.search(text) for f, p in _EVIDENT.items())
            names_units = Facet.UNITS in facets and chunk.units_span is not None
            bonus = _FACET_BONUS * (evident or names_units)
            place = Span(start=chunk.span.start + span.start, end=chunk.span.start + span.end)
            score = ((own + whole) / 2 + bonus * bool(own)) * hit.score
            if text.rstrip("。 ") in (own_heading, canonical(chunk.document_title)):
                score *= _HEADING_FACTOR
            held = frozenset(word for word in weights if word in text)
            ranked.append(_Sentence(hit=hit, span=place, words=held, score=score))
    return sorted(ranked, key=lambda sentence: -sentence.score)


def _extend(best: _Sentence, ranked: Sequence[_Sentence], weights: Mapping[str, float]) -> list[Span]:
    """The best sentence and those of its passage that hold much of what it lacks."""
    spans, held = [best.span], set(best.words)
    total = sum(weights.values()) or 1.0
    for sentence in ranked[1:]:
        gain = sum(weights[word] for word in sentence.words - held) / total
        if sentence.hit is best.hit and gain >= _NEW_WEIGHT and len(spans) < _MAX_SENTENCES:
            spans.append(sentence.span)
            held |= sentence.words
    return spans


def _is_list(hit: Hit) -> bool:
    """Whether a passage is a list of numbered entries that can be shown whole."""
    return len(_ENTRY.findall(hit.chunk.text)) >= 2 and len(hit.chunk.text) <= _LIST_CHARS


def _short_paragraph(sentence: _Sentence) -> Span | None:
    """The paragraph (款) around a sentence of a law, when it is short enough to quote whole."""
    chunk = sentence.hit.chunk
    if not chunk.heading_path or not _ARTICLE.match(chunk.heading_path[-1]):
        return None
    at = sentence.span.start - chunk.span.start
    start = chunk.text.rfind("\n", 0, at) + 1
    end = chunk.text.find("\n", at)
    end = len(chunk.text) if end < 0 else end
    start += len(chunk.text[start:end]) - len(chunk.text[start:end].lstrip())
    if end - start > _PARAGRAPH_CHARS:
        return None
    return Span(start=chunk.span.start + start, end=chunk.span.start + end)


def _merge(spans: Sequence[Span], hit: Hit) -> list[Span]:
    """Spans in reading order, those that touch (white space between at most) joined."""
    merged: list[Span] = []
    text, base = hit.chunk.text, hit.chunk.span.start
    for span in sorted(spans, key=lambda span: span.start):
        if merged and not text[merged[-1].end - base : span.start - base].strip():
            merged[-1] = Span(start=merged[-1].start, end=max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return merged
