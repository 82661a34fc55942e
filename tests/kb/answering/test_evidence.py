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
    doubted = weighed(0.1).confidence
    assert doubted < weighed(0.1, known=0.95).confidence < weighed(0.95).confidence


def test_known_question_below_its_bound_changes_nothing():
    assert weighed(0.1, known=0.4) == weighed(0.1)


def test_known_question_takes_nothing_from_what_the_reader_finds():
    assert weighed(0.95, known=0.6) == weighed(0.95)


def test_known_question_counts_as_the_reader_where_none_has_read():
    assert weighed(known=0.9).relevance == pytest.approx(weighed(0.9).relevance)


def test_chance_next_to_certainty_counts_as_certainty():
    assert weighed(known=1 - 1e-9) == weighed(known=1.0)
