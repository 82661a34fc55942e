"""Answers questions that ask for an article by its number: the article itself, whole, and nothing else.

    社保法第29条                 the article of the law that the short name means
    2010年的保密法第五条          of that edition; without a year, of the edition in force
    第四十二条第二款第（三）项      only that item
    那第十六条呢, 第二款呢         of the law, or of the article, of the question before
    第三十四条说的什么             of the document that the turn before listed or cited

What does not exist is said so (《…》共七十条，没有第九十条。); of several documents that a name fits none is
guessed.
"""

from collections.abc import Callable, Mapping, Sequence

from kb.answers import Answer, Ending
from kb.controls.rules import Rules
from kb.lookup.articles.article_question import Law, Wanted, named_alone, wanted
from kb.lookup.articles.history import Before, completed, neighbour, read_before
from kb.lookup.articles.named_documents import Choice, NamedDocuments
from kb.lookup.articles.places import Place
from kb.lookup.articles.provisions import Series, series_of
from kb.lookup.articles.replies import Part, Replies
from kb.lookup.articles.titles import bare_name, best_fit, is_name
from kb.lookup.spoken_of import Spoken
from kb.models import DocumentSummary, Question
from kb.question.understanding import Query
from kb.storage.documents import Documents


class Articles:
    """Looks articles up; of the documents it reads only those that a question names.

    `spoken_of` tells which documents the turn before a question spoke of.
    """

    def __init__(
        self, documents: Documents, spoken_of: Callable[[Question], Spoken] = lambda question: Spoken()
    ) -> None:
        self._documents = documents
        self._spoken_of = spoken_of
        self._collection = NamedDocuments(documents)

    def answer(self, question: Question, query: Query, rules: Rules) -> Answer | None:
        """The articles asked for, or why there are none; None when `question` asks for anything else."""
        if question.filters.department:
            return None
        visible = self._collection.visible(question.filters, rules)
        found = None
        for text in _readings(question, query):
            answer = self._read(text, question, visible, Replies(question, query, rules))
            if answer is not None and answer.ending is not Ending.NO_DOCUMENT:
                return answer
            found = found or answer
        return found

    def _read(
        self, text: str, question: Question, visible: Sequence[DocumentSummary], replies: Replies
    ) -> Answer | None:
        """The answer to `question` when it is read as `text`."""
        asked = wanted(text)
        before = Before()
        if asked is None or any(part.law is None for part in asked):
            before = read_before(question.history, self._collection, visible)
        asked = asked or self._following(text, question.history, before, visible)
        if asked is None:
            return None
        parts: list[Part] = []
        law = before.law
        for part in asked:
            places = completed(part.places, None if part.law else before.place)
            law = part.law or law
            if places is None:
                return None
            if law is None:
                spoken = self._laws_spoken_of(question, visible)
                if len(spoken) > 1:
                    return replies.open_among(spoken, places[0])
                law = next(iter(spoken.values()), None)
            if law is None:
                return replies.unnamed(places[0])
            found = self._look_up(law, places, visible, replies)
            if not isinstance(found, Part):
                return found
            parts.append(found)
        return replies.told(parts)

    def _laws_spoken_of(
        self, question: Question, visible: Sequence[DocumentSummary]
    ) -> Mapping[DocumentSummary, Law]:
        """The documents that the turn before spoke of, editions of one text once, as laws by their titles."""
        ids = self._spoken_of(question).documents
        named = {bare_name(one.title): one for one in reversed(visible) if one.id in ids}
        return {one: Law(words=name, name=name) for name, one in named.items()}

    def _following(
        self, text: str, history: Sequence[str], before: Before, visible: Sequence[DocumentSummary]
    ) -> tuple[Wanted, ...] | None:
        """What `text` asks for when it leans on a look-up before it: the next article, or another law's."""
        if before.place is None or not history or wanted(history[-1]) is None:
            return None
        if place := neighbour(text, before):
            return (Wanted(law=None, places=(place,)),)
        law = named_alone(text)
        if law is None or not self._collection.knows(law, visible):
            return None
        return (Wanted(law=law, places=(before.place,)),)

    def _look_up(
        self, law: Law, places: tuple[Place, ...], visible: Sequence[DocumentSummary], replies: Replies
    ) -> Part | Answer | None:
        """What `law` says at `places`, or why that is not known; None when `law` may be no law at all."""
        choice = self._collection.choose(law, visible)
        if choice.fit is None and not is_name(choice.law.name):
            return None
        if len(choice.documents) > 1:
            return replies.open(choice.documents)
        document = self._documents.get(choice.documents[0].id) if choice.documents else None
        if document is None:
            return replies.none(choice)
        series = series_for(choice, series_of(document), places)
        if len(series) > 1:
            return replies.open_within(choice.documents[0], [one.name or document.title for one in series])
        return replies.part(choice, document, series[0] if series else None, places)


def _readings(question: Question, query: Query) -> tuple[str, ...]:
    """The question as it was typed and, where it was corrected, in its right spelling."""
    corrected = question.text
    for typed, right in query.corrections:
        corrected = corrected.replace(typed, right)
    return (question.text,) if corrected == question.text else (question.text, corrected)


def series_for(choice: Choice, series: Sequence[Series], places: Sequence[Place]) -> Sequence[Series]:
    """The texts among `series`, those of the document of `choice`, that may be meant.

    That is the text of this name; else the document's own; else those that have an article asked for.
    """
    if choice.law.annex is not None:
        series = [one for one in series if one.annex == choice.law.annex] or series
    name = bare_name(choice.law.name)
    fits = {one: how for one in series if one.name and (how := best_fit(name, one.name)) is not None}
    if fits:
        return [min(fits, key=lambda one: fits[one])]
    if len(series) < 2:
        return series
    own = [one for one in series if not one.name]
    having = [one for one in series if any(one.article(place) for place in places)]
    return own or having or series[:1]
