"""kb.answering.evidence: the reader decides, known questions say where to look."""

import math

import pytest
from factories import make_hit

from kb.answering.evidence import Evidence, weigh_evidence
from kb.hits import Hits, PassageReading
from kb.models import Signal

WORDS = {"贷款": 1.0, "利率": 1.0}


def weighed(likelihood: float | None = None, known: float | None = None) -> Evidence:
    """The evidence of one passage, which the reader finds to answer with `likelihood`."""
    hit = make_hit("职工可以申请住房公积金贷款")
    if likelihood is not None:
        reading = PassageReading(relevance=math.log(likelihood / (1 - likelihood)), marks=())
        hit = hit.model_copy(update={"reading": reading})
    if known is not None:
        hit = hit.model_copy(update={"signals": {Signal.ASKED: known}})
    return weigh_evidence(Hits(kept=(hit,), weights=WORDS))


def test_passage_known_to_answer_counts_less_than_one_that_the_reader_finds_to_answer():
    doubted = weighed(0.1, known=0.0).confidence
    assert doubted < weighed(0.1, known=0.95).confidence < weighed(0.95, known=0.0).confidence


def test_reader_and_known_question_together_are_surer_than_either():
    both = weighed(0.95, known=0.95).confidence
    assert both > weighed(0.95, known=0.0).confidence
    assert both > weighed(0.1, known=0.95).confidence


def test_documents_with_questions_none_of_which_is_near_speak_against_an_answer():
    assert weighed(0.6, known=0.01).confidence < weighed(0.6).confidence


def test_questions_of_another_document_say_nothing_of_one_without_any():
    reading = PassageReading(relevance=0.4, marks=())
    first = make_hit("场馆：区图书馆；开放时间：9:00").model_copy(update={"reading": reading})
    other = make_hit("公共图书馆应当开设阅览室", document_id="law", score=0.5)
    beside = (first, other.model_copy(update={"signals": {Signal.ASKED: 0.1}}))
    assert weigh_evidence(Hits(kept=beside, weights=WORDS)).confidence == (
        weigh_evidence(Hits(kept=(first, other), weights=WORDS)).confidence
    )


@pytest.mark.parametrize(
    ("signals", "relevance"),
    [
        pytest.param({}, 2.0, id="likeliest_where_no_questions_are_brought"),
        pytest.param({Signal.ASKED: 0.2}, -2.0, id="first_where_they_are"),
    ],
)
def test_relevance_is_that_of_one_passage_read(signals: dict[Signal, float], relevance: float):
    readings = (PassageReading(relevance=-2.0, marks=()), PassageReading(relevance=2.0, marks=()))
    kept = tuple(
        make_hit(text, signals=signals).model_copy(update={"reading": reading})
        for text, reading in zip(("职工可以申请贷款", "贷款利率由中国人民银行规定"), readings, strict=True)
    )
    assert weigh_evidence(Hits(kept=kept, weights=WORDS)).relevance == relevance


def test_known_question_counts_as_the_reader_where_none_has_read():
    assert weighed(known=0.9).relevance == pytest.approx(weighed(0.9).relevance)


def test_chance_next_to_certainty_counts_as_certainty():
    assert weighed(known=1 - 1e-9) == weighed(known=1.0)
