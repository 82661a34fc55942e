"""From hits to an answer in the documents' own words, or to the refusal that says why there is none.

In force? -> does a look-up in the passages know it? -> what the reader makes of them -> enough evidence? ->
a fact about the document itself, else the words that answer -> does a passage say the point that was asked
for? -> the quoted text with its citations.
"""

from collections.abc import Sequence
from typing import Protocol

from kb.answering.answer_text import QuotedPassage, about, quoted_text
from kb.answering.answerability import unsaid
from kb.answering.asked import is_beside
from kb.answering.document_facts import asks_about_document, document_fact
from kb.answering.evidence import is_enough, weigh_evidence
from kb.answering.in_force import in_force
from kb.answering.quoting import Quote, cite, cite_span, more, quotes_of
from kb.answering.refusal import each_once, refuse, units_of
from kb.answering.table_rows import in_whole_rows
from kb.answers import ENDING_KIND, Answer, Ending
from kb.controls.rules import Rules
from kb.hits import Hits
from kb.models import Question
from kb.question.understanding import Query
from kb.reading.reader import Reader
from kb.reading.verdict import said as verdict_said
from kb.reading.verdict import verdict_of
from kb.retrieval.second_reading import likeliest_first, with_readings
from kb.storage.documents import Documents

HITS = 10  # passages an answer is sought in
UNSAID = 0.3  # confidence at most, when the passage does not say what was asked


class HitLookUp(Protocol):
    """Answers from data in the documents found (tables, lists), or says which passages may be quoted."""

    def look(self, question: Question, query: Query, hits: Hits, rules: Rules) -> Answer | Hits:
        """The answer to `query`; else the hits, perhaps fewer, to quote an answer from."""


class Quoting:
    """Quotes answers from the passages found; `reader` reads the best of them, where there is one."""

    def __init__(
        self,
        documents: Documents,
        reader: Reader | None = None,
        look_ups: Sequence[HitLookUp] = (),
        precedence: HitLookUp | None = None,
    ) -> None:
        self._documents = documents
        self._reader = reader
        self._look_ups = look_ups
        self._precedence = precedence

    def answer(self, question: Question, query: Query, hits: Hits, rules: Rules) -> Answer:
        """The answer that `hits` hold, or a refusal that names why they hold none."""
        if not hits.kept:
            return refuse(question, query, hits, Ending.NO_HITS, 0.0, rules)
        found, hits = hits, in_force(query.text, query.filters, hits)
        chosen = self.chosen(question, query, hits, rules) if hits.kept else hits
        if isinstance(chosen, Answer):
            return chosen
        hits = chosen
        evidence = weigh_evidence(found, read=hits)
        confidence, enough = evidence.confidence, is_enough(evidence.confidence, rules.threshold)
        if not enough and not is_enough(evidence.retrieved, rules.threshold):
            return refuse(question, query, found, Ending.WEAK_EVIDENCE, confidence, rules)
        if not hits.kept:
            return refuse(question, query, found, Ending.ONLY_OUTDATED, confidence, rules)
        fact = self._fact(query, hits)
        quoting = more if query.wants_more else quotes_of
        quotes = [] if fact else quoting(query.text, hits)
        passages = fact or self._passages(query, hits, quotes)
        if not passages:
            return refuse(question, query, hits, Ending.NOTHING_TO_QUOTE, confidence, rules)
        said = "\n".join(passage.citation.quote for passage in passages)
        point = unsaid(query.text, said, *about(passages[0].citation, hits))
        if point is not None:
            return refuse(question, query, hits, Ending.NOT_SAID, min(confidence, UNSAID), rules, point)
        if not enough and not fact:
            return refuse(question, query, found, Ending.WEAK_EVIDENCE, confidence, rules)
        if self._is_beside(query, passages):
            return refuse(question, query, found, Ending.WEAK_EVIDENCE, min(confidence, UNSAID), rules)
        verdict = verdict_of(query.text, quotes[0].hit, quotes[0].core) if quotes else None
        return Answer(
            question=question.text,
            rewritten=query.text,
            kind=ENDING_KIND[Ending.QUOTED],
            ending=Ending.QUOTED,
            text=quoted_text(passages, rules),
            verdict=verdict,
            headline=verdict_said(query.text, verdict) if verdict else None,
            confidence=max(confidence, evidence.retrieved) if fact else confidence,
            citations=tuple(passage.citation for passage in passages),
            departments=each_once(unit for passage in passages for unit in passage.units),
        )

    def chosen(self, question: Question, query: Query, hits: Hits, rules: Rules) -> Answer | Hits:
        """What a look-up answers; else the hits to quote from, read, in that order unless it chose."""
        first = self._precedence.look(question, query, hits, rules) if self._precedence else hits
        looked_up: Answer | Hits = first
        for look_up in self._look_ups:
            if isinstance(looked_up, Answer):
                return looked_up
            looked_up = look_up.look(question, query, looked_up, rules)
        if isinstance(looked_up, Answer):
            return looked_up
        read = with_readings(self._reader, query.text, looked_up)
        if looked_up is not first:
            return read
        read = likeliest_first(read)
        return self._precedence.look(question, query, read, rules) if self._precedence else read

    def _is_beside(self, query: Query, passages: Sequence[QuotedPassage]) -> bool:
        """Whether a follow-up would be answered from a document that knows nothing of its matter."""
        if not query.matter:
            return False
        first = self._documents.get(passages[0].citation.document_id)
        return first is not None and is_beside(query.matter, f"{first.title}\n{first.text}")

    def _fact(self, query: Query, hits: Hits) -> list[QuotedPassage]:
        """What the nearest document says about itself, when the question asks for that."""
        asked = asks_about_document(query.text)
        document = self._documents.get(hits.kept[0].document.id) if asked else None
        span = document_fact(query.text, hits.weights, document) if document else None
        if document is None or span is None:
            return []
        return [QuotedPassage(said=span.of(document.text), citation=cite_span(span, document))]

    def _passages(self, query: Query, hits: Hits, quotes: Sequence[Quote]) -> list[QuotedPassage]:
        """What `quotes` say, with citations; one whose document went away meanwhile is dropped."""
        documents = {quote.hit.chunk.document_id: None for quote in quotes}
        found = {document_id: self._documents.get(document_id) for document_id in documents}
        cited = (
            (whole, document)
            for quote in quotes
            if (document := found[quote.hit.chunk.document_id]) is not None
            for whole in in_whole_rows(quote, document, query.text, hits.weights)
        )
        return [
            QuotedPassage(
                said=quote.core.of(document.text), citation=cite(quote, document), units=units_of([quote.hit])
            )
            for quote, document in cited
        ]
