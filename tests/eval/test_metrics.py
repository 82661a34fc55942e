"""Metrics checked against independent truth: ir-measures, a paper's examples, a textbook recursion."""

from functools import lru_cache

import ir_measures
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ir_measures import RR, Success

from eval import metrics
from kb.language.subsequence import lcs_length


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("２０２３年１０月底前，", "2023年10月底前", id="full_width"),
        pytest.param("各街道 至少安排\n1-2名。", "各街道至少安排1-2名", id="range_is_kept"),
        pytest.param("1—2名", "1-2名", id="dash_is_unified"),
        pytest.param("支持度达９９％以上。", "支持度达99%以上", id="percent_is_kept"),
        pytest.param("罚款10,000元、1.4万件", "罚款10000元1.4万件", id="thousands_and_decimals"),
        pytest.param("(牵头单位:区商务局;责任单位:各街道)", "牵头单位区商务局责任单位各街道", id="brackets"),
        pytest.param("IPv6 改造", "ipv6改造", id="lower_case"),
        pytest.param("，。！", "", id="punctuation_only"),
    ],
)
def test_bare_normalises_text_and_keeps_numbers(text, expected):
    assert metrics.bare(text) == expected


class TestRanking:
    RUNS = (
        ("q1", ["d3", "d1", "d2", "d4"], {"d1"}),
        ("q2", ["d2", "d4", "d5", "d6", "d1", "d3"], {"d1", "d3"}),
        ("q3", ["d4", "d2"], {"d9"}),
        ("q4", ["d7", "d8"], {"d7"}),
        ("q5", [f"x{n}" for n in range(10)] + ["d1"], {"d1"}),
    )

    @pytest.mark.parametrize("k", [1, 3, 5, 10])
    def test_success_equals_ir_measures(self, k):
        ours = [metrics.success_at(metrics.rank_of_first(run, good), k) for _, run, good in self.RUNS]
        assert sum(ours) / len(ours) == pytest.approx(self.theirs()[Success @ k])

    def test_reciprocal_rank_equals_ir_measures(self):
        ours = [metrics.reciprocal_rank(metrics.rank_of_first(run, good), 10) for _, run, good in self.RUNS]
        assert sum(ours) / len(ours) == pytest.approx(self.theirs()[RR @ 10])

    def theirs(self):
        qrels = [ir_measures.Qrel(name, doc, 1) for name, _, good in self.RUNS for doc in good]
        run = [
            ir_measures.ScoredDoc(name, doc, 100.0 - place)
            for name, ranked, _ in self.RUNS
            for place, doc in enumerate(ranked)
        ]
        return ir_measures.calc_aggregate(
            [Success @ 1, Success @ 3, Success @ 5, Success @ 10, RR @ 10], qrels, run
        )


class TestRougeL:
    """The three candidates of Lin (2004), section 3.1, with beta = 1."""

    REFERENCE = ("police", "killed", "the", "gunman")

    @pytest.mark.parametrize(
        ("candidate", "expected"),
        [
            ("police kill the gunman", 0.75),
            ("the gunman kill police", 0.5),
            ("the gunman police killed", 0.5),
        ],
    )
    def test_rouge_l_equals_examples_of_the_paper(self, candidate, expected):
        assert metrics.rouge_l(candidate.split(), self.REFERENCE) == expected

    def test_rouge_l_over_chinese_characters_equals_hand_worked(self):
        # LCS 区司法局 = 4; P = 4/5, R = 4/6; F = 2·4 / (5 + 6).
        assert metrics.rouge_l("由区司法局", "区司法局牵头") == pytest.approx(8 / 11)

    def test_rouge_l_of_empty_candidate_is_zero(self):
        assert metrics.rouge_l("", "区司法局") == 0.0

    @given(st.text("区司法局牵头", max_size=12), st.text("区司法局牵头", max_size=12))
    def test_lcs_equals_the_textbook_recursion(self, left, right):
        @lru_cache(None)
        def lcs(i: int, j: int) -> int:
            if i == 0 or j == 0:
                return 0
            if left[i - 1] == right[j - 1]:
                return lcs(i - 1, j - 1) + 1
            return max(lcs(i - 1, j), lcs(i, j - 1))

        assert lcs_length(left, right) == lcs(len(left), len(right))


class TestAnswerStandsIn:
    PASSAGE = (
        "2023年10月底前,各部门完成行政规范性文件系统清理工作,将现行有效行政规范性文件"
        "在政府门户网站政府信息公开专栏集中公开并动态更新。"
    )

    def test_short_answer_must_be_held_completely(self):
        assert metrics.mostly_stands_in("2023年10月底前", self.PASSAGE)
        assert not metrics.mostly_stands_in("2023年11月底前", self.PASSAGE)

    def test_half_of_long_answer_in_one_piece_is_enough(self):
        # 42 characters; the passage holds the first 23 in one piece, and 21 are needed.
        answer = (
            "各部门完成行政规范性文件系统清理工作，将现行有效，并把清理的结果逐项报送区司法局汇总备案公布"
        )
        assert metrics.mostly_stands_in(answer, self.PASSAGE)
        assert not metrics.stands_in(answer, self.PASSAGE)

    def test_scattered_words_are_not_an_answer(self):
        answer = "各部门清理工作要在门户网站上公开，行政规范性文件要更新，系统要集中，工作要完成，专栏要有效"
        assert not metrics.mostly_stands_in(answer, self.PASSAGE)

    def test_fewer_than_twenty_characters_in_one_piece_are_not_enough(self):
        # 21 characters in bare form: 20 in one piece are needed, the passage holds 15.
        assert not metrics.mostly_stands_in(
            "各部门完成行政规范性文件系统清，归司法局", self.PASSAGE + "各部门"
        )

    def test_empty_answer_is_held_by_no_passage(self):
        assert not metrics.mostly_stands_in("。", self.PASSAGE)


class TestKeyPoints:
    def test_key_point_recall_is_share_of_points_said(self):
        text = "(牵头单位:区审计局;责任单位:各被审计单位)"
        assert metrics.key_point_recall(["区审计局", "各被审计单位", "区财政局", "各街道"], text) == 0.5

    def test_one_alternative_of_a_key_point_is_enough(self):
        assert metrics.says("20个工作日|二十个工作日", "应当在二十个工作日内答复")

    @pytest.mark.parametrize(
        ("point", "text", "expected"),
        [
            pytest.param("1-2名", "至少安排１－２名", True, id="full_width"),
            pytest.param("1-2名", "安排12名", False, id="range_is_not_twelve"),
            pytest.param("2名", "安排12名", False, id="inside_a_longer_number"),
            pytest.param("99%以上", "达99以上", False, id="percent_counts"),
            pytest.param("第7", "第7日", True, id="ends_with_digit"),
            pytest.param("第7", "第70日", False, id="ends_inside_number"),
        ],
    )
    def test_key_point_number_matches_only_whole_number(self, point, text, expected):
        assert metrics.says(point, text) is expected


class TestAuroc:
    def test_auroc_equals_hand_worked_example(self):
        # Pairs (0.9, 0.8) × (0.7, 0.8, 0.1): 0.9 wins 3; 0.8 wins 2 and ties 1 -> 5.5 of 6.
        assert metrics.auroc([0.9, 0.8], [0.7, 0.8, 0.1]) == pytest.approx(5.5 / 6)

    def test_auroc_of_perfect_and_reversed_order(self):
        assert metrics.auroc([0.9], [0.1, 0.2]) == 1.0
        assert metrics.auroc([0.1], [0.2, 0.3]) == 0.0

    def test_auroc_is_none_without_both_sides(self):
        assert metrics.auroc([], [0.5]) is None


class TestSupport:
    QUOTE = (
        "区直各部门至少确定1名政策解答员,各街道至少安排1-2名政策解答员,"
        "相关名单和工作联系方式将于8月底前向社会公布。"
    )

    @pytest.mark.parametrize(
        ("text", "literally", "expected"),
        [
            pytest.param(QUOTE, True, True, id="the_quote_itself"),
            pytest.param("各街道至少安排1-2名政策解答员。", True, True, id="part_of_it"),
            pytest.param("街道要配1-2名政策解答员。", True, False, id="paraphrase_is_not_a_quote"),
            pytest.param("街道要配1-2名政策解答员。", False, True, id="paraphrase_may_be_generated"),
            pytest.param("街道要配3名政策解答员。", False, False, id="number_from_nowhere"),
            pytest.param("名单9月底前公布。", False, False, id="date_from_nowhere"),
            pytest.param("应在二十日内公布。", False, False, id="chinese_number_from_nowhere"),
        ],
    )
    def test_quotes_support_requires_numbers_and_quoted_sentences(self, text, literally, expected):
        assert metrics.quotes_support(text, [self.QUOTE], literally=literally) is expected

    def test_answer_without_quotes_is_unsupported(self):
        assert not metrics.quotes_support("区司法局", [], literally=True)


@given(st.lists(st.floats(0, 1000), min_size=1, max_size=30), st.floats(0, 1))
def test_percentile_equals_numpy(values, share):
    assert metrics.percentile(values, share) == pytest.approx(np.percentile(values, share * 100))
