import pytest
from factories import make_hit
from outcomes import DOCUMENT, REFUSAL, make_answer, make_citation, make_item, make_record

from eval.records import Cause, holds_answer, judge, own_words, rank
from kb.answers import Ending
from kb.hits import Hits
from kb.models import Status

TEXTS = {"plan": DOCUMENT}


def test_document_rank_counts_each_document_once_at_its_best_hit():
    hits = Hits(kept=tuple(make_hit("甲", document_id=name) for name in ("a", "a", "b", "a", "plan")))
    assert rank(make_item(), hits, frozenset({"plan"})).document_rank == 3


def test_answer_rank_counts_hits():
    hits = Hits(kept=(make_hit("安排12名。"), make_hit("安排1-2名，8月底前公布。")))
    ranking = rank(make_item(key_points=["1-2名", "8月底前"]), hits, frozenset())
    assert (ranking.document_rank, ranking.answer_rank, ranking.answer_rank_strict) == (None, 2, 2)


def test_evidence_decides_before_the_answer():
    item = make_item(answer="您好，一到两名。", evidence=["别的段落。", "各街道至少安排1-2名"])
    assert holds_answer(item, DOCUMENT)
    assert not holds_answer(item, "您好，一到两名。")


def test_passage_must_hold_all_key_points():
    item = make_item(key_points=["1-2名", "2023年10月底前"])
    assert not holds_answer(item, DOCUMENT)


def test_cross_document_question_answered_by_passages_together():
    fields = {"key_points": ["20个工作日", "8月底前"], "doc_ids": ["law"]}
    hits = Hits(
        kept=(
            make_hit("自收到申请之日起20个工作日内答复。", document_id="law"),
            make_hit("无关的话。", document_id="other"),
            make_hit("名单将于8月底前公布。", document_id="plan"),
        )
    )
    across = make_item(type="cross_document", **fields)
    assert rank(across, hits, frozenset({"plan", "law"})).answer_rank == 3
    assert rank(make_item(**fields), hits, frozenset({"plan", "law"})).answer_rank is None


class TestJudge:
    def test_right_answer_has_quality_one_and_no_cause(self):
        record = judge(make_record(), TEXTS)
        assert record.key_point_recall == 1.0
        assert record.citation_supports is True
        assert record.answer_in_document is True
        assert record.rouge_l is None
        assert (record.quality, record.cause) == (1.0, None)

    def test_half_of_the_key_points_is_wrong_passage(self):
        record = judge(make_record(make_item(key_points=["1-2名", "至少确定1名"])), TEXTS)
        assert (record.key_point_recall, record.cause) == (0.5, Cause.WRONG_PASSAGE)

    def test_rouge_l_is_over_the_answers_own_words(self):
        item = make_item(key_points=[], answer="至少安排1-2名")
        answer = make_answer("各街道至少安排1-2名", (make_citation("各街道至少安排1-2名"),))
        record = judge(make_record(item, answer), TEXTS)
        # 8 characters of 11: P = 8/11, R = 8/8.
        assert record.rouge_l == pytest.approx(16 / 19)
        assert record.cause is None

    def test_refused_answerable_question_counts_zero(self):
        record = judge(make_record(make_item(answer="1-2名"), REFUSAL), TEXTS)
        assert (record.key_point_recall, record.rouge_l, record.citation_supports) == (0.0, 0.0, None)
        assert record.cause is Cause.WRONGLY_REFUSED

    def test_refusal_after_retrieval_miss_is_cause_missed(self):
        assert judge(make_record(answer=REFUSAL, document_rank=6), TEXTS).cause is Cause.MISSED

    def test_unanswerable_question_answered_is_wrong_and_refused_is_right(self):
        item = make_item(answerable=False, doc_id=None, key_points=[])
        answered = judge(make_record(item, documents=(), rankings={}), TEXTS)
        assert (answered.cause, answered.key_point_recall) == (Cause.WRONGLY_ANSWERED, None)
        assert judge(make_record(item, REFUSAL, documents=(), rankings={}), TEXTS).cause is None

    def test_evidence_quoted_in_part_counts_as_right(self):
        item = make_item(key_points=[], answer="您好，街道要配一到两名。", evidence=[DOCUMENT])
        answer = make_answer(
            "各街道至少安排1-2名政策解答员", (make_citation("各街道至少安排1-2名政策解答员"),)
        )
        assert judge(make_record(item, answer), TEXTS).cause is None


class TestMustNot:
    """Phrases that must not be said: the old edition's rule, words an attack asks for."""

    ITEM = make_item(must_not=["9月底前"])

    def test_forbidden_phrase_spoils_a_right_answer(self):
        answer = make_answer("至少安排1-2名，9月底前公布", (make_citation(DOCUMENT),))
        record = judge(make_record(self.ITEM, answer), TEXTS)
        assert (record.key_point_recall, record.quality) == (1.0, 0.0)
        assert (record.must_not_violated, record.cause) == (True, Cause.FORBIDDEN)

    def test_quoted_forbidden_phrase_counts_as_said(self):
        answer = make_answer("至少安排1-2名", (make_citation("至少安排1-2名"), make_citation("9 月底前")))
        assert judge(make_record(self.ITEM, answer), TEXTS).must_not_violated is True

    def test_answer_without_forbidden_phrase_passes(self):
        record = judge(make_record(self.ITEM), TEXTS)
        assert (record.must_not_violated, record.cause) == (False, None)

    def test_refusal_never_violates_must_not(self):
        record = judge(make_record(self.ITEM, REFUSAL), TEXTS)
        assert (record.must_not_violated, record.cause) == (False, Cause.WRONGLY_REFUSED)

    def test_must_not_is_none_for_items_without_the_field(self):
        assert judge(make_record(), TEXTS).must_not_violated is None


class TestFaq:
    """An approved FAQ entry is judged by its words, and by its citations only where it has any."""

    def test_faq_answer_without_citations_judged_by_its_words(self):
        answer = make_answer("每个街道1-2名。", (), Ending.FAQ, confidence=1.0)
        record = judge(make_record(answer=answer), TEXTS)
        assert (record.quality, record.cause, record.citation_supports) == (1.0, None, None)

    def test_faq_answer_with_citation_in_place_is_supported(self):
        answer = make_answer("每个街道1-2名。", (make_citation(DOCUMENT),), Ending.FAQ)
        assert judge(make_record(answer=answer), TEXTS).citation_supports is True


class TestCitationSupports:
    @pytest.mark.parametrize(
        ("answer", "expected"),
        [
            pytest.param(make_answer(), True, id="quote_in_place"),
            pytest.param(make_answer(citations=(make_citation(DOCUMENT, start=1),)), False, id="wrong_span"),
            pytest.param(make_answer(citations=()), False, id="no_citation"),
            pytest.param(
                make_answer("街道安排3名。", (make_citation(DOCUMENT),)), False, id="words_of_its_own"
            ),
            pytest.param(
                make_answer(citations=(make_citation(DOCUMENT, document_id="gone"),)),
                False,
                id="unknown_document",
            ),
        ],
    )
    def test_citation_supports_needs_quote_in_place_and_covered_words(self, answer, expected):
        assert judge(make_record(answer=answer), TEXTS).citation_supports is expected

    def test_notice_on_outdated_text_needs_no_citation(self):
        citation = make_citation(DOCUMENT, document="2012年条例", status=Status.REPEALED)
        text = f"注意：《2012年条例》已废止，以下内容仅供查阅。\n{DOCUMENT}"
        answer = make_answer(text, (citation,))
        assert own_words(answer) == DOCUMENT
        assert judge(make_record(answer=answer), TEXTS).citation_supports is True
