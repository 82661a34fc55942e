"""What the product does with reading questions: order, refusals, words quoted, verdicts.

Each question is asked as a citizen would ask it, over the knowledge base of all rows' documents; one Outcome
a line. Features are kept beside it, for the program that fits the decision (eval.train.deciding).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from statistics import fmean

from eval.train.hits import answer_places, judged
from eval.train.judging import auroc
from eval.train.rows import Row
from kb.answering.evidence import Evidence, weigh_evidence
from kb.answers import Answer, AnswerKind, Ending
from kb.hits import Hits
from kb.knowledge_base import KnowledgeBase
from kb.models import Model, Question, Span
from kb.reading.verdict import odds_of_yes
from kb.retrieval.second_reading import likeliest_first, with_readings

_COVERED = 0.9  # share of the answer's characters that a complete quote holds


class Outcome(Model):
    """What became of a question; `labels`, `scores` and `relevances` are those of its hits, best first.

    `covered` is the share of the answer's characters that is quoted, `exact` the share of the quoted ones
    that belongs to the answer.
    """

    qid: str
    kind: str
    answerable: bool
    ending: str
    refused: bool
    confidence: float
    covered: float
    exact: float
    wanted_verdict: str | None
    verdict: str | None
    labels: tuple[int | None, ...]
    scores: tuple[float, ...]
    relevances: tuple[float, ...]
    evidence: Evidence | None
    odds: float | None = None  # log odds of yes, of a question for yes or no

    @property
    def is_right(self) -> bool:
        """Whether the whole answer was quoted, or the question rightly refused."""
        return not self.refused and self.covered >= _COVERED if self.answerable else self.refused


def outcomes(rows: Iterable[Row], kb: KnowledgeBase, ids: Mapping[str, str]) -> Iterator[Outcome]:
    """Ask `kb` each of `rows`; `ids` gives the document's id in it for a row's `doc_id`."""
    for row in rows:
        document = kb.storage.documents.get(ids[row.doc_id])
        if document is not None:
            answer, hits = kb.answerer.answer_with_hits(Question(text=row.question))
            places = answer_places(row, document.text)
            read = with_readings(kb.retrieval.reader, answer.rewritten, hits)
            yield _outcome(row, answer, likeliest_first(read), document.id, places)


def _outcome(row: Row, answer: Answer, hits: Hits, document_id: str, places: tuple[Span, ...]) -> Outcome:
    quoted = [(cited.start, cited.end) for cited in answer.citations if cited.document_id == document_id]
    total = sum(cited.end - cited.start for cited in answer.citations)
    wanted = {character for place in places for character in range(place.start, place.end)}
    held = wanted & {character for start, end in quoted for character in range(start, end)}
    return Outcome(
        qid=row.qid,
        kind=row.kind,
        answerable=row.answerable,
        ending=answer.ending.value,
        refused=answer.kind is AnswerKind.REFUSED,
        confidence=answer.confidence,
        covered=len(held) / len(wanted) if wanted else 0.0,
        exact=len(held) / total if total else 0.0,
        wanted_verdict=row.verdict,
        verdict=answer.verdict,
        labels=tuple(judged(hit.chunk, row, document_id, places)[0] for hit in hits.kept),
        scores=tuple(round(hit.score, 4) for hit in hits.kept),
        relevances=tuple(round(hit.reading.relevance, 3) for hit in hits.kept if hit.reading),
        evidence=weigh_evidence(hits) if hits.kept else None,
        odds=_odds(answer, hits),
    )


def _odds(answer: Answer, hits: Hits) -> float | None:
    """The log odds of yes by the first words quoted."""
    cited = answer.citations[0] if answer.ending is Ending.QUOTED else None
    hit = next((hit for hit in hits.kept if cited and hit.chunk.id_ == cited.chunk_id), None)
    if cited is None or hit is None:
        return None
    return odds_of_yes(answer.rewritten or answer.question, hit, Span(start=cited.start, end=cited.end))


class ProductFigures(Model):
    """Figures of the issue's table; None where nothing was to be measured."""

    questions: int
    right: float | None
    first: float | None  # the first hit answers
    in_five: float | None
    needless_refusals: float | None
    unsaid_refused: float | None
    auroc: float | None
    covered: float | None
    exact: float | None
    verdict_given: float | None
    verdict_right: float | None


def product_figures(asked: Sequence[Outcome]) -> ProductFigures:
    """The figures of `asked`."""
    said = [one for one in asked if one.answerable]
    unsaid = [one for one in asked if not one.answerable]
    found = [one for one in said if one.labels]
    answered = [one for one in said if not one.refused]
    to_judge = [one for one in answered if one.wanted_verdict]
    judged_ones = [one for one in to_judge if one.verdict]
    return ProductFigures(
        questions=len(asked),
        right=_mean([one.is_right for one in asked]),
        first=_mean([one.labels[0] == 1 for one in found]),
        in_five=_mean([1 in one.labels[:5] for one in found]),
        needless_refusals=_mean([one.refused for one in said]),
        unsaid_refused=_mean([one.refused for one in unsaid]),
        auroc=auroc([one.confidence for one in said], [one.confidence for one in unsaid]),
        covered=_mean([one.covered for one in answered]),
        exact=_mean([one.exact for one in answered]),
        verdict_given=_mean([one.verdict is not None for one in to_judge]),
        verdict_right=_mean([one.verdict == one.wanted_verdict for one in judged_ones]),
    )


def _mean(values: Sequence[float]) -> float | None:
    return round(fmean(values), 4) if values else None
