"""The article of one document that is about a matter, and that of another document about the same.

The first is what the search finds in the one document; the second is the article whose words overlap most
with it (idf-weighted Dice of bigrams), the words of the matter counting extra. Editions number their articles
differently, so numbers say nothing.
"""

from collections.abc import Mapping, Sequence

from kb.answering.evidence import is_enough, weigh_evidence
from kb.language.normalise import canonical
from kb.language.overlap import Overlaps
from kb.language.word_weights import share_held
from kb.lookup.articles.provisions import Article, series_of
from kb.models import Filters, Model, PolicyDocument
from kb.retrieval.retriever import Retriever

_HITS = 5
_HELD = 0.5  # share of the matter's words that its article holds at least
_TOPIC = 0.2  # what holding the matter's words adds to an overlap
LEAST_OVERLAP = 0.27  # decision 0042


class Text(Model):
    """A document and its articles in order, those of all its texts."""

    document: PolicyDocument
    articles: tuple[Article, ...]

    def words(self, article: Article) -> str:
        """The words of `article` without its number."""
        return article.span.of(self.document.text).removeprefix(article.label).strip()


class Found(Model):
    """An article about a matter, and how sure that is."""

    article: Article
    confidence: float


def text_of(document: PolicyDocument) -> Text:
    """The articles of `document`."""
    return Text(
        document=document, articles=tuple(one for series in series_of(document) for one in series.articles)
    )


class Matters:
    """Finds the article about a matter with the search."""

    def __init__(self, retriever: Retriever) -> None:
        self._retriever = retriever

    def about(self, topic: str, text: Text, threshold: float) -> tuple[Found | None, Mapping[str, float]]:
        """The article of `text` about `topic`, if it has one, and the weights of the topic's words."""
        filters = Filters(document_ids=(text.document.id,))
        hits = self._retriever.retrieve(topic, filters, _HITS)
        if not hits.kept:
            return None, hits.weights
        confidence = weigh_evidence(hits).confidence
        if not is_enough(confidence, threshold):
            return None, hits.weights
        for hit in hits.kept:
            place = hit.chunk.span.start
            article = next((one for one in text.articles if one.span.start <= place < one.span.end), None)
            if article and speaks_of(hits.weights, text.words(article)):
                return Found(article=article, confidence=confidence), hits.weights
        return None, hits.weights


def speaks_of(weights: Mapping[str, float], words: str) -> bool:
    """Whether `words` hold enough of the words of a matter, which have `weights`."""
    return share_held(weights, canonical(words)) >= _HELD


def counterpart(article: Article, text: Text, other: Text, weights: Mapping[str, float]) -> Article | None:
    """The article of `other` about the same as `article` of `text`; None when none is near enough.

    `weights` are those of the words of the matter, which may be none.
    """
    texts = [other.words(one) for one in other.articles]
    overlaps = Overlaps(texts).of(text.words(article)) if texts else ()
    scores = [
        float(overlap) + _TOPIC * (share_held(weights, canonical(words)) if weights else 0.0)
        for overlap, words in zip(overlaps, texts, strict=True)
    ]
    best = max(range(len(scores)), key=scores.__getitem__, default=None)
    return other.articles[best] if best is not None and scores[best] >= LEAST_OVERLAP else None


def numbered(texts: Sequence[Text], number: int, sub: int) -> tuple[int, Article] | None:
    """The place in `texts` of the first that has this article, and the article."""
    for place, text in enumerate(texts):
        for article in text.articles:
            if (article.number, article.sub) == (number, sub):
                return place, article
    return None
