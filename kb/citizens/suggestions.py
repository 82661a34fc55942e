"""Suggests questions: while the citizen types, as starters, the most asked ones, and those to ask next.

Only reviewed wordings are shown (approved FAQ entries, kb/lexicon/starters.txt, headings of documents). How
many people asked them decides the order, and nothing shows what fewer than three asked (SEVERAL of
kb.citizens.journal); citizens' own words are never shown.
"""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from kb.answers import Answer, AnswerKind, Ending
from kb.citizens.journal import Journal
from kb.citizens.starters import Topic, topics_in
from kb.citizens.typeahead import Suggestion, Typeahead, make_typeahead
from kb.clock import china_today
from kb.controls.rules import CurrentRules, Mode, Rules
from kb.errors import KbError
from kb.faq.matching import Faq
from kb.faq.models import FaqEntry, FaqStatus
from kb.language.normalise import question_key
from kb.language.paraphrase import read, shared_words
from kb.models import DocumentSummary, Model, Question
from kb.storage.documents import Documents

logger = logging.getLogger(__name__)

# Share of words in common from which a starter is near to a question. Of 98 pairs about the same document, 16
# are near (eval/sets/desk/related.jsonl): 0.5 takes 11 of them and no other pair, 0.4 takes 15 and 4 others.
NEAR = 0.5
_AFTER = 3  # questions to ask next
_MOST_ASKED = 5
_PERIOD = timedelta(days=30)


class Welcome(Model):
    """The questions shown before anything is asked: starters by topic, and the most asked ones."""

    topics: tuple[Topic, ...] = ()
    most_asked: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Version:
    """What the suggestions were made from; they are out of date when this differs."""

    revision: int
    entries: tuple[FaqEntry, ...]
    day: date
    excluded: frozenset[str]
    threshold: float
    topics: str | None  # as edited


@dataclass(frozen=True)
class _Starters:
    """The starter questions that get an answer, and the document that each answer cites first."""

    version: _Version
    documents: Mapping[str, str | None]


@dataclass(frozen=True)
class _Ready:
    """The index of suggestions, with what it was made from."""

    version: _Version
    starters: _Starters | None
    typeahead: Typeahead


class Suggestions:
    """Suggests questions; threads may read suggestions while another refreshes them."""

    def __init__(
        self,
        documents: Documents,
        faq: Faq,
        topics: Sequence[Topic],
        journal: Journal,
        answer: Callable[[Question], Answer],
        rules: CurrentRules = Rules,
    ) -> None:
        self._documents = documents
        self._faq = faq
        self._shipped = tuple(topics)
        self._journal = journal
        self._answer = answer
        self._rules = rules
        self._lock = threading.Lock()
        self._typeahead: _Ready | None = None
        self._starters: _Starters | None = None
        self._headings: dict[DocumentSummary, tuple[Suggestion, ...]] = {}  # used by the thread that rebuilds

    def typed(self, text: str, limit: int = 8) -> tuple[Suggestion, ...]:
        """At most `limit` approved questions, starters and headings for the text typed so far, best first."""
        return self._ready().find(text, limit)

    def topics(self) -> tuple[Topic, ...]:
        """The topics in force with their questions, answered or not."""
        return topics_in(self._rules(), self._shipped)

    def welcome(self, now: datetime) -> Welcome:
        """Starter questions that the documents answer, by topic, and the questions most asked in 30 days.

        Until `refresh` has tried the starters, all of them are shown. A topic without questions is left out.
        """
        shown = (
            Topic(topic=topic.topic, questions=tuple(filter(self._is_answered, topic.questions)))
            for topic in self.topics()
        )
        return Welcome(
            topics=tuple(topic for topic in shown if topic.questions), most_asked=self._most_asked(now)
        )

    def topics_of_documents(self) -> Mapping[str, tuple[str, ...]]:
        """Document id -> the topics whose starter questions it answers; empty until `refresh` tried them."""
        answered = self._starters.documents if self._starters else {}
        topics: dict[str, dict[str, None]] = {}
        for topic in self.topics():
            for question in topic.questions:
                if document := answered.get(question):
                    topics.setdefault(document, {})[topic.topic] = None
        return {document: tuple(names) for document, names in topics.items()}

    def after(self, answer: Answer) -> tuple[str, ...]:
        """Questions to ask next: near approved questions, then near starters on the same document."""
        starters = self._starters.documents if self._starters else {}
        cited = answer.citations[0].document_id if answer.citations else None
        asked = read(answer.rewritten)
        related = [
            question
            for question, document in starters.items()
            if document and document == cited and shared_words(asked, read(question)) >= NEAR
        ]
        asked_keys = {question_key(answer.question), question_key(answer.rewritten)}
        distinct: dict[str, str] = {}
        for question in (*answer.suggestions, *related):
            distinct.setdefault(question_key(question), question)
        return tuple(question for key, question in distinct.items() if key not in asked_keys)[:_AFTER]

    def refresh(self, is_stopped: Callable[[], bool]) -> None:
        """Bring the index and the starters up to date with documents and FAQ; takes seconds if they changed.

        Each starter is asked; a True from `is_stopped` ends the trial. The starters stay as they were when it
        is ended, when the model or the index fails, and while answers are switched off.
        """
        version = self._version()
        self._ready()
        is_current = self._starters is not None and self._starters.version == version
        if is_current or self._rules().mode is not Mode.ON:
            return
        documents: dict[str, str | None] = {}
        for question in self._questions():
            if is_stopped():
                return
            try:
                answer = self._answer(Question(text=question))
            except KbError as error:
                logger.warning("starter questions cannot be tried: %s", error)
                return
            if answer.ending is Ending.CLOSED:  # switched off meanwhile
                return
            if answer.kind is not AnswerKind.REFUSED:
                documents[question] = answer.citations[0].document_id if answer.citations else None
        self._starters = _Starters(version, documents)
        self._ready()

    def _version(self) -> _Version:
        rules = self._rules()
        return _Version(
            *(self._documents.revision, self._faq.entries, china_today()),
            *(rules.excluded, rules.threshold, rules.starters),
        )

    def _ready(self) -> Typeahead:
        """The current index; while one thread rebuilds it, the others use the old one if there is one."""
        cached, starters = self._typeahead, self._starters
        version = self._version()
        if cached is not None and cached.version == version and cached.starters is starters:
            return cached.typeahead
        if self._lock.acquire(blocking=cached is None):
            try:
                if self._typeahead is cached:
                    shown = filter(self._is_answered, self._questions())
                    index = make_typeahead(
                        version.entries,
                        self._documents,
                        version.day,
                        version.excluded,
                        shown,
                        self._headings,
                    )
                    self._typeahead = _Ready(version, starters, index)
            finally:
                self._lock.release()
        assert self._typeahead is not None
        return self._typeahead.typeahead

    def _questions(self) -> list[str]:
        return [question for topic in self.topics() for question in topic.questions]

    def _is_answered(self, question: str) -> bool:
        """Whether the starter is untried, or was answered from a document that is not excluded now."""
        if self._starters is None:
            return True
        documents = self._starters.documents
        return question in documents and documents[question] not in self._rules().excluded

    def _most_asked(self, now: datetime) -> tuple[str, ...]:
        day, since = now.date(), now - _PERIOD
        entries = [
            entry for entry in self._faq.entries if entry.status is FaqStatus.APPROVED and entry.holds_on(day)
        ]
        shown = {question_key(q): q for q in self._questions() if self._is_answered(q)}
        shown |= {question_key(wording): entry.question for entry in entries for wording in entry.wordings}
        people: Counter[str] = Counter()
        for key, count in self._journal.people_asked(shown, since).items():
            people[shown[key]] += count
        answered = self._journal.people_answered(since)
        for entry in entries:
            people[entry.question] += answered.get(entry.id, 0)
        return tuple(question for question, count in people.most_common(_MOST_ASKED) if count)
