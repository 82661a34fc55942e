"""Asks a question as a citizen does, and finds out why it is answered so. Nothing is recorded or counted.

The answer is the production's own. What led to it is worked out once more by the same parts: the
understanding, the entries, and the passages as they were read (kb.answering.quoted_answer).
"""

from kb.answering.answerer import Answerer
from kb.answering.asked import with_useful_history
from kb.answering.evidence import weigh_evidence
from kb.answering.in_force import in_force
from kb.answering.quoted_answer import HITS
from kb.answers import Answer, AnswerKind, Ending
from kb.clock import china_today
from kb.controls.rules import CurrentRules, Mode, Rules
from kb.embedding.embedder import Embedder
from kb.faq.matching import Faq, FaqMatch, entries_asked
from kb.hits import Hit, Hits
from kb.models import Question, Status
from kb.question.understanding import Query, Understanding
from kb.staff.permissions import Action, Staff, require
from kb.trials.explanation import Candidate, Explanation, Fate
from kb.trials.words import canned_sentence


class Explaining:
    """Explains answers; keeps nothing."""

    def __init__(
        self,
        *,
        answerer: Answerer,
        understanding: Understanding,
        faq: Faq,
        embedder: Embedder,
        rules: CurrentRules,
    ) -> None:
        self._answerer = answerer
        self._quoting = answerer.quoting
        self._understanding = understanding
        self._faq = faq
        self._embedder = embedder
        self._rules = rules

    def explain(self, staff: Staff, question: Question) -> Explanation:
        """The answer to `question`, and why.

        Raises:
            NotAllowedError: the role may not try questions.
            QuestionError, StoreError, ModelError: as for a citizen's question.
        """
        require(staff, Action.TRY)
        rules = self._rules()
        answer, hits = self._answerer.answer_with_hits(question, HITS, rules)
        asked = with_useful_history(question)
        query = _as_sought(self._understanding.read(asked, china_today()), answer)
        parts = tuple(part.text for part in self._understanding.parts(query))
        is_compound = len(parts) > 1 and answer.kind is not AnswerKind.REFUSED
        read = hits if is_compound else self._read(asked, query, hits, rules)
        is_weighed = read is not None and bool(hits.kept) and not is_compound
        return Explanation(
            question=question,
            answer=answer,
            asked_as=query.text,
            substituted=self._understanding.substituted(asked),
            filters=query.filters,
            parts=parts if is_compound and hits.kept else (),
            candidates=_candidates(hits, read or hits, answer, is_read=is_weighed),
            evidence=weigh_evidence(hits, read=read) if is_weighed else None,
            threshold=rules.threshold,
            entries=self._entries(query, answer),
            canned=canned_sentence(answer.ending),
        )

    def _read(self, asked: Question, query: Query, hits: Hits, rules: Rules) -> Hits | None:
        """The hits as they were read and ordered; None where a look-up in them answers, or none may."""
        if rules.mode is not Mode.ON:
            return None
        usable = in_force(query.text, query.filters, hits)
        read = self._quoting.chosen(asked, query, usable, rules) if usable.kept else usable
        return None if isinstance(read, Answer) else read

    def _entries(self, query: Query, answer: Answer) -> tuple[FaqMatch, ...]:
        """The approved entries that come near the question; none for what asks for nothing."""
        if answer.kind is AnswerKind.COURTESY or answer.ending is Ending.CLOSED:
            return ()
        vector = self._embedder.embed_query(query.text)
        return tuple(entries_asked(query, vector, self._faq, self._embedder))


def _as_sought(query: Query, answer: Answer) -> Query:
    """`query` with the text that was searched for: alone, joined to the question before, or condensed."""
    if answer.rewritten == query.text:
        return query
    follows = answer.rewritten in (query.joined, query.named)
    return query.model_copy(update={"text": answer.rewritten, "follows": follows})


def _candidates(hits: Hits, passages: Hits, answer: Answer, *, is_read: bool) -> tuple[Candidate, ...]:
    """The hits in the order in which an answer was sought in them; those that were dropped come last."""
    ranks = {hit.chunk.id_: rank for rank, hit in enumerate(hits.kept, start=1)}
    sought = {hit.chunk.id_: hit for hit in passages.kept}
    dropped = [hit for hit in hits.kept if hit.chunk.id_ not in sought]
    return tuple(
        Candidate(
            hit=hit,
            rank=ranks.get(hit.chunk.id_, len(ranks) + 1),
            fate=_fate(hit, answer, is_sought=hit.chunk.id_ in sought, is_read=is_read),
        )
        for hit in (*sought.values(), *dropped)
    )


def _fate(hit: Hit, answer: Answer, *, is_sought: bool, is_read: bool) -> Fate:
    if _is_quoted(hit, answer):
        return Fate.QUOTED
    if not is_sought and hit.document.status is not Status.IN_FORCE:
        return Fate.OUTDATED
    if not is_sought or not is_read:
        return Fate.LEFT_OUT
    return Fate.READ if hit.reading is not None else Fate.UNREAD


def _is_quoted(hit: Hit, answer: Answer) -> bool:
    """Whether words of the passage stand among the answer's quotes."""
    span, document = hit.chunk.span, hit.document.id
    return any(
        citation.document_id == document and citation.start < span.end and span.start < citation.end
        for citation in answer.citations
    )
