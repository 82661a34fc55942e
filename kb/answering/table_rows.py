"""Quotes from a table in whole rows: a value without the name of its row says something about anything."""

from collections.abc import Mapping

from kb.answering.quoting import Quote
from kb.language.facets import Facet, facets_of
from kb.language.normalise import canonical
from kb.language.word_weights import share_held
from kb.models import PolicyDocument, Span
from kb.tables.grid import table_lines

_ALIKE = 6  # rows that fit a question equally well, quoted together


def in_whole_rows(
    quote: Quote, document: PolicyDocument, query: str, weights: Mapping[str, float]
) -> list[Quote]:
    """`quote`; of a table the rows that it touches, of these those that hold most of the question.

    A question for a list gets all rows that it touches.
    """
    chunk = quote.hit.chunk
    if chunk.section is None or chunk.section >= len(document.sections):
        return [quote]
    if not document.sections[chunk.section].table:
        return [quote]
    rows = [
        row
        for row in table_lines(document.text, chunk.span)
        if row.start < quote.span.end and quote.span.start < row.end
    ]
    if Facet.LIST not in facets_of(query):
        rows = _best(rows, document.text, weights)
        alike = _best([*rows[:1], *table_lines(document.text, chunk.span)], document.text, weights)
        rows = alike if rows and rows[0] in alike and len(alike) <= _ALIKE else rows
    return [quote.model_copy(update={"span": row, "core": row}) for row in _joined(rows)] or [quote]


def _best(rows: list[Span], text: str, weights: Mapping[str, float]) -> list[Span]:
    """Those of `rows` that hold most of the question, each once, in reading order."""
    shares = {row.start: share_held(weights, canonical(row.of(text))) for row in rows}
    best = max(shares.values(), default=0.0)
    found = {row.start: row for row in rows if shares[row.start] == best}
    return [found[start] for start in sorted(found)]


def _joined(rows: list[Span]) -> list[Span]:
    """Neighbouring rows as one span."""
    joined: list[Span] = []
    for row in rows:
        if joined and row.start == joined[-1].end + 1:
            joined[-1] = Span(start=joined[-1].start, end=row.end)
        else:
            joined.append(row)
    return joined
