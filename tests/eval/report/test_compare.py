"""Comparison of a run with the last accepted one."""

import json

import pytest
from outcomes import DOCUMENT, REFUSAL, make_item, make_record

from eval.__main__ import fall_sentence
from eval.records import judge
from eval.report.compare import TRACKED, Change, Direction, changes, drops, read_previous, turned
from eval.report.labels import METRICS
from eval.run import write_records


def judged(qid, *answer, **fields):
    return judge(make_record(make_item(qid=qid, **fields), *answer), {"plan": DOCUMENT})


@pytest.mark.parametrize(
    ("metric", "before", "now", "falls"),
    [
        pytest.param("mrr@10", 0.90, 0.88, False, id="two_points_pass"),
        pytest.param("mrr@10", 0.90, 0.87, True, id="three_points_fall"),
        pytest.param("mrr@10", 0.80, 0.90, False, id="better"),
        pytest.param("answerable_refused", 0.10, 0.13, True, id="less_is_better_and_it_rose"),
        pytest.param("answerable_refused", 0.13, 0.05, False, id="less_is_better_and_it_fell"),
        pytest.param("ece", 0.05, 0.08, True, id="calibration"),
        pytest.param("must_not_violations", 0.0, 0.5, True, id="forbidden_words"),
        pytest.param("rouge_l", 0.5, None, False, id="no_longer_measured"),
        pytest.param("ask_p50_ms", 10.0, 99.0, False, id="timings_are_not_tracked"),
        pytest.param("n_questions", 100, 50, False, id="counts_are_not_tracked"),
    ],
)
def test_drop_counted_only_for_tracked_metric_worse_by_over_two_points(metric, before, now, falls):
    assert [change.metric for change in drops({metric: now}, {metric: before})] == [metric] * falls


def test_gain_is_positive_in_the_good_direction():
    compared = changes({"mrr@10": 0.7, "ece": 0.1}, {"mrr@10": 0.5, "ece": 0.3})
    assert {name: change.gain for name, change in compared.items()} == {"mrr@10": 0.2, "ece": 0.2}


def test_tracked_metrics_have_name_and_direction():
    assert set(TRACKED) <= set(METRICS)
    assert {name for name, way in TRACKED.items() if way is Direction.DOWN} == {
        "must_not_violations",
        "answerable_refused",
        "ece",
    }


def test_fall_sentence_names_metric_before_and_now():
    risen = fall_sentence(Change(metric="answerable_refused", before=0.1, now=0.15))
    assert risen == "误拒率 answerable_refused 由 10.0% 升到 15.0%，变差超过 2 个百分点"
    assert "由 0.900 降到 0.800" in fall_sentence(Change(metric="mrr@10", before=0.9, now=0.8))


class TestTurned:
    """Questions whose outcome changed, compared with the records of the earlier run."""

    @pytest.fixture
    def previous(self, tmp_path):
        write_records(
            [judged("a"), judged("b", REFUSAL), judged("c"), judged("d")], tmp_path / "records.jsonl"
        )
        return read_previous(None, tmp_path)

    def test_turned_lists_newly_wrong_and_newly_right_questions(self, previous):
        now = [judged("a", REFUSAL), judged("b"), judged("c"), judged("new", REFUSAL)]
        changed = turned(now, previous)
        assert [record.item.qid for record in changed.wrong] == ["a"]
        assert [record.item.qid for record in changed.right] == ["b"]

    def test_reworded_question_is_not_compared(self, previous):
        assert turned([judged("a", REFUSAL, question="几名解答员？")], previous).wrong == ()


class TestReadPrevious:
    def test_records_beside_the_baseline_win_over_those_in_out(self, tmp_path):
        old, out = tmp_path / "old", tmp_path / "out"
        for folder, record in ((old, judged("a")), (out, judged("b"))):
            folder.mkdir()
            write_records([record], folder / "records.jsonl")
        baseline = old / "report.json"
        baseline.write_text(json.dumps({"mrr@10": 0.9}), encoding="utf-8")
        previous = read_previous(baseline, out)
        assert (previous.scores, list(previous.questions)) == ({"mrr@10": 0.9}, ["a"])
        (old / "records.jsonl").unlink()
        assert list(read_previous(baseline, out).questions) == ["b"]

    def test_read_previous_is_empty_without_earlier_run(self, tmp_path):
        previous = read_previous(None, tmp_path)
        assert (previous.scores, previous.questions) == ({}, {})

    def test_records_of_another_version_are_ignored(self, tmp_path):
        (tmp_path / "records.jsonl").write_text('{"qid": "a"}\n', encoding="utf-8")
        assert read_previous(None, tmp_path).questions == {}
