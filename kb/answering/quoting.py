"""Answers by quoting: chooses the words that answer and keeps their place in the document.

The sentence of the best hit that holds most of the question's weight is quoted; what else is quoted
depends on what the question asks for (its facets):

    who is responsible   measures that name units come first, their bracket (牵头单位…;责任单位…) is quoted
    how many, when       sentences with a number or a date come first
    which, list          the whole list, when the passage is one
    a rule of a law      the whole article (条) or paragraph (款) when short: its exceptions belong to it
                         two articles that fit about equally are both quoted
    other prose          the run of clauses that most likely is the answer (kb.answering.extent)
"""

import re
from collections.abc import Mapping, Sequence

from kb.answering.extent import extent
from kb.answers import Citation
from kb.hits import Hit, Hits
from kb.language.facets import EVIDENT, Facet, facets_of
from kb.language.normalise import canonical
from kb.language.numerals import DECIMAL
from kb.language.quantities import NumberReader, unit_pattern
from kb.language.sentences import sentences
from kb.language.word_weights import share_held
from kb.models import Model, PolicyDocument, Span, Status, viewer_url
from kb.reading.marks import marked
from kb.retrieval.questions.known import line_known

_CANDIDATES = 4
_CLOSE_SCORE = 0.85  # share of the best score from which a hit may hold the more exact sentence
_TWIN_SCORE = 0.93  # share of the best score from which an article fits equally well
_POINTED = frozenset((Facet.NUMBER, Facet.UNITS))
_FACET_BONUS = 0.3
KNOWN_LINE = 2.0
MARKED = 2.0  # see kb.answering.extent; 1 to 5 measured on the dev part of eval/reader
_HEADING_FACTOR = 0.4  # a heading names the subject and says nothing about it
_NEW_WEIGHT = 0.25  # a further sentence must hold this share of the question's weight not quoted yet
_MAX_SENTENCES = 3
_PARAGRAPH_CHARS = 200
_ARTICLE_CHARS = 260
_LIST_CHARS = 700
_RIVAL_SCORE = 0.9
_FIGURE = re.compile(
    rf"{DECIMAL}|[一二三四五六七八九十百千万]{{1,12}}(?={unit_pattern(NumberReader.QUOTING)})"
)
_ENTRY = re.compile(r"^[^\S\n]*+[(（][一二三四五六七八九十]{1,4}[)）]", re.MULTILINE)
_ARTICLE = re.compile(r"^第.{1,8}条")
_LINE = re.compile(r"[^\s][^\n]*(?<=\S)")


class Quote(Model):
    """Quoted words (`core`) and the source shown around them (`span`), both spans of the hit's document."""

    hit: Hit
    span: Span
    core: Span


class _Sentence(Model):
    """A sentence of a hit (`span` in the document), the question's words it holds, how well it answers."""

    hit: Hit
    span: Span
    words: frozenset[str]
    score: float


def compose(query: str, weights: Mapping[str, float], hits: Sequence[Hit]) -> list[Quote]:
    """The quotes that answer `query`, in reading order, from the best hit that holds any of its words."""
    facets = facets_of(query)
    hits = _most_pointed_first(weights, facets, hits)
    for rank, hit in enumerate(hits[:_CANDIDATES]):
        quotes = _from_hit(weights, facets, hit)
        if quotes:
            twin = next((other for other in hits[rank + 1 : rank + 2] if _is_twin(hit, other)), None)
            return [*quotes, *(_from_hit(weights, facets, twin) if twin else ())]
    return []


def _most_pointed_first(
    weights: Mapping[str, float], facets: frozenset[Facet], hits: Sequence[Hit]
) -> Sequence[Hit]:
    """`hits`; for a number or units, the hit with the best sentence first among hits of about equal score."""
    close = [hit for hit in hits[:_CANDIDATES] if hit.score >= _CLOSE_SCORE * hits[0].score]
    if len(close) < 2 or not facets & _POINTED:
        return hits
    best = max(close, key=lambda hit: hit.score * _best_sentence(weights, facets, hit))
    return [best, *(hit for hit in hits if hit is not best)]


def _best_sentence(weights: Mapping[str, float], facets: frozenset[Facet], hit: Hit) -> float:
    return max((sentence.score for sentence in _rank_sentences(weights, facets, hit)), default=0.0)


def _is_twin(hit: Hit, other: Hit) -> bool:
    """Whether two articles of one law fit a question about equally well: then both are quoted."""
    paths = (hit.chunk.heading_path, other.chunk.heading_path)
    return (
        hit.document.id == other.document.id
        and other.score >= _TWIN_SCORE * hit.score
        and paths[0] != paths[1]
        and all(path and _ARTICLE.match(path[-1]) for path in paths)
    )


def _from_hit(weights: Mapping[str, float], facets: frozenset[Facet], hit: Hit) -> list[Quote]:
    """The quotes of one passage; empty when it holds no word of the question."""
    ranked = _rank_sentences(weights, facets, hit)
    if not ranked or not ranked[0].score:
        return []
    best = ranked[0]
    if Facet.LIST in facets and _is_list(hit):
        spans = [hit.chunk.span]
    elif (paragraph := _short_paragraph(best)) is not None:
        spans = [*_introduction(paragraph, hit), paragraph]
    elif Facet.UNITS not in facets and (part := extent(weights, facets, hit)):
        return [Quote(hit=hit, span=part.span, core=part.core)]
    else:
        spans = _extend(best, ranked, weights)
    if Facet.UNITS in facets and hit.chunk.units_span is not None:
        spans.append(hit.chunk.units_span)
    return [Quote(hit=hit, span=span, core=span) for span in _merge(spans, hit)]


def rivals(query: str, weights: Mapping[str, float], hits: Sequence[Hit], quotes: list[Quote]) -> list[Quote]:
    """Quotes of the next best document in force, when it answers with another number; else empty.

    Only a question for a number or a time can have such a rival, and only a passage that scores nearly
    as high and holds as much of the question can be one.
    """
    facets = facets_of(query)
    if not quotes or not facets & {Facet.NUMBER, Facet.TIME}:
        return []
    first = quotes[0].hit
    others = [
        hit
        for hit in hits
        if hit.document.id != first.document.id
        and hit.document.status is Status.IN_FORCE
        and hit.score >= _RIVAL_SCORE * first.score
        and share_held(weights, canonical(hit.chunk.text)) >= share_held(weights, canonical(first.chunk.text))
    ]
    rival = compose(query, weights, others[:1])
    return rival if rival and _numbers(rival) and not _numbers(rival) & _numbers(quotes) else []


def quotes_of(query: str, hits: Hits) -> list[Quote]:
    """The quotes that answer `query`, then those of another document in force that gives another number."""
    quotes = compose(query, hits.weights, hits.kept)
    return [*quotes, *rivals(query, hits.weights, hits.kept, quotes)]


def more(query: str, hits: Hits) -> list[Quote]:
    """Quotes of what the answer to `query` left out: the rest of its passage, else the next passage."""
    quotes = compose(query, hits.weights, hits.kept)
    used = {quote.hit.chunk.id_ for quote in quotes}
    if sum(quote.span.end - quote.span.start for quote in quotes) < sum(
        len(hit.chunk.text.strip()) for hit in hits.kept if hit.chunk.id_ in used
    ):
        return [whole(quotes[0].hit)]
    return compose(query, hits.weights, [hit for hit in hits.kept if hit.chunk.id_ not in used])


def whole(hit: Hit) -> Quote:
    """A quote of the whole passage of `hit`."""
    return Quote(hit=hit, span=hit.chunk.span, core=hit.chunk.span)


def _numbers(quotes: Sequence[Quote]) -> set[str]:
    """Numbers and times that the quoted words hold."""
    texts = (canonical(quote.hit.chunk.text[_local(quote)]) for quote in quotes)
    return {number for text in texts for number in _FIGURE.findall(text)}


def _local(quote: Quote) -> slice:
    """The place of the quoted words in the passage's text."""
    base = quote.hit.chunk.span.start
    return slice(quote.core.start - base, quote.core.end - base)


def cite(quote: Quote, document: PolicyDocument) -> Citation:
    """The citation of a quote, with its headings and chunk id."""
    chunk = quote.hit.chunk
    citation = cite_span(quote.span, document)
    return citation.model_copy(update={"section": " > ".join(chunk.heading_path), "chunk_id": chunk.id_})


def cite_span(span: Span, document: PolicyDocument) -> Citation:
    """The citation of `span` in `document`; no other function makes one."""
    return Citation(
        document=document.title,
        document_id=document.id,
        number=document.number,
        section="",
        page=(page := document.page_of(span.start)),
        page_label=document.page_label(page),
        quote=span.of(document.text),
        start=span.start,
        end=span.end,
        url=viewer_url(document.id, span),
        chunk_id=None,
        date=document.dated.isoformat() if document.dated else None,
        status=document.status,
        standing=document.standing.sentence if document.standing and document.standing.is_evident else None,
    )


def _rank_sentences(weights: Mapping[str, float], facets: frozenset[Facet], hit: Hit) -> list[_Sentence]:
    """Sentences of `hit`, best first.

    score = share of weight held, words of title and headings counting half, + bonus for the form asked for
            + MARKED x likelihood that it belongs to the answer, where the reader has read the passage
            + KNOWN_LINE x chance that its line answers, where a known question tells
    """
    ranked: list[_Sentence] = []
    chunk = hit.chunk
    context = canonical("\n".join((chunk.document_title, *chunk.heading_path)))
    own_heading = canonical(chunk.heading_path[-1]) if chunk.heading_path else ""
    is_named = share_held(weights, own_heading) > 0
    names_units = Facet.UNITS in facets and chunk.units_span is not None
    spans = sentences(chunk.text)
    read = marked(hit, spans)
    for number, span in enumerate(spans):
        text = canonical(span.of(chunk.text))
        own_share, context_share = share_held(weights, text), share_held(weights, f"{context}\n{text}")
        evident = any(f in facets and p.search(text) for f, p in EVIDENT.items())
        bonus = _FACET_BONUS * (evident or names_units)
        score = (own_share + context_share) / 2 + bonus * (bool(own_share) or is_named)
        if text.rstrip("。 ") in (own_heading, canonical(chunk.document_title)):
            score *= _HEADING_FACTOR
        if read is not None:
            score += MARKED * read[number]
        score += KNOWN_LINE * line_known(hit, span)
        place = Span(start=chunk.span.start + span.start, end=chunk.span.start + span.end)
        words = frozenset(word for word in weights if word in text)
        ranked.append(_Sentence(hit=hit, span=place, words=words, score=score))
    return sorted(ranked, key=lambda sentence: -sentence.score)


def _extend(best: _Sentence, ranked: Sequence[_Sentence], weights: Mapping[str, float]) -> list[Span]:
    """Spans of the best sentence and of sentences in its passage that hold much of the weight it lacks."""
    spans, words = [best.span], set(best.words)
    total = sum(weights.values()) or 1.0
    for sentence in ranked[1:]:
        gain = sum(weights[word] for word in sentence.words - words) / total
        if gain >= _NEW_WEIGHT and len(spans) < _MAX_SENTENCES:
            spans.append(sentence.span)
            words |= sentence.words
    return spans


def _is_list(hit: Hit) -> bool:
    """Whether a passage is a list of numbered entries that can be shown whole."""
    return len(_ENTRY.findall(hit.chunk.text)) >= 2 and len(hit.chunk.text) <= _LIST_CHARS


def _short_paragraph(sentence: _Sentence) -> Span | None:
    """The article (条), else the paragraph (款), around a sentence of a law; None when too long to quote."""
    chunk = sentence.hit.chunk
    if not chunk.heading_path or not _ARTICLE.match(chunk.heading_path[-1]):
        return None
    if len(chunk.text) <= _ARTICLE_CHARS:
        return chunk.span
    at = sentence.span.start - chunk.span.start
    start = chunk.text.rfind("\n", 0, at) + 1
    end = chunk.text.find("\n", at)
    end = len(chunk.text) if end < 0 else end
    if chunk.text[start:end].rstrip().endswith(("：", ":")) and len(chunk.text) - start <= _LIST_CHARS:
        end = len(chunk.text.rstrip())  # what introduces a list says nothing without it
    start += len(chunk.text[start:end]) - len(chunk.text[start:end].lstrip())
    if end - start > max(_PARAGRAPH_CHARS, _LIST_CHARS if "：\n" in chunk.text[start:end] else 0):
        return None
    return Span(start=chunk.span.start + start, end=chunk.span.start + end)


def _introduction(paragraph: Span, hit: Hit) -> list[Span]:
    """The line that introduces the list of which `paragraph` is an entry: it says what that is one of."""
    text, base = hit.chunk.text, hit.chunk.span.start
    if not _ENTRY.match(text, paragraph.start - base):
        return []
    lines = [line for line in _LINE.finditer(text, 0, paragraph.start - base) if not _ENTRY.match(line[0])]
    if not lines or not lines[-1][0].endswith(("：", ":")):
        return []
    return [Span(start=base + lines[-1].start(), end=base + lines[-1].end())]


def _merge(spans: Sequence[Span], hit: Hit) -> list[Span]:
    """`spans` in reading order; spans with at most white space between them are joined."""
    merged: list[Span] = []
    text, base = hit.chunk.text, hit.chunk.span.start
    for span in sorted(spans, key=lambda span: span.start):
        if merged and not text[merged[-1].end - base : span.start - base].strip():
            merged[-1] = Span(start=merged[-1].start, end=max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return merged
