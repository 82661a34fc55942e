"""The answers of look-ups by name: quoted places, or a sentence on what the collection does not have."""

from collections.abc import Collection, Sequence

from kb.answering.quoting import cite_span
from kb.answers import ENDING_KIND, Answer, Candidate, Citation, Clarifying, Ending, Option
from kb.controls import wording
from kb.controls.rules import Rules
from kb.language.normalise import canonical
from kb.lookup.articles.named_documents import Choice
from kb.lookup.articles.places import MOST, Place
from kb.lookup.articles.provisions import Article, Series, series_of, spans_at
from kb.lookup.articles.titles import Fit, bare_name
from kb.lookup.articles.written import bare_title, dated_titles, label_of, parts_of, quoted, range_of
from kb.models import DocumentSummary, Model, PolicyDocument, Question, Section, Span, Status, viewer_url
from kb.question.understanding import Query

SURE, LIKELY = 0.99, 0.95  # confidence by how the name fits: as the title, or as a short form of it
_NEAREST = 3


class Part(Model):
    """What one document says at the places asked for, and sentences on those that do not exist.

    `title` is that of the text which holds the places: the document, or an attachment of it.
    """

    document: DocumentSummary
    title: str
    fit: Fit
    places: tuple[Place, ...]
    cited: tuple[Citation, ...] = ()
    missing: tuple[str, ...] = ()


class Replies:
    """Writes the answers to one question, under the rules in force."""

    def __init__(self, question: Question, query: Query, rules: Rules) -> None:
        self._question = question
        self._query = query
        self._rules = rules

    def part(
        self, choice: Choice, document: PolicyDocument, series: Series | None, places: Sequence[Place]
    ) -> Part:
        """What stands at `places` of `series`, a text of `document`, which is the one of `choice`."""
        title = bare_title(series.name if series and series.name else document.title)
        cited: dict[tuple[int, int], Citation] = {}
        missing: list[str] = []
        for place in places[:MOST]:
            article = series.article(place) if series else None
            spans = spans_at(document.text, article, place) if article else ()
            cited |= {
                (span.start, span.end): cite_place(document, article, span) for span in spans if article
            }
            if not spans:
                missing.append(self._missing(title, document.text, series, article, place))
        if len(places) > MOST and cited:
            missing.append(self.say(wording.MORE_ARTICLES, count=MOST))
        return Part(
            document=choice.documents[0],
            title=title,
            fit=Fit.EXACT if choice.fit is None else choice.fit,
            places=tuple(places[:MOST]),
            cited=tuple(cited.values()),
            missing=tuple(dict.fromkeys(missing)),
        )

    def _missing(
        self, title: str, text: str, series: Series | None, article: Article | None, place: Place
    ) -> str:
        """The sentence that there is nothing at `place`, and how far the numbers go."""
        if article is None:
            asked = label_of(Place(article=place.article, sub=place.sub))
            return self.say(wording.NO_ARTICLE, title=title, range=range_of(series, place), place=asked)
        asked = label_of(place).removeprefix(label_of(Place(article=place.article, sub=place.sub)))
        have = parts_of(text, article, place)
        return self.say(wording.NO_PART, title=title, article=article.label, range=have, place=asked)

    def no_article(self, document: PolicyDocument, place: Place) -> str:
        """The sentence that `document` has no article of the number of `place`."""
        series = series_of(document)
        return self._missing(
            bare_title(document.title), document.text, series[0] if series else None, None, place
        )

    def told(self, parts: Sequence[Part]) -> Answer:
        """The answer made of `parts`: the words of the articles, then what does not exist."""
        citations = tuple(citation for part in parts for citation in part.cited)
        if not citations:
            sentences = "\n".join(sentence for part in parts for sentence in part.missing)
            answer = self.refused(Ending.NO_ARTICLE, sentences, [part.document for part in parts])
            return answer.model_copy(update={"rewritten": self._rewritten(parts)})
        lines: list[str] = []
        for part in parts:
            if part.cited and part.cited[0].status is not Status.IN_FORCE:
                said = part.cited[0].status_said
                lines.append(self.say(wording.OUTDATED, title=part.document.title, status=said))
            if len(parts) > 1 and part.cited:
                lines.append(f"《{part.title}》")
            lines += [*(citation.quote for citation in part.cited), *part.missing]
        return self.answer(Ending.ARTICLE, "\n\n".join(lines)).model_copy(
            update={
                "rewritten": self._rewritten(parts),
                "confidence": SURE if all(part.fit is Fit.EXACT for part in parts) else LIKELY,
                "citations": citations,
            }
        )

    def _rewritten(self, parts: Sequence[Part]) -> str:
        """The question as it was understood: with the titles of the texts, unless it holds them."""
        text = canonical(self._question.text)
        if all(bare_name(part.title) in text for part in parts):
            return self._query.text
        return "；".join(f"《{part.title}》{'、'.join(map(label_of, part.places))}" for part in parts)

    def unnamed(self, place: Place) -> Answer:
        """The request to name the document that `place` is in."""
        return self.refused(Ending.WHICH_DOCUMENT, self.say(wording.WHICH_UNNAMED, place=label_of(place)), ())

    def open(self, documents: Sequence[DocumentSummary]) -> Answer:
        """The documents that a name may mean, to choose from."""
        named = dated_titles(documents, self.say(wording.UNDATED))
        return self.refused(Ending.WHICH_DOCUMENT, self.say(wording.WHICH_DOCUMENT, titles=named), documents)

    def open_among(self, documents: Collection[DocumentSummary], place: Place) -> Answer:
        """The documents spoken of before that may be meant by `place`, each with its question to choose."""
        label, titles = label_of(place), [bare_title(one.title) for one in documents]
        text = self.say(wording.WHICH_SPOKEN_OF, place=label, titles=quoted(titles))
        options = tuple(Option(label=f"《{title}》", question=f"《{title}》{label}") for title in titles)
        asked_back = Clarifying(question=self.say(wording.CLARIFY_DOCUMENT), options=options)
        answer = self.refused(Ending.WHICH_DOCUMENT, text, tuple(documents))
        return answer.model_copy(update={"clarifying": asked_back})

    def open_within(self, document: DocumentSummary, names: Sequence[str]) -> Answer:
        """The texts of one document that a name may mean."""
        text = self.say(wording.WHICH_DOCUMENT, titles=quoted(names))
        return self.refused(Ending.WHICH_DOCUMENT, text, [document])

    def none(self, *choices: Choice) -> Answer:
        """That there are no such documents, or no such editions, and what there is."""
        sentences: list[str] = []
        there: list[DocumentSummary] = []
        for choice in choices:
            sentences.append(self._none(choice))
            there += choice.editions or choice.near
        near = quoted(one.title for one in there[:_NEAREST])
        if near and not any(choice.editions for choice in choices):
            sentences.append(self.say(wording.NEAR_TITLES, titles=near))
        text = "".join(dict.fromkeys(sentences))
        return self.refused(Ending.NO_DOCUMENT, text + self.say(wording.REFUSAL_NEXT), there)

    def _none(self, choice: Choice) -> str:
        """The sentence that the document, or the edition, of `choice` is missing."""
        law = choice.law
        if not choice.editions:
            return self.say(wording.NO_DOCUMENT, title=law.name)
        edition = f"{law.year}年" if law.year else (law.version.value if law.version else "")
        named = dated_titles(choice.editions, self.say(wording.UNDATED))
        return self.say(wording.NO_EDITION, title=law.name, edition=edition, titles=named)

    def refused(self, ending: Ending, text: str, documents: Sequence[DocumentSummary]) -> Answer:
        """A refusal that says `text` and names `documents`."""
        nearest = {one.id: one for one in documents}
        candidates = tuple(
            Candidate(
                document=one.title,
                document_id=one.id,
                section="",
                url=viewer_url(one.id, Span(start=0, end=0)),
                score=0.0,
            )
            for one in list(nearest.values())[:_NEAREST]
        )
        return self.answer(ending, text).model_copy(update={"candidates": candidates})

    def answer(self, ending: Ending, text: str) -> Answer:
        """An answer that ends with `ending`, without citations and confidence."""
        return Answer(
            question=self._question.text,
            rewritten=self._query.text,
            kind=ENDING_KIND[ending],
            ending=ending,
            text=text,
            confidence=0.0,
        )

    def say(self, sentence: str, **fields: object) -> str:
        """The present wording of `sentence` with its fields filled in."""
        return self._rules.say(sentence).format(**fields)


def cite_place(document: PolicyDocument, article: Article, span: Span) -> Citation:
    """The citation of `span` in `article`, with the headings above it."""
    place = next(i for i, one in enumerate(document.sections) if one.span.start == article.span.start)
    path = [one.label for one in _path(document.sections, place)]
    return cite_span(span, document).model_copy(update={"section": " > ".join(path)})


def _path(sections: Sequence[Section], place: int | None) -> list[Section]:
    """The section at `place` and those that hold it, outermost first."""
    path: list[Section] = []
    while place is not None:
        path.append(sections[place])
        place = sections[place].parent
    return path[::-1]
