"""What the questions before were about, so far as it can be looked up: 那第十六条呢, 第二款呢."""

import re
from collections.abc import Sequence

from kb.language.normalise import canonical
from kb.lookup.articles.article_question import Law, law_named
from kb.lookup.articles.named_documents import NamedDocuments
from kb.lookup.articles.places import Place, read_places
from kb.lookup.articles.titles import is_name
from kb.models import DocumentSummary, Model

_TURNS = 6  # questions looked back at
_LONGEST_NAME = 30  # characters
_NEIGHBOUR = re.compile(
    r"(?:那|那么|看看?|再看看?)?(?:(?P<next>[下后][一1]条)|[上前][一1]条)(?:呢|是什么|讲什么|怎么规定的?)?"
)


class Before(Model):
    """The law that the questions before named last, and the last place in it."""

    law: Law | None = None
    place: Place | None = None


def read_before(
    history: Sequence[str], collection: NamedDocuments, visible: Sequence[DocumentSummary]
) -> Before:
    """The law and the place that `history`, oldest first, ends with."""
    before = Before()
    for turn in history[-_TURNS:]:
        read = read_places(turn)
        named = [law for part in read.named if (law := law_named(part.words))]
        law = next((one for one in reversed(named) if collection.knows(one, visible)), None)
        law = law or _law_in(canonical(turn), collection, visible)
        if law:
            before = Before(law=law)
        for part in read.named:
            places = completed(part.places, before.place)
            if places:
                before = before.model_copy(update={"place": places[-1]})
    return before


def neighbour(question: str, before: Before) -> Place | None:
    """The article behind or before the last one, where `question` asks for it: 下一条呢, 上一条."""
    asked = _NEIGHBOUR.fullmatch(canonical(question).strip("?。! "))
    if asked is None or before.place is None:
        return None
    step = 1 if asked["next"] else -1
    return Place(article=before.place.article + step)


def completed(places: Sequence[Place], before: Place | None) -> tuple[Place, ...] | None:
    """`places` in the article of the place `before` where they name none; None when that is not known."""
    if all(place.article for place in places):
        return tuple(places)
    if before is None:
        return None
    return tuple(place if place.article else _in_article(place, before) for place in places)


def _in_article(place: Place, before: Place) -> Place:
    paragraph = before.paragraph if place.paragraph is None else place.paragraph
    return place.model_copy(update={"article": before.article, "sub": before.sub, "paragraph": paragraph})


def _law_in(text: str, collection: NamedDocuments, visible: Sequence[DocumentSummary]) -> Law | None:
    """The law whose title stands in `text`, or whose short name it begins with: 保密法规定的密级有哪些."""
    if law := collection.named_in(text, visible):
        return law
    ends = (end for end in range(2, min(len(text), _LONGEST_NAME) + 1) if is_name(text[:end]))
    names = (law for end in ends if (law := law_named(text[:end])))
    return next((law for law in names if collection.knows(law, visible)), None)
