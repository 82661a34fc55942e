"""What a person typed -> what is searched for: spelling, follow-up, lay words, departments, time.

The order matters: lay words are known in their right spelling only; the edition and the period are read from
the question itself, not from the one before it that a follow-up is joined to.
"""

import re
from collections.abc import Mapping
from datetime import date

from kb.language.normalise import canonical, short_title
from kb.models import DocumentSummary, Filters, Model, Question, Status
from kb.question.departments import Departments
from kb.question.rewrite import join, leans_on_history, may_lean_on_history, rewrite, to_official, wants_more
from kb.question.spelling import Speller
from kb.question.time_words import Edition, Version, edition, named_year, period
from kb.storage.documents import Documents

_QUESTION_END = re.compile(r"[？?]")
_SHORTEST_PART = 4  # characters
_MOST_PARTS = 2  # each costs a search; people who ask more repeat themselves


class Query(Model):
    """A question ready for retrieval; `corrections` are (typed, corrected) for the citizen to see.

    `own` is the same in the asker's words and spelling, with the matter of the question before it.
    `joined` is the query with the matter of the question before, where it may lean on that or may not.
    `units` are the units it names; `wants_more` says that the question asks for what the answer before it
    left out (还有吗).
    """

    text: str
    filters: Filters
    own: str
    corrections: tuple[tuple[str, str], ...] = ()
    wants_more: bool = False
    units: tuple[str, ...] = ()
    joined: str | None = None


class Understanding:
    """Reads questions with what the documents and the word lists know."""

    def __init__(self, documents: Documents, synonyms: Mapping[str, str], departments: Departments) -> None:
        self._documents = documents
        self._synonyms = synonyms
        self._departments = departments
        self._speller = Speller(documents.vocabulary, documents.chunks_with)

    def read(self, question: Question, today: date) -> Query:
        """The query that `question` stands for, as seen on `today`."""
        corrected = self._speller.correct(question.text)
        history = tuple(self._speller.correct(earlier).text for earlier in question.history)
        asked = question.model_copy(update={"text": corrected.text, "history": history})
        text = self._official(rewrite(asked, self._synonyms))
        return Query(
            text=text,
            filters=self._filters(corrected.text, question.filters, today),
            own=rewrite(question, {}),
            corrections=corrected.changes,
            joined=self._joined(asked),
            units=self._departments.units_named(text, self._documents.units()),
            wants_more=bool(history) and wants_more(corrected.text),
        )

    def _joined(self, asked: Question) -> str | None:
        if not asked.history or not may_lean_on_history(asked.text):
            return None
        before = Question(text=asked.history[-1], history=asked.history[:-1])
        said = to_official(asked.text.strip(), self._synonyms)
        return self._official(join(rewrite(before, self._synonyms), said))

    def _official(self, query: str) -> str:
        return self._departments.official_names(query, self._documents.units(), self._in_documents)

    def _in_documents(self, name: str) -> bool:
        return self._documents.chunks_with(name) > 0

    def _filters(self, text: str, chosen: Filters, today: date) -> Filters:
        """`chosen` with the edition or the period that the question names; a choice in the form wins."""
        if chosen.date_from or chosen.date_to or chosen.document_ids or chosen.status:
            return chosen
        if named := edition(text):
            ids = editions_of(named, self._documents.summaries())
            return chosen.model_copy(update={"document_ids": ids})
        if (year := named_year(text)) and (ids := of_year(year, text, self._documents.summaries())):
            return chosen.model_copy(update={"document_ids": ids})
        if scope := period(text, today):
            return chosen.model_copy(update={"date_from": scope.date_from, "date_to": scope.date_to})
        return chosen


def parts_of(text: str) -> tuple[str, ...]:
    """The questions that a question is made of, each to stand alone; one when it is not compound.

    A later part without a matter of its own gets that of the part before.

    >>> parts_of("信息公开申请收不收费？多久答复？")
    ('信息公开申请收不收费', '信息公开申请收不收费 多久答复')
    """
    standalone: list[str] = []
    for part in _QUESTION_END.split(text):
        said = part.strip(" ，,。")
        if len(said) >= _SHORTEST_PART:
            leans = bool(standalone) and leans_on_history(said)
            standalone.append(join(standalone[-1], said) if leans else said)
    return tuple(standalone[:_MOST_PARTS]) if len(standalone) > 1 else (text,)


def editions_of(named: Edition, documents: list[DocumentSummary]) -> tuple[str, ...]:
    """Ids of the documents that `named` means; none for the current ones, which are preferred anyway.

    A short name counts by its characters in order: 保密法 is 保守国家秘密法.
    """
    if named.version is Version.CURRENT:
        return ()
    fitting = [document for document in documents if is_short_for(named.title, document.title)]
    closest = min((len(document.title) for document in fitting), default=0)
    return tuple(
        document.id for document in fitting if len(document.title) == closest and _is_edition(named, document)
    )


def of_year(year: int, text: str, documents: list[DocumentSummary]) -> tuple[str, ...]:
    """Ids of the documents of `year` whose whole title stands in `text`: 2005年信访条例."""
    return tuple(
        document.id
        for document in documents
        if document.dated and document.dated.year == year and short_title(document.title) in canonical(text)
    )


def is_short_for(short: str, title: str) -> bool:
    """Whether the characters of `short` stand in `title` in this order, the last at the end of both.

    >>> is_short_for("保密法", "中华人民共和国保守国家秘密法"), is_short_for("保密法", "保密法实施条例")
    (True, False)
    """
    rest = iter(canonical(title))
    short = canonical(short)
    return title[-1:] == short[-1:] and all(character in rest for character in short)


def _is_edition(named: Edition, document: DocumentSummary) -> bool:
    if named.year is not None:
        return document.dated is not None and document.dated.year == named.year
    return document.status is not Status.IN_FORCE
