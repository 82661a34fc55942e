"""kb.answering.asked: whether a question goes on with the one before, by the passages and by the reader."""

import math

import pytest
from factories import make_hit

from kb.answering.asked import as_it_goes_on, goes_on, is_beside, with_useful_history
from kb.hits import Hits, PassageReading
from kb.models import Filters, Question, Signal
from kb.question.understanding import Query

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


def test_passage_that_holds_nothing_of_the_matter_before_is_no_sign_of_going_on():
    own = found(LETTERS, 年休假=1.0, 报酬=1.0)
    assert not goes_on(own, found(LEAVE, 国庆节=1.0, 年休假=1.0, 报酬=1.0))


def test_question_in_other_words_goes_on_when_the_reader_finds_the_answer_only_together():
    assert goes_on(found(LETTERS, 0.07, 补钱=1.0), found(LEAVE, 0.6, 年休假=1.0, 补钱=1.0))


def test_question_that_is_answered_better_alone_does_not_go_on():
    assert not goes_on(found(LETTERS, 0.7, 信访=1.0), found(LEAVE, 0.3, 年休假=1.0, 信访=1.0))


def test_question_that_the_reader_finds_answered_nowhere_does_not_go_on():
    assert not goes_on(found(LETTERS, 0.02, 公积金=1.0), found(LEAVE, 0.03, 年休假=1.0, 公积金=1.0))
    assert not goes_on(found(LETTERS, 公积金=1.0), found(LEAVE, 年休假=1.0, 公积金=1.0))


def test_question_that_names_no_thing_leans_on_the_question_before():
    own, together = found(LETTERS, 0.5, 送到=1.0), found(LEAVE, 0.3, 年休假=1.0, 送到=1.0)
    assert goes_on(own, together, leaning=True) and not goes_on(own, together)


def test_question_goes_on_when_a_known_question_finds_the_answer_only_together():
    known = found(LEAVE, 0.05, 年休假=1.0, 补钱=1.0)
    hit = known.kept[0].model_copy(update={"signals": {Signal.ASKED: 0.8}})
    assert goes_on(found(LETTERS, 0.07, 补钱=1.0), known.model_copy(update={"kept": (hit,)}))


def test_matter_that_the_conversation_named_last_is_tried_after_the_question_before():
    query = Query(
        text="租房能提吗",
        own="租房能提吗",
        filters=Filters(),
        joined="贷款 租房能提吗",
        named="公积金 租房能提吗",
    )
    hits = {"贷款 租房能提吗": found(LETTERS, 0.05), "公积金 租房能提吗": found(LEAVE, 0.6)}
    chosen, together = as_it_goes_on(query, found(LETTERS, 0.1, 租房=1.0), hits.__getitem__, None)
    assert (chosen.text, chosen.follows) == ("公积金 租房能提吗", True)
    assert together is hits["公积金 租房能提吗"]


@pytest.mark.parametrize(
    ("matter", "beside"),
    [("护照怎么办", True), ("年休假有几天", False), ("办不完能拖几天", False), ("生双胞胎多少天", True)],
)
def test_document_that_knows_nothing_of_the_matter_is_beside_it(matter: str, beside: bool):
    assert is_beside(matter, LEAVE) is beside


def test_everyday_name_of_a_thing_stands_for_the_documents_name():
    assert not is_beside("案子简单", "案情简单的案件三十日内办结")
    assert is_beside("种子", "各种车辆按时年检")


def test_greeting_is_no_part_of_the_question_nor_of_those_before():
    asked = Question(text="请问谁来审批", history=("你好", "你好，我想问下低保怎么办", "谢谢"))
    assert with_useful_history(asked) == Question(text="谁来审批", history=("低保怎么办",))
