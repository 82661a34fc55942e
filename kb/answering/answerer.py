"""The journey of a question, on one screen.

Nothing asked (您好)? -> switched off? -> understand (spelling, follow-up, lay words, time) -> an approved FAQ
entry that asks the same? -> something to look up (all tasks of a unit)? -> retrieve -> enough evidence? -> in
force? -> quote -> with a language model, generate from the passages quoted and check -> answer, else refuse.
Every way it can end is a member of `kb.answers.Ending`.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from functools import partial
from time import monotonic
from typing import NamedTuple, Protocol

from kb.answering.answer_text import first_line, together
from kb.answering.asked import as_it_goes_on, check, with_useful_history
from kb.answering.generating import Asked, Generating
from kb.answering.in_force import in_force
from kb.answering.quoted_answer import HITS, HitLookUp, Quoting
from kb.answering.quoting import cite_span
from kb.answering.refusal import closed
from kb.answers import ENDING_KIND, Answer, AnswerKind, Citation, Clarifying, Ending, Piece
from kb.clock import china_today
from kb.controls.rules import CurrentRules, Mode, Rules
from kb.embedding.embedder import Embedder, Vectors
from kb.faq.matching import Faq, FaqGrade, FaqMatch, entries_asked, suggestions
from kb.faq.models import FaqEntry
from kb.hits import Hits, in_turn
from kb.models import Question
from kb.question.condense import Condensing
from kb.question.understanding import Query, Understanding
from kb.reading.reader import Reader
from kb.retrieval.retriever import Retriever, added, timed
from kb.storage.documents import Documents

_UNFOUND = (Ending.NO_HITS, Ending.WEAK_EVIDENCE)  # perhaps only because the question leans on others
Answering = Generator[Piece, None, tuple[Answer, Hits]]


class _Result(NamedTuple):
    """An answer, the hits it was sought in, and the query they were found with."""

    query: Query
    hits: Hits
    answer: Answer


class LookUp(Protocol):
    """Answers questions that name what is to be looked up, without a search."""

    def answer(self, question: Question, query: Query, rules: Rules) -> Answer | None:
        """The answer to `query`, which was read from `question`; None when it asks for anything else."""


Courtesy = Callable[[Question, Rules], Answer | None]  # what is said to a text that asks for nothing
WhomToAsk = Callable[[Answer], Answer]  # adds the departments responsible, and their contacts
Clarify = Callable[[Question, Answer, Hits, Rules], Clarifying | None]  # what is asked back beside an answer


class Answerer:
    """Answers questions from the documents, or says that they hold no answer."""

    def __init__(
        self,
        documents: Documents,
        embedder: Embedder,
        faq: Faq,
        retriever: Retriever,
        understanding: Understanding,
        responsible: WhomToAsk,
        look_ups: Sequence[LookUp],
        hit_look_ups: Sequence[HitLookUp] = (),
        precedence: HitLookUp | None = None,
        courtesies: Courtesy = lambda question, rules: None,
        clarify: Clarify = lambda question, answer, hits, rules: None,
        reader: Reader | None = None,
        rules: CurrentRules = Rules,
        generating: Generating | None = None,
        condensing: Condensing | None = None,
    ) -> None:
        self._documents = documents
        self._embedder = embedder
        self._faq = faq
        self._retriever = retriever
        self._understanding = understanding
        self._responsible = responsible
        self._look_ups = look_ups
        self._courtesies = courtesies
        self._clarify = clarify
        self._reader = reader
        self._rules = rules
        self._generating = generating
        self._condensing = condensing
        self.quoting = Quoting(documents, reader, hit_look_ups, precedence)

    def answer(self, question: Question) -> Answer:
        """The answer to `question`, with its sources.

        Raises:
            QuestionError: the question is empty or longer than MAX_QUESTION_CHARS.
            StoreError, ModelError: the index or the embedding model fails.
        """
        return self.answer_with_hits(question)[0]

    def quote(self, question: Question) -> Answer:
        """The answer to `question` without the language model: at once, and the same every time."""
        return self.ask_quoting(question)[0]

    def ask_quoting(self, question: Question) -> tuple[Answer, Hits]:
        """The answer to `question` without the language model, and the hits it was sought in."""
        return self.answer_with_hits(question, quoting=True)

    def answer_with_hits(
        self, question: Question, limit: int = HITS, rules: Rules | None = None, *, quoting: bool = False
    ) -> tuple[Answer, Hits]:
        """The answer, and the `limit` best hits it was sought in (at least HITS are looked at).

        There are no hits where an approved FAQ entry or a look-up answers. `rules` are those that hold now,
        unless others are to be tried; `quoting`: without language model.
        """
        return finished(self.answering(question, limit, rules, quoting=quoting))

    def answering(
        self, question: Question, limit: int = HITS, rules: Rules | None = None, *, quoting: bool = False
    ) -> Answering:
        """Answer as `answer_with_hits` does; yield the words of a generated answer as they pass their checks.

        Together they are its text; any other answer comes whole, as what is returned.
        """
        start = monotonic()
        rules = rules or self._rules()
        check(question, rules)
        typed, question = question.text, with_useful_history(question)
        if (said := self._courtesies(question, rules)) is not None:
            return _timed(said.model_copy(update={"question": typed}), start), Hits()
        if rules.mode is not Mode.ON:
            return self._closed(question.model_copy(update={"text": typed}), limit, rules)
        timings: dict[str, float] = {}
        with timed(timings, "understand"):
            query = self._understanding.read(question, china_today())
        with timed(timings, "embed"):
            vector = self._embedder.embed_query(query.text)
        with timed(timings, "faq"):
            matches = entries_asked(query, vector, self._faq, self._embedder)
        result = self._from_faq(question, query, matches, rules) or self._looked_up(question, query, rules)
        if result is None:
            result = self._from_documents(question, query, vector, rules, max(limit, HITS), timings)
        if result.answer.ending in _UNFOUND and self._condensing is not None and not quoting:
            alone = self._condensing.condense(question, start)
            result = (alone and self._asked_alone(question, alone, rules, max(limit, HITS))) or result
        query, hits, answer = result.query, result.hits, result.answer
        if self._generating is not None and answer.ending is Ending.QUOTED and not quoting:
            usable = in_force(query.text, query.filters, hits)
            asked = Asked(
                question=question, query=query, hits=usable, quoted=answer, rules=rules, started=start
            )
            answer = yield from self._generating.write(asked)
        answer = answer.model_copy(
            update={
                "question": typed,
                "clarifying": self._clarify(question, answer, hits, rules),
                "headline": answer.headline or first_line(answer, query.text, hits.weights),
            }
        )
        return self._completed(
            answer, query, matches, added(timings, answer.timings_ms, hits.timings_ms), start
        ), hits

    def _completed(
        self,
        answer: Answer,
        query: Query,
        matches: Sequence[FaqMatch],
        timings: Mapping[str, float],
        start: float,
    ) -> Answer:
        """`answer` with contacts, suggestions, corrections, and how long it took since `start`."""
        total = round((monotonic() - start) * 1000, 2)
        return self._responsible(answer).model_copy(
            update={
                "timings_ms": {**timings, "total": total},
                "corrections": query.corrections,
                "suggestions": suggestions(matches, answer.text if answer.ending is Ending.FAQ else None),
                "topic": query.carried if answer.rewritten == query.text else None,
            }
        )

    def _from_documents(
        self,
        question: Question,
        query: Query,
        vector: Vectors,
        rules: Rules,
        limit: int,
        timings: dict[str, float],
    ) -> _Result:
        """What the documents answer to `query`, whose text has `vector`; `limit` hits are looked at."""
        if (compound := self._in_parts(question, query, rules, limit)) is not None:
            return compound
        query, hits = self._search(question, query, vector, limit)
        with timed(timings, "answer"):
            answer = self.quoting.answer(question, query, hits, rules)
        return _Result(query, hits, answer)

    def _in_parts(self, question: Question, query: Query, rules: Rules, limit: int) -> _Result | None:
        """The answers to the parts of a compound question; None for any other, or when all are refused."""
        parts = self._understanding.parts(query)
        if len(parts) < 2:
            return None
        asked = [query.model_copy(update={"text": part.text, "own": part.text}) for part in parts]
        found = [self._retriever.retrieve(part.text, query.filters, limit) for part in parts]
        answer = together(
            [self.quoting.answer(question, *each, rules) for each in zip(asked, found, strict=True)], rules
        )
        if answer is None:
            return None
        return _Result(query, in_turn(found), answer.model_copy(update={"rewritten": query.text}))

    def _search(self, question: Question, query: Query, vector: Vectors, limit: int) -> tuple[Query, Hits]:
        """The `limit` best hits for `query`, and the query they were found with.

        A follow-up that may stand alone or not is searched both ways.
        """
        narrowed = self._retriever.retrieve_narrowed
        hits = narrowed(query.text, query.filters, question.filters, limit, vector, query.own)
        if not query.joined and not query.named:
            return query, hits
        search = partial(self._retriever.retrieve, filters=query.filters, limit=limit)
        return as_it_goes_on(query, hits, search, self._reader)

    def _asked_alone(self, question: Question, alone: str, rules: Rules, limit: int) -> _Result | None:
        """What the question gets when it is asked as `alone`; None when that is refused as well."""
        asked = question.model_copy(update={"text": alone, "history": ()})
        query = self._understanding.read(asked, china_today())
        hits = self._retriever.retrieve(query.text, query.filters, limit)
        answer = self.quoting.answer(question, query, hits, rules)
        return None if answer.kind is AnswerKind.REFUSED else _Result(query, hits, answer)

    def _closed(self, question: Question, limit: int, rules: Rules) -> tuple[Answer, Hits]:
        """The notice, with whom to call; the nearest documents as long as they may be searched."""
        query = self._understanding.read(question, china_today())
        searched = rules.mode is Mode.SEARCH_ONLY
        hits = self._retriever.retrieve(query.text, query.filters, limit) if searched else Hits()
        return self._responsible(closed(question, query, hits, rules)), hits

    def _from_faq(
        self, question: Question, query: Query, matches: Sequence[FaqMatch], rules: Rules
    ) -> _Result | None:
        """The answer of the approved entry that asks the same, if there is one."""
        if not matches or matches[0].grade is not FaqGrade.SAME:
            return None
        match = matches[0]
        answer = Answer(
            question=question.text,
            rewritten=query.text,
            kind=ENDING_KIND[Ending.FAQ],
            ending=Ending.FAQ,
            text=match.entry.plain,
            html=match.entry.html,
            confidence=match.score,
            citations=tuple(self._source_of(match.entry, rules)),
            departments=(match.entry.department,) if match.entry.department else (),
            faq_id=match.entry.id,
        )
        return _Result(query, Hits(), answer)

    def _looked_up(self, question: Question, query: Query, rules: Rules) -> _Result | None:
        """What the first look-up that knows an answer says."""
        answers = (one.answer(question, query, rules) for one in self._look_ups)
        answer = next((answer for answer in answers if answer is not None), None)
        return _Result(query, Hits(), answer) if answer else None

    def _source_of(self, entry: FaqEntry, rules: Rules) -> list[Citation]:
        """The citation of an entry's source, when it names a place in a document that is still there."""
        if entry.document_id is None or entry.span is None or entry.document_id in rules.excluded:
            return []
        document = self._documents.get(entry.document_id)
        return [] if document is None else [cite_span(entry.span, document)]


def _timed(answer: Answer, start: float) -> Answer:
    return answer.model_copy(update={"timings_ms": {"total": round((monotonic() - start) * 1000, 2)}})


def finished(answering: Answering, listen: Callable[[Piece], None] | None = None) -> tuple[Answer, Hits]:
    """What `answering` comes to; `listen` gets its pieces."""
    while True:
        try:
            piece = next(answering)
        except StopIteration as end:
            answer, hits = end.value
            return answer, hits
        if listen is not None:
            listen(piece)
