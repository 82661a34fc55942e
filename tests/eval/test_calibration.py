"""Reliability and refusal curve, checked against examples worked by hand."""

import pytest
from outcomes import DOCUMENT, REFUSAL, make_answer, make_citation, make_item, make_record

from eval.calibration import expected_calibration_error, is_right, refusal_curve, reliability
from eval.records import judge
from kb.answers import Ending

UNANSWERABLE = make_item(answerable=False, doc_id=None, key_points=[])


def judged(item=None, answer=None, **fields):
    return judge(make_record(item, answer, **fields), {"plan": DOCUMENT})


def sure(confidence, right=True):
    """A record answered with this confidence, rightly or wrongly."""
    return judged(
        make_item(key_points=["1-2名" if right else "区司法局"]), make_answer(confidence=confidence)
    )


class TestIsRight:
    """A confidence claims that the documents hold the answer and that what is shown first says it."""

    @pytest.mark.parametrize(
        ("record", "expected"),
        [
            pytest.param(judged(), True, id="answered_in_full"),
            pytest.param(judged(make_item(key_points=["1-2名", "区司法局"])), False, id="half_of_the_points"),
            pytest.param(judged(make_item(must_not=["8月底前"])), False, id="said_what_must_not_be_said"),
            pytest.param(judged(UNANSWERABLE, documents=(), rankings={}), False, id="nothing_to_be_right"),
            pytest.param(judged(UNANSWERABLE, REFUSAL, documents=(), rankings={}), False, id="well_refused"),
            pytest.param(judged(answer=REFUSAL, answer_rank=3), True, id="refused_though_it_was_third"),
            pytest.param(judged(answer=REFUSAL, answer_rank=4), False, id="refused_and_it_was_fourth"),
            pytest.param(judged(answer=REFUSAL, answer_rank=None), False, id="refused_and_not_found"),
            pytest.param(
                judged(make_item(key_points=[]), REFUSAL, answer_rank=None),
                True,
                id="only_a_document_to_find",
            ),
            pytest.param(
                judged(answer=make_answer("1-2名", (), Ending.FAQ)), True, id="faq_entry_without_citation"
            ),
        ],
    )
    def test_is_right_by_answer_refusal_and_rank(self, record, expected):
        assert is_right(record) is expected

    @pytest.mark.parametrize(("foreign", "expected"), [(2, True), (3, False)])
    def test_right_document_must_be_among_first_three_citations(self, foreign, expected):
        others = (make_citation("别的话。", document_id="other"),) * foreign
        record = judged(answer=make_answer(citations=(*others, make_citation(DOCUMENT))))
        assert is_right(record) is expected


class TestCalibrationError:
    def test_ece_equals_hand_worked_example(self):
        # Four at 0.95, three of them right, and one wrong at 0.25: 4/5 * |0.75 - 0.95| + 1/5 * 0.25 = 0.21.
        records = [sure(0.95), sure(0.95), sure(0.95), sure(0.95, right=False), sure(0.25, right=False)]
        bins = reliability(records)
        assert expected_calibration_error(bins) == pytest.approx(0.21)
        assert [bin_.count for bin_ in bins] == [0, 0, 1, 0, 0, 0, 0, 0, 0, 4]
        assert (bins[9].share_right, bins[0].share_right) == (0.75, None)

    def test_perfect_calibration_has_no_error(self):
        records = [sure(0.5), sure(0.5, right=False), sure(1.0)]
        assert expected_calibration_error(reliability(records)) == 0.0

    @pytest.mark.parametrize(
        ("confidence", "place"),
        [(0.0, 0), (0.05, 0), (0.1, 0), (0.11, 1), (0.3, 2), (0.7, 6), (0.9, 8), (1.0, 9)],
    )
    def test_bin_includes_its_upper_end(self, confidence, place):
        bins = reliability([sure(confidence)])
        assert [bin_.count for bin_ in bins].index(1) == place

    def test_ece_is_none_without_questions(self):
        assert expected_calibration_error(reliability([])) is None


class TestRefusalCurve:
    CURVE = refusal_curve(
        [
            judged(UNANSWERABLE, make_answer(confidence=0.2), documents=(), rankings={}),
            judged(UNANSWERABLE, make_answer(confidence=0.6), documents=(), rankings={}),
            sure(0.4),
            sure(0.8),
            sure(0.9),
        ]
    )

    @pytest.mark.parametrize(
        ("threshold", "precision", "recall", "needless"),
        [
            pytest.param(0.0, None, 0.0, 0.0, id="nothing_refused"),
            pytest.param(0.2, None, 0.0, 0.0, id="equal_is_answered"),
            pytest.param(0.3, 1.0, 0.5, 0.0, id="only_the_right_one"),
            pytest.param(0.5, 0.5, 0.5, 1 / 3, id="one_of_each"),
            pytest.param(0.7, 2 / 3, 1.0, 1 / 3, id="all_unanswerable"),
            pytest.param(1.0, 2 / 5, 1.0, 1.0, id="everything_refused"),
        ],
    )
    def test_refusal_curve_equals_hand_worked_example(self, threshold, precision, recall, needless):
        (point,) = (candidate for candidate in self.CURVE if candidate.threshold == threshold)
        assert (point.precision, point.recall, point.needless) == (precision, recall, needless)

    def test_refusal_curve_empty_without_both_kinds_of_questions(self):
        assert refusal_curve([sure(0.9)]) == ()
