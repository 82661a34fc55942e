"""Turns a typed question into a query: spelling, follow-up, lay words, departments, time.

The order matters: lay words are known only in their right spelling; edition and period are read from the
question itself, not from the question before it that a follow-up is joined to.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from kb.language.normalise import canonical, short_title
from kb.models import DocumentSummary, Filters, Model, Question, Status
from kb.question.departments import Departments
from kb.question.lay_words import EverydayWords, lay_words_in, to_official
from kb.question.parts import Part, parts_in
from kb.question.rewrite import (
    is_name,
    join,
    leans_on_history,
    may_lean_on_history,
    names_a_thing,
    rewrite,
    rewritten,
    subject_of,
    wants_more,
)
from kb.question.slots import in_its_place, is_amount
from kb.question.spelling import Speller
from kb.question.time_words import Edition, Version, edition, named_year, period
from kb.question.topic import named_matter, topic_of
from kb.storage.documents import Documents

_PERSONS = re.compile(r"(?:[人员者工民生户童女军属]|家庭|企业|单位)\Z")
_TURNS = 4  # earlier questions that a matter is sought in
_ARTICLE = re.compile(r"第[零〇一二三四五六七八九十百千\d]{1,12}条")


class Query(Model):
    """A question ready for retrieval; `corrections` are (typed, corrected) for the citizen to see.

    `own` is the question in the asker's words and spelling, joined to the question before if it is a
    follow-up. `joined` is the query joined to the question before when it may be a follow-up and `text` is
    not joined; `named` is the query behind the last matter of the documents that the conversation named.
    `units` are the units that it names; `wants_more` means that it asks for what the answer
    before it left out (还有吗). `follows` means that `text` is joined to the question
    before, whose matter is `topic`; `matter` is what a sure follow-up goes on with, in the documents' words.
    """

    text: str
    filters: Filters
    own: str
    corrections: tuple[tuple[str, str], ...] = ()
    wants_more: bool = False
    units: tuple[str, ...] = ()
    joined: str | None = None
    named: str | None = None
    topic: str | None = None
    matter: str = ""
    follows: bool = False

    @property
    def carried(self) -> str | None:
        """The topic that the question goes on with; None when it stands alone."""
        return self.topic if self.follows else None


class Understanding:
    """Reads questions with the words of the documents and the word lists."""

    def __init__(self, documents: Documents, words: EverydayWords, departments: Departments) -> None:
        self._documents = documents
        self._words = words
        self._departments = departments
        self._speller = Speller(documents.vocabulary, documents.chunks_with, words.current)

    def read(self, question: Question, today: date) -> Query:
        """The query that `question` stands for, as seen on `today`."""
        corrected = self._speller.correct(question.text)
        history = tuple(self._speller.correct(earlier).text for earlier in question.history)
        spelled = question.model_copy(update={"text": corrected.text, "history": history})
        synonyms = self._synonyms_for((*history, corrected.text))
        alone = rewritten(spelled, synonyms, self.is_matter)
        text = self._official(alone.text)
        joined = self._joined(spelled, synonyms)
        follows = bool(history) and leans_on_history(corrected.text)
        official = to_official(corrected.text, synonyms)
        goes_on = text if joined else official if follows else None
        return Query(
            text=text,
            filters=self._filters(corrected.text, question.filters, today),
            own=rewrite(question, {}),
            corrections=corrected.changes,
            joined=joined,
            named=self._behind_matter(history, goes_on, text, synonyms) if goes_on else None,
            topic=_topic(spelled),
            matter=_matter(official, alone.matter) if follows else "",
            follows=follows,
            units=self._departments.units_named(text, self._documents.units()),
            wants_more=bool(history) and wants_more(corrected.text),
        )

    def to_official(self, text: str, synonyms: Mapping[str, str]) -> str:
        """`text` in the documents' words, were `synonyms` the list in use."""
        return to_official(text, self._unless_documents_say_it([text], synonyms))

    def substituted(self, question: Question) -> tuple[tuple[str, str], ...]:
        """(said, official) of the everyday words in `question` and the one before it, as `read` puts them."""
        turns = [self._speller.correct(turn).text for turn in (*question.history[-1:], question.text)]
        synonyms = self._synonyms_for(turns)
        found = (wording for turn in turns for wording in lay_words_in(turn, synonyms))
        return tuple(dict.fromkeys((wording.said, wording.official) for wording in found))

    def _synonyms_for(self, turns: Iterable[str]) -> Mapping[str, str]:
        """The word list as it applies to `turns`."""
        return self._unless_documents_say_it(turns, self._words.current())

    def _unless_documents_say_it(
        self, turns: Iterable[str], synonyms: Mapping[str, str]
    ) -> Mapping[str, str]:
        """`synonyms`, but words of `turns` that the documents say more often than the official one stay.

        What is everyday speech in one district (医保) is the term of another's documents.
        """
        found = {wording.said: wording.official for turn in turns for wording in lay_words_in(turn, synonyms)}
        counts = self._documents.vocabulary() if found else {}
        usual = {
            said: said
            for said, official in found.items()
            if counts.get(said, 0) and counts[said] > self._documents.chunks_with(official)
        }
        return {**synonyms, **usual} if usual else synonyms

    def _joined(self, asked: Question, synonyms: Mapping[str, str]) -> str | None:
        """`asked` joined to the question before it; None when it is surely no follow-up, or surely one.

        A name of a matter that the documents have a part about (低保) goes on with the question before only
        in the place of its like. A number of an article tells of no matter to go on with.
        """
        before = asked.before
        if before is None or not may_lean_on_history(asked.text) or _ARTICLE.search(canonical(before.text)):
            return None
        official = to_official(asked.text.strip(), synonyms)
        earlier, matter = rewritten(before, synonyms, self.is_matter, boldly=True)
        if not is_name(asked.text):
            return self._official(join(earlier, official, self.is_matter, matter))
        put = in_its_place(earlier, official, clauses=False)
        if put is None and not self.is_matter(official):
            put = join(earlier, official, self.is_matter, matter)
        return put and self._official(put)

    def _behind_matter(
        self, history: Sequence[str], asked: str, query: str, synonyms: Mapping[str, str]
    ) -> str | None:
        """`asked` behind the matter of the documents that `history` named last.

        None when it named none, or `query`, which `asked` stands for, holds it.
        """
        turns = (to_official(turn, synonyms) for turn in history[: -_TURNS - 1 : -1])
        named = next(filter(None, (named_matter(turn, self.is_matter) for turn in turns)), None)
        return f"{named} {asked}" if named and named not in query else None

    def parts(self, query: Query) -> tuple[Part, ...]:
        """The questions that `query` asks; a single one when it is not compound."""
        return parts_in(query.text, self.is_matter)

    def is_matter(self, name: str) -> bool:
        """Whether the documents have a part about `name`, and it names no person: 低保, not 残疾人."""
        return not _PERSONS.search(name) and self._documents.heads_a_part(name)

    def _official(self, query: str) -> str:
        """`query` with the official names of departments."""
        return self._departments.official_names(query, self._documents.units(), self._in_documents)

    def _in_documents(self, name: str) -> bool:
        """Whether any chunk holds `name`."""
        return self._documents.chunks_with(name) > 0

    def _filters(self, text: str, chosen: Filters, today: date) -> Filters:
        """`chosen` with the edition or period that the question `text` names; a choice in the form wins."""
        if chosen.date_from or chosen.date_to or chosen.document_ids or chosen.status:
            return chosen
        if named_edition := edition(text):
            ids = editions_of(named_edition, self._documents.summaries())
            return chosen.model_copy(update={"document_ids": ids})
        if (year := named_year(text)) and (ids := of_year(year, text, self._documents.summaries())):
            return chosen.model_copy(update={"document_ids": ids})
        if scope := period(text, today):
            return chosen.model_copy(update={"date_from": scope.date_from, "date_to": scope.date_to})
        return chosen


def _matter(follow_up: str, carried: str) -> str:
    """What an answer to `follow_up` must speak of: what it puts in another's place, or what is `carried`."""
    subject = subject_of(follow_up)
    return subject if subject and names_a_thing(subject) and not is_amount(subject) else carried


def _topic(asked: Question) -> str | None:
    """What the question before `asked` was about, in the asker's words; None without one."""
    return topic_of(rewrite(asked.before, {})) if asked.before else None


def editions_of(named: Edition, documents: list[DocumentSummary]) -> tuple[str, ...]:
    """Ids of the documents that `named` means; none for the current edition, which is preferred anyway.

    A short name fits by its characters in order: 保密法 is 保守国家秘密法.
    """
    if named.version is Version.CURRENT:
        return ()
    matches = [document for document in documents if is_short_for(named.title, document.title)]
    closest = min((len(document.title) for document in matches), default=0)
    return tuple(
        document.id for document in matches if len(document.title) == closest and _is_edition(named, document)
    )


def of_year(year: int, text: str, documents: list[DocumentSummary]) -> tuple[str, ...]:
    """Ids of the documents dated in `year` whose whole title stands in `text`: 2005年信访条例."""
    return tuple(
        document.id
        for document in documents
        if document.dated and document.dated.year == year and short_title(document.title) in canonical(text)
    )


def is_short_for(short: str, title: str) -> bool:
    """Whether `title` holds the characters of `short` in this order and ends with the same character.

    >>> is_short_for("保密法", "中华人民共和国保守国家秘密法"), is_short_for("保密法", "保密法实施条例")
    (True, False)
    """
    rest = iter(canonical(title))
    short = canonical(short)
    return title[-1:] == short[-1:] and all(character in rest for character in short)


def _is_edition(named: Edition, document: DocumentSummary) -> bool:
    """Whether `document` is of the year of `named`; for an old edition, whether it is no longer in force."""
    if named.year is not None:
        return document.dated is not None and document.dated.year == named.year
    return document.status is not Status.IN_FORCE
