"""Answers questions that compare two editions of a law, or two documents, in one matter.

Both texts stand side by side, the older first, each dated and cited; then what differs, in words of the two
texts. Where one has nothing on the matter that is said so, and where the collection has only one of the two
documents, which one is missing. kb.lookup.comparing.compared says what counts as such a question.
"""

from collections.abc import Sequence
from datetime import date

from kb.answers import Answer, Ending
from kb.controls import wording
from kb.controls.rules import Rules
from kb.lookup.articles.article_question import Law
from kb.lookup.articles.named_documents import Choice, NamedDocuments
from kb.lookup.articles.places import Place
from kb.lookup.articles.replies import LIKELY, Replies, cite_place
from kb.lookup.articles.written import bare_title
from kb.lookup.comparing.compared import compared
from kb.lookup.comparing.matters import Matters, Text, counterpart, numbered, text_of
from kb.lookup.comparing.side_by_side import Pair, side_by_side
from kb.lookup.comparing.unnamed import sides_of, unnamed
from kb.models import DocumentSummary, Question, Status
from kb.question.time_words import Version
from kb.question.understanding import Query
from kb.retrieval.retriever import Retriever
from kb.storage.documents import Documents

_MOST_PLACES = 3  # articles compared in one answer


class Comparisons:
    """Compares what two documents say; reads only those that a question names."""

    def __init__(self, documents: Documents, retriever: Retriever) -> None:
        self._documents = documents
        self._collection = NamedDocuments(documents)
        self._retriever = retriever
        self._matters = Matters(retriever)

    def answer(self, question: Question, query: Query, rules: Rules) -> Answer | None:
        """The comparison, or why there is none; None when `question` asks for anything else."""
        if question.filters.department:
            return None
        visible = self._collection.visible(question.filters, rules)

        def knows(law: Law) -> bool:
            return self._collection.knows(law, visible)

        replies = Replies(question, query, rules)
        asked = compared(question.text, knows)
        if asked is None:
            return self._unnamed(question, visible, replies, rules)
        choices = [self._choose(side.law, visible) for side in asked.sides]
        if unclear := next((one for one in choices if len(one.documents) > 1), None):
            return replies.open(unclear.documents)
        missing = [one for one in choices if not one.documents]
        if missing:
            return _one_sided(missing, choices, replies)
        summaries = sorted((one.documents[0] for one in choices), key=lambda one: one.dated or date.min)
        if summaries[0].id == summaries[1].id:
            return replies.none(_other_edition(choices[0], summaries[0]))
        texts = self._texts(summaries)
        return self._compare(asked.topic, asked.places, texts, summaries, replies, rules) if texts else None

    def _unnamed(
        self, question: Question, visible: Sequence[DocumentSummary], replies: Replies, rules: Rules
    ) -> Answer | None:
        """The comparison of what the matter says is meant; None where that is not clear."""
        asked = unnamed(question.text)
        sides = sides_of(asked, self._retriever, {one.id for one in visible}) if asked else None
        texts = self._texts(sides) if sides else None
        if asked is None or sides is None or texts is None:
            return None
        answer = self._compare(asked.topic, (), texts, sides, replies, rules)
        return answer if answer.citations else None

    def _texts(self, summaries: Sequence[DocumentSummary]) -> list[Text] | None:
        """The articles of both; None where one is not written in articles: the search says what it finds."""
        read = [self._documents.get(one.id) for one in summaries]
        texts = [text_of(document) for document in read if document is not None]
        return texts if len(texts) == len(summaries) and all(text.articles for text in texts) else None

    def _choose(self, law: Law, visible: Sequence[DocumentSummary]) -> Choice:
        """The document that `law` means; of several old editions the newest."""
        choice = self._collection.choose(law, visible)
        if law.version is Version.OLD:
            return choice.model_copy(update={"documents": choice.documents[:1]})
        return choice

    def _compare(
        self,
        topic: str,
        places: Sequence[Place],
        texts: Sequence[Text],
        summaries: Sequence[DocumentSummary],
        replies: Replies,
        rules: Rules,
    ) -> Answer:
        """The comparison of `texts`, the older first."""
        if places:
            pairs = [pair for place in places[:_MOST_PLACES] if (pair := _at(place, texts))]
            if not pairs:
                return replies.refused(Ending.NO_ARTICLE, _no_places(places, texts, replies), summaries)
        elif topic:
            pairs = self._about(topic, texts, rules)
            if not pairs:
                said = replies.say(wording.COMPARED_NEITHER, topic=topic)
                return replies.refused(Ending.NOT_SAID, said, summaries)
        else:
            return replies.refused(Ending.WHICH_DOCUMENT, replies.say(wording.COMPARED_WHAT), summaries)
        parts = [side_by_side(pair, texts, topic, replies) for pair in pairs]
        citations = [
            cite_place(text.document, article, article.span)
            for pair in pairs
            for text, article in zip(texts, pair, strict=True)
            if article is not None
        ]
        return replies.answer(Ending.COMPARED, "\n\n".join(parts)).model_copy(
            update={"confidence": LIKELY, "citations": tuple(citations)}
        )

    def _about(self, topic: str, texts: Sequence[Text], rules: Rules) -> list[Pair]:
        """The articles of both texts about `topic`: the one found best in one text, and its counterpart.

        Where it has none, the one found in the other text stands for it.
        """
        (older, weights), (newer, _) = (self._matters.about(topic, one, rules.threshold) for one in texts)
        place, first, second = (1, newer, older) if newer is not None else (0, older, newer)
        if first is None:
            return []
        other = counterpart(first.article, texts[place], texts[1 - place], weights)
        if other is None and second is not None:
            other = second.article
        return [(other, first.article) if place else (first.article, other)]


def _at(place: Place, texts: Sequence[Text]) -> Pair | None:
    """The article that `place` numbers in the newer text, else in the older, with its counterpart."""
    found = numbered(texts[::-1], place.article, place.sub)
    if found is None:
        return None
    older, article = bool(found[0]), found[1]
    other = counterpart(article, texts[not older], texts[older], {})
    if other is None and article.number == 1:  # the first articles say what both are made for
        first = numbered((texts[older],), 1, 0)
        other = first[1] if first else None
    return (article, other) if older else (other, article)


def _no_places(places: Sequence[Place], texts: Sequence[Text], replies: Replies) -> str:
    """That neither text has an article of these numbers."""
    return "\n".join(replies.no_article(text.document, places[0]) for text in texts)


def _other_edition(choice: Choice, document: DocumentSummary) -> Choice:
    """The edition that is missing where only `document` is there: an older one, or the one in force."""
    version = Version.OLD if document.status is Status.IN_FORCE else Version.CURRENT
    law = choice.law.model_copy(update={"year": None, "version": version})
    return choice.model_copy(update={"law": law, "documents": (), "editions": (document,)})


def _one_sided(missing: Sequence[Choice], choices: Sequence[Choice], replies: Replies) -> Answer:
    """That a document to compare is not there, which one, and which is."""
    answer = replies.none(*missing)
    there = [one.documents[0] for one in choices if one.documents]
    if not there or missing[0].editions:
        return answer
    title, day = bare_title(there[0].title), there[0].dated or replies.say(wording.UNDATED)
    return answer.model_copy(
        update={"text": answer.text + replies.say(wording.COMPARED_ONE, title=title, date=day)}
    )
