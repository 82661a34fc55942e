"""Reading rows -> examples with the hits of the product's own retrieval: the negatives met in use.

A hit of the row's document answers when it holds most of the answer's characters at the place where the row
found them; whether the same words elsewhere answer, nobody can say. A hit of another document that holds the
whole evidence answers too.
"""

from collections.abc import Iterable, Iterator, Mapping

from eval.train.examples import Example, Passage, all_found, found_in
from eval.train.rows import Row
from kb.hits import Chunk, Hit
from kb.models import Filters, Span
from kb.retrieval.retriever import Retriever
from kb.storage.documents import Documents

HITS = 10
_TELLING = 12  # characters of an answer that another passage does not hold by chance
_COPY = 60  # characters of evidence that only a copy of the document holds


def with_hits(
    rows: Iterable[Row], *, retriever: Retriever, documents: Documents, ids: Mapping[str, str]
) -> Iterator[Example]:
    """Each row with its labelled hits, and with the passage that answers where retrieval missed it.

    `ids` gives the document's id in the knowledge base for a row's `doc_id`.
    """
    for row in rows:
        document_id = ids[row.doc_id]
        document = documents.get(document_id)
        if document is None:
            continue
        places = answer_places(row, document.text)
        hits = retriever.retrieve(row.question, Filters(), HITS)
        passages = [_labelled(hit, row, document_id, places) for hit in hits.kept]
        if row.answerable and not any(passage.label == 1 for passage in passages):
            passages += _missed(row, documents.chunks_of(document_id), places)
        if passages:
            yield Example(
                qid=row.qid,
                group=row.doc_id,
                question=row.question,
                kind=row.kind,
                verdict=row.verdict,
                passages=tuple(passages),
            )


def answer_places(row: Row, text: str) -> tuple[Span, ...]:
    """Where the answer stands in the document's text; empty when reading has changed it."""
    evidence = found_in(row.evidence, text)
    if evidence is None:
        return ()
    inside = all_found(row.answer, evidence.of(text)) or ()
    return tuple(Span(start=evidence.start + one.start, end=evidence.start + one.end) for one in inside)


def _shown(chunk: Chunk) -> tuple[str, int]:
    """The text that the reader gets of a chunk, and where the chunk's own text begins in it."""
    shown = chunk.indexed_text
    return shown, len(shown) - len(chunk.text)


def _held(chunk: Chunk, places: Iterable[Span]) -> list[Span]:
    """The parts of `places` (in the document) that the chunk holds, in the text that is shown."""
    _, before = _shown(chunk)
    held = []
    for place in places:
        start, end = max(place.start, chunk.span.start), min(place.end, chunk.span.end)
        if start < end:
            held.append(Span(start=before + start - chunk.span.start, end=before + end - chunk.span.start))
    return held


def _labelled(hit: Hit, row: Row, document_id: str, places: tuple[Span, ...]) -> Passage:
    label, spans = judged(hit.chunk, row, document_id, places)
    return Passage(
        text=_shown(hit.chunk)[0],
        label=label,
        spans=tuple(spans),
        score=round(hit.score, 4),
        signals={signal.value: round(value, 4) for signal, value in hit.signals.items()},
    )


def judged(
    chunk: Chunk, row: Row, document_id: str, places: tuple[Span, ...]
) -> tuple[int | None, list[Span]]:
    """Whether `chunk` answers `row` (1, 0, None for nobody knows), and with which words of the shown text."""
    if not row.answerable:
        return 0, []
    if chunk.document_id == document_id and places:
        held = _held(chunk, places)
        share = sum(s.end - s.start for s in held) / sum(s.end - s.start for s in places)
        if share >= 0.5:
            return 1, held
        if held:
            return None, []
    _, before = _shown(chunk)
    same_words = all_found(row.answer, chunk.text)
    if same_words and len(row.evidence) >= _COPY and found_in(row.evidence[:_COPY], chunk.text):
        return 1, [Span(start=before + s.start, end=before + s.end) for s in same_words]
    if same_words and (chunk.document_id == document_id or sum(map(len, row.answer)) >= _TELLING):
        return None, []
    return 0, []


def _missed(row: Row, chunks: Iterable[Chunk], places: tuple[Span, ...]) -> list[Passage]:
    """The passage of the row's document that answers, as retrieval did not find it."""
    total = sum(s.end - s.start for s in places)
    for chunk in chunks:
        held = _held(chunk, places)
        if total and sum(s.end - s.start for s in held) / total >= 0.5:
            return [Passage(text=_shown(chunk)[0], label=1, spans=tuple(held))]
    return []
