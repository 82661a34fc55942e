"""The closer ranking: documents by their best passage, passages by their form."""

import pytest
from factories import make_hit

from kb.models import Signal
from kb.retrieval.fusion import weights_for
from kb.retrieval.ranking import blended, form, is_article, is_bare_head, ordered

WEIGHTS = {"低保": 4.0, "申请": 2.0}


@pytest.mark.parametrize(
    ("coverage", "dense", "mapped", "bigram"),
    [(0.2, 0.0, 0.65, 0.15), (0.7, 0.1, 0.325, 0.325), (1.0, 0.2, 0.0, 0.5)],
    ids=["lay", "between", "official"],
)
def test_signal_weights_move_with_coverage(coverage: float, dense: float, mapped: float, bigram: float):
    weights = weights_for(coverage)
    assert weights[Signal.DENSE] == pytest.approx(dense)
    assert weights[Signal.MAPPED] == pytest.approx(mapped)
    assert weights[Signal.BIGRAM] == pytest.approx(bigram)


def test_weights_shift_from_dense_to_bigram_with_coverage():
    by_meaning = {Signal.MAPPED: 1.0, Signal.BIGRAM: 0.1}
    by_words = {Signal.MAPPED: 0.1, Signal.BIGRAM: 1.0}
    lay = [make_hit("困难家庭可以领取补助。", signals=by_meaning), make_hit("甲乙丙丁。", signals=by_words)]
    official = [make_hit("低保的申请。", signals=by_meaning), make_hit("低保申请。", signals=by_words)]
    assert [round(hit.score, 3) for hit in blended(lay, WEIGHTS)] == [0.665, 0.215]
    scores = [hit.score for hit in blended(official, WEIGHTS)]
    assert scores[1] > scores[0]


def test_opening_that_repeats_the_title_ranks_below_the_answer():
    title = "低保申请办理规定"
    opening = make_hit("为规范低保申请办理，制定低保申请办理规定。", document_title=title, score=0.8)
    answer = make_hit("一是提交书面材料；二是入户调查；三是张榜公示。", document_title=title, score=0.75)
    assert ordered("低保怎么申请", [opening, answer])[0].chunk.text == answer.chunk.text


def test_document_with_best_score_stays_first():
    better = make_hit(
        "为规范低保申请，制定本规定。", document_title="低保申请规定", document_id="a", score=0.8
    )
    other = make_hit("一是提交；二是调查；三是公示。", document_title="公告", document_id="b", score=0.75)
    ranked = ordered("低保怎么申请", [other, better])
    assert [hit.document.id for hit in ranked] == ["a", "b"]
    assert ranked[0].score == pytest.approx(0.8)


def test_list_marks_score_only_for_an_open_question():
    hit = make_hit("（一）甲；（二）乙；（三）丙。", document_title="别的")
    assert form(hit, is_open=True) > form(hit, is_open=False) == 0.0


def test_article_keeps_weight_of_mapped_signal_at_full_coverage():
    signals = {Signal.MAPPED: 1.0, Signal.BIGRAM: 0.1}
    article = make_hit(
        "第七条 用人单位自用工之日起即与劳动者建立劳动关系。", heading_path=("第七条",), signals=signals
    )
    notice = make_hit("用人单位自用工之日起即与劳动者建立劳动关系。", signals=signals)
    question_weights = {"劳动": 1.0, "关系": 1.0}
    by_article, by_notice = (blended([hit], question_weights)[0].score for hit in (article, notice))
    assert by_article == pytest.approx(by_notice + 0.3 - 0.01)


@pytest.mark.parametrize(
    ("title", "headings", "expected"),
    [
        ("劳动合同法", ("第二章 劳动合同的订立", "第七条"), True),
        ("劳动合同法", ("第五十九条 劳务派遣协议",), True),
        ("个体工商户条例第十七条", (), True),
        ("浔阳区政务公开工作要点", ("二、解读回应", "(六)丰富政策解读形式"), False),
        ("关于修改《烟草专卖法》第七条的决定", (), False),
    ],
)
def test_article_is_recognised_by_heading_or_title(title: str, headings: tuple[str, ...], expected: bool):
    assert is_article(make_hit("内容。", document_title=title, heading_path=headings).chunk) is expected


HEAD = "带薪年休假条例\n发文机关：国务院\n发文日期：2007年12月14日\n时效性：现行有效"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (HEAD, True),
        ("# 带薪年休假条例\n\n2007年12月14日 国务院令第514号公布", True),
        ("浔阳区人民政府办公室\n2023年9月4日", True),
        ("国务院\n二〇〇七年十二月十四日", True),
        ("带薪年休假条例\n第一条 为了维护职工休息休假权利，制定本条例。", False),
        ("咨询电话：0792-8123456", False),
        ("三、《休假问题的通知》（发布日期：1993年8月18日）", False),
    ],
)
def test_bare_head_is_recognised(text: str, expected: bool):
    assert is_bare_head(make_hit(text, document_title="带薪年休假条例").chunk) is expected


def test_bare_head_ranks_last_unless_the_question_asks_for_it():
    title = "带薪年休假条例"
    rule = make_hit("职工累计工作已满1年不满10年的，年休假5天。", document_title=title, score=0.75)
    head = make_hit(HEAD, document_title=title, score=0.9)
    assert ordered("年休假有几天", [head, rule])[0].chunk.text == rule.chunk.text
    assert ordered("带薪年休假条例的发文日期", [head, rule])[0].chunk.text == head.chunk.text
