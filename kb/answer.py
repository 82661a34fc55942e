"""The journey of a question, on one screen.

Normalise -> resolve a follow-up -> retrieve -> enough evidence? -> quote -> answer, else refuse. Every way it
can end is a member of `kb.models.Ending`.
"""

from collections.abc import Mapping
from time import perf_counter

from kb import wording
from kb.compose import Quote, cite, compose
from kb.documents import Documents
from kb.errors import QuestionError
from kb.evidence import weigh_evidence
from kb.models import (
    ENDING_KIND,
    MAX_QUESTION_CHARS,
    Answer,
    Candidate,
    Citation,
    Ending,
    Hits,
    Question,
    Status,
    viewer_url,
)
from kb.retrieve import Retriever, timed
from kb.rewrite import rewrite
from kb.term_weights import TermWeights

HITS = 10  # passages an answer is sought in
_NEAREST = 3  # documents named by a refusal


class Answerer:
    """Answers questions from the documents, or says that they hold no answer."""

    def __init__(
        self,
        documents: Documents,
        retriever: Retriever,
        term_weights: TermWeights,
        synonyms: Mapping[str, str],
    ) -> None:
        self._documents = documents
        self._retriever = retriever
        self._term_weights = term_weights
        self._synonyms = synonyms

    def answer(self, question: Question) -> Answer:
        """The answer to `question`, with its sources.

        Raises:
            QuestionError: the question is empty or longer than MAX_QUESTION_CHARS.
            StoreError, ModelError: the index or the embedding model fails.
        """
        return self.answer_with_hits(question)[0]

    def answer_with_hits(self, question: Question, limit: int = HITS) -> tuple[Answer, Hits]:
        """The answer, and the `limit` best hits it was sought in (at least HITS are looked at)."""
        start = perf_counter()
        check(question)
        query = rewrite(question, self._synonyms)
        hits = self._retriever.retrieve(query, question.filters, max(limit, HITS))
        timings = dict(hits.timings_ms)
        with timed(timings, "answer"):
            answer = self._from_hits(question, query, hits)
        timings["total"] = round((perf_counter() - start) * 1000, 2)
        return answer.model_copy(update={"timings_ms": timings}), hits

    def _from_hits(self, question: Question, query: str, hits: Hits) -> Answer:
        if not hits.kept:
            return refuse(question, query, hits, Ending.NO_HITS, 0.0)
        weights = self._term_weights.weigh(query)
        evidence = weigh_evidence(weights, hits)
        if not evidence.is_enough:
            return refuse(question, query, hits, Ending.WEAK_EVIDENCE, evidence.confidence)
        citations = self._cite(compose(query, weights, hits.kept))
        if not citations:
            return refuse(question, query, hits, Ending.NOTHING_TO_QUOTE, evidence.confidence)
        return Answer(
            question=question.text,
            rewritten=query,
            kind=ENDING_KIND[Ending.QUOTED],
            ending=Ending.QUOTED,
            text=quoted_text(citations),
            confidence=evidence.confidence,
            citations=tuple(citations),
        )

    def _cite(self, quotes: list[Quote]) -> list[Citation]:
        """Citations of `quotes`; one whose document went away meanwhile is dropped."""
        documents = {quote.hit.chunk.document_id: None for quote in quotes}
        found = {document_id: self._documents.get(document_id) for document_id in documents}
        cited = ((quote, found[quote.hit.chunk.document_id]) for quote in quotes)
        return [cite(quote, document) for quote, document in cited if document is not None]


def check(question: Question) -> None:
    """Raise QuestionError for a question that cannot be asked."""
    length = len(question.text.strip())
    if not length:
        raise QuestionError("问题是空的", wording.QUESTION_EMPTY)
    if length > MAX_QUESTION_CHARS:
        sentence = wording.QUESTION_TOO_LONG.format(length=length, limit=MAX_QUESTION_CHARS)
        raise QuestionError(sentence, sentence)


def quoted_text(citations: list[Citation]) -> str:
    """The quotes one below the other; a notice first when the text is no longer in force."""
    lines = [citation.quote for citation in citations]
    first = citations[0]
    if first.status is not Status.IN_FORCE:
        lines.insert(0, wording.OUTDATED.format(title=first.document, status=first.status.value))
    return "\n".join(lines)


def refuse(question: Question, query: str, hits: Hits, ending: Ending, confidence: float) -> Answer:
    """An honest refusal that names the nearest documents."""
    nearest: dict[str, Candidate] = {}
    for hit in hits.kept:
        if len(nearest) < _NEAREST and hit.document.id not in nearest:
            nearest[hit.document.id] = Candidate(
                document=hit.document.title,
                document_id=hit.document.id,
                section=" > ".join(hit.chunk.heading_path),
                url=viewer_url(hit.document.id, hit.chunk.span),
                score=round(hit.score, 4),
            )
    lines = [wording.REFUSAL, wording.REFUSAL_NEXT, *([wording.REFUSAL_NEAREST] if nearest else [])]
    return Answer(
        question=question.text,
        rewritten=query,
        kind=ENDING_KIND[ending],
        ending=ending,
        text="".join(lines),
        confidence=confidence,
        candidates=tuple(nearest.values()),
    )
