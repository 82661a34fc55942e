"""What became of questions is counted, and the confidence is fitted to it."""

from random import Random

import pytest

from eval.train.deciding import decide, features_of
from eval.train.product import Outcome, product_figures
from kb.answering.evidence import Evidence


def outcome(qid: str, *, answerable: bool, relevance: float = 0.0, strength: float = 0.0, **fields: object):
    evidence = Evidence(
        coverage=1.0,
        missing=0.0,
        bigram=1.0,
        cosine=0.9,
        spread=0.1,
        strength=strength,
        relevance=relevance,
        retrieved=0.5,
        confidence=0.5,
    )
    given = {
        "kind": "time",
        "ending": "quoted",
        "refused": False,
        "confidence": 0.5,
        "covered": 0.0,
        "exact": 0.0,
        "wanted_verdict": None,
        "verdict": None,
        "labels": (1 if answerable else 0,),
        "scores": (0.9,),
        "relevances": (relevance,),
        "evidence": evidence,
    }
    return Outcome.model_validate({"qid": qid, "answerable": answerable, **given, **fields})


def test_figures_count_whole_answers_and_right_refusals():
    asked = [
        outcome("whole", answerable=True, covered=1.0, exact=0.5, confidence=0.9),
        outcome("half", answerable=True, covered=0.5, exact=1.0, confidence=0.7),
        outcome("needlessly refused", answerable=True, refused=True, labels=(0, 1), confidence=0.2),
        outcome("rightly refused", answerable=False, refused=True, confidence=0.1),
        outcome("answered", answerable=False, confidence=0.8),
    ]
    figures = product_figures(asked)
    assert figures.right == 0.4
    assert (figures.first, figures.in_five) == (0.6667, 1.0)
    assert (figures.needless_refusals, figures.unsaid_refused) == (0.3333, 0.5)
    assert (figures.covered, figures.exact) == (0.75, 0.75)
    assert figures.auroc == pytest.approx(4 / 6)


def test_figures_count_verdicts_only_where_one_is_asked_for():
    asked = [
        outcome("right", answerable=True, wanted_verdict="no", verdict="no"),
        outcome("wrong", answerable=True, wanted_verdict="yes", verdict="no"),
        outcome("not given", answerable=True, wanted_verdict="yes"),
        outcome("not asked for", answerable=True),
    ]
    figures = product_figures(asked)
    assert (figures.verdict_given, figures.verdict_right) == (0.6667, 0.5)


def test_fit_finds_the_feature_that_tells_answerable_questions_from_others():
    chance = Random(1)
    asked = [
        outcome(
            f"{number}",
            answerable=answerable,
            relevance=chance.gauss(4 * answerable - 2, 2),
            strength=chance.gauss(0, 2),
        )
        for number in range(400)
        for answerable in (number % 2 == 0,)
    ]
    decision = decide(asked[:300], asked[300:], {one.qid: one.qid for one in asked})
    assert decision.best == pytest.approx(1.0, abs=0.25)  # of two normal distributions: distance / variance
    assert abs(decision.strength) < 0.2
    assert decision.auroc_others is not None and decision.auroc_others > 0.85


def test_question_whose_passages_were_not_read_is_left_out():
    assert features_of(outcome("faq", answerable=True).model_copy(update={"evidence": None})) is None
