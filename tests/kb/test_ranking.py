"""The closer ranking: documents by their best passage, passages by how they look as an answer."""

import pytest
from factories import make_hit

from kb.fusion import weights_for
from kb.models import Signal
from kb.ranking import blended, form, ordered

WEIGHTS = {"低保": 4.0, "申请": 2.0}


@pytest.mark.parametrize(
    ("coverage", "dense", "mapped", "bigram"),
    [(0.2, 0.0, 0.65, 0.15), (0.7, 0.1, 0.325, 0.325), (1.0, 0.2, 0.0, 0.5)],
    ids=["lay", "between", "official"],
)
def test_weights_move_with_how_official_the_words_are(
    coverage: float, dense: float, mapped: float, bigram: float
):
    weights = weights_for(coverage)
    assert weights[Signal.DENSE] == pytest.approx(dense)
    assert weights[Signal.MAPPED] == pytest.approx(mapped)
    assert weights[Signal.BIGRAM] == pytest.approx(bigram)


def test_lay_words_trust_the_meaning_and_official_words_the_characters():
    by_meaning = {Signal.MAPPED: 1.0, Signal.BIGRAM: 0.1}
    by_words = {Signal.MAPPED: 0.1, Signal.BIGRAM: 1.0}
    lay = [make_hit("困难家庭可以领取补助。", signals=by_meaning), make_hit("甲乙丙丁。", signals=by_words)]
    official = [make_hit("低保的申请。", signals=by_meaning), make_hit("低保申请。", signals=by_words)]
    assert [round(hit.score, 3) for hit in blended(lay, WEIGHTS)] == [0.665, 0.215]
    scores = [hit.score for hit in blended(official, WEIGHTS)]
    assert scores[1] > scores[0]


def test_an_opening_that_repeats_the_title_comes_after_the_passage_that_answers():
    title = "低保申请办理规定"
    opening = make_hit("为规范低保申请办理，制定低保申请办理规定。", document_title=title, score=0.8)
    answer = make_hit("一是提交书面材料；二是入户调查；三是张榜公示。", document_title=title, score=0.75)
    assert ordered("低保怎么申请", [opening, answer])[0].chunk.text == answer.chunk.text


def test_the_first_document_stays_first():
    better = make_hit(
        "为规范低保申请，制定本规定。", document_title="低保申请规定", document_id="a", score=0.8
    )
    other = make_hit("一是提交；二是调查；三是公示。", document_title="公告", document_id="b", score=0.75)
    ranked = ordered("低保怎么申请", [other, better])
    assert [hit.document.id for hit in ranked] == ["a", "b"]
    assert ranked[0].score == pytest.approx(0.8)


def test_list_marks_count_only_for_an_open_question():
    hit = make_hit("（一）甲；（二）乙；（三）丙。", document_title="别的")
    assert form(hit, is_open=True) > form(hit, is_open=False) == 0.0
