"""kb.answering.asked: whether a question goes on with the one before, by the passages and by the reader."""

import math

from factories import make_hit

from kb.answering.asked import goes_on
from kb.hits import Hits, PassageReading

LEAVE = "用人单位不安排年休假的，按照职工日工资收入的300%支付年休假工资报酬"
LETTERS = "信访事项应当自受理之日起60日内办结"


def found(text: str, likelihood: float | None = None, **weights: float) -> Hits:
    """One passage, which the reader finds to answer with `likelihood`."""
    hit = make_hit(text)
    if likelihood is not None:
        logit = math.log(likelihood / (1 - likelihood))
        reading = PassageReading(relevance=logit, marks=())
        hit = hit.model_copy(update={"reading": reading})
    return Hits(kept=(hit,), weights=weights)


def test_question_whose_words_stand_beside_the_matter_before_goes_on():
    assert goes_on(found(LETTERS, 报酬=1.0), found(LEAVE, 年休假=1.0, 报酬=1.0))


def test_question_in_other_words_goes_on_when_the_reader_finds_the_answer_only_together():
    assert goes_on(found(LETTERS, 0.07, 补钱=1.0), found(LEAVE, 0.6, 年休假=1.0, 补钱=1.0))


def test_question_that_is_answered_better_alone_does_not_go_on():
    assert not goes_on(found(LETTERS, 0.7, 信访=1.0), found(LEAVE, 0.3, 年休假=1.0, 信访=1.0))


def test_question_that_the_reader_finds_answered_nowhere_does_not_go_on():
    assert not goes_on(found(LETTERS, 0.02, 公积金=1.0), found(LEAVE, 0.03, 年休假=1.0, 公积金=1.0))
    assert not goes_on(found(LETTERS, 公积金=1.0), found(LEAVE, 年休假=1.0, 公积金=1.0))
