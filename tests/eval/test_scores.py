import pytest
from outcomes import DOCUMENT, REFUSAL, make_answer, make_citation, make_item, make_record

from eval.records import Cause, judge
from eval.scores import score

NAMES = (
    "doc_hit@1",
    "doc_hit@3",
    "doc_hit@5",
    "doc_hit@10",
    "mrr@10",
    "answer_in_top1",
    "answer_in_top5",
    "rouge_l",
    "key_point_recall",
    "citation_supports_answer",
    "must_not_violations",
    "right",
    "ece",
    "refusal_precision",
    "refusal_recall",
    "refusal_auroc",
    "ask_p50_ms",
    "ask_p95_ms",
    "ingest_chunks_per_s",
    "n_questions",
)


def judged(*records):
    return [judge(record, {"plan": DOCUMENT}) for record in records]


UNANSWERABLE = make_item(answerable=False, doc_id=None, key_points=[], type="unanswerable_near")
MIXED = judged(
    make_record(make_item(type="number", split="dev"), ask_ms=10.0),
    make_record(make_item(type="number", split="test"), document_rank=4, answer_rank=6, ask_ms=20.0),
    make_record(
        make_item(type="fact", split="dev"), REFUSAL, document_rank=None, answer_rank=None, ask_ms=30.0
    ),
    make_record(UNANSWERABLE, REFUSAL, rankings={}, documents=(), ask_ms=40.0),
    make_record(UNANSWERABLE, make_answer(confidence=0.95), rankings={}, documents=(), ask_ms=50.0),
)


@pytest.fixture(scope="module")
def scores():
    return score(MIXED, 12.5)


def test_scores_hold_every_contract_name_and_are_flat(scores):
    assert set(NAMES) <= set(scores)
    assert all(value is None or isinstance(value, int | float) for value in scores.values())


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("doc_hit@1", 1 / 3),
        ("doc_hit@5", 2 / 3),
        ("mrr@10", (1 + 1 / 4) / 3),
        ("answer_in_top5", 1 / 3),
        ("dense.doc_hit@1", 0.0),
        ("rrf.doc_hit@5", 2 / 3),
        ("dense.answer_in_top5_strict", 0.0),
        ("key_point_recall", 2 / 3),
        ("citation_supports_answer", 1.0),
        ("refusal_precision", 1 / 2),
        ("refusal_recall", 1 / 2),
        ("answerable_refused", 1 / 3),
        # 1 - confidence: unanswerable 0.8, 0.05; answerable 0.1, 0.1, 0.8 -> 2 wins, 1 tie, 3 losses of 6.
        ("refusal_auroc", 2.5 / 6),
        ("ask_p50_ms", 30.0),
        ("ask_p95_ms", 48.0),
        ("ingest_chunks_per_s", 12.5),
        ("n_questions", 5),
        ("type.number.doc_hit@1", 1 / 2),
        ("type.unanswerable_near.refusal_recall", 1 / 2),
        ("right", 3 / 5),
        ("type.number.right", 1.0),
        ("type.fact.right", 0.0),
        ("type.unanswerable_near.right", 1 / 2),
        ("split.dev.key_point_recall", 1 / 2),
        ("split.dev.right", 1 / 2),
        ("split.dev.doc_hit@1", 1 / 2),
        ("split.test.doc_hit@5", 1.0),
        ("split.test.n_questions", 1),
        # Confidence 0.9 twice: both right; 0.2 twice: both not; 0.95 once: not.
        # 2/5 * |1 - 0.9| + 2/5 * |0 - 0.2| + 1/5 * |0 - 0.95| = 0.04 + 0.08 + 0.19
        ("ece", 0.31),
    ],
)
def test_scores_equal_hand_worked_values(scores, name, expected):
    assert scores[name] == pytest.approx(expected, abs=1e-4)


def test_metrics_that_do_not_apply_are_none(scores):
    assert scores["rouge_l"] is None
    only_answerable = score(MIXED[:3], None)
    for name in ("refusal_precision", "refusal_recall", "refusal_auroc", "ingest_chunks_per_s"):
        assert only_answerable[name] is None


def test_type_slices_hold_only_metrics_that_apply(scores):
    assert "type.number.refusal_recall" not in scores
    assert "type.unanswerable_near.doc_hit@1" not in scores


def test_single_split_gives_no_split_metrics():
    assert not any(name.startswith("split.") for name in score([MIXED[0], MIXED[2]], None))


def test_must_not_violations_counts_only_items_with_the_field():
    item = make_item(must_not=["8月底前"])
    violating, clean = make_answer(), make_answer("至少安排1-2名")
    records = judged(make_record(item, violating), make_record(item, clean), make_record())
    assert score(records, None)["must_not_violations"] == 1 / 2


class TestEndings:
    GREETING = make_item(doc_id=None, key_points=[], ending="quoted", type="courtesy")

    def test_right_ending_is_right_and_says_nothing_about_retrieval(self):
        records = judged(make_record(self.GREETING, rankings={}, documents=()))
        scored = score(records, None)
        assert scored["type.courtesy.right"] == 1.0
        assert scored["doc_hit@1"] is None and scored["answerable_refused"] is None and scored["ece"] is None

    def test_refusal_is_wrong_where_another_ending_is_right(self):
        (record,) = judged(make_record(self.GREETING, REFUSAL, rankings={}, documents=()))
        assert (record.right, record.cause) == (False, Cause.BESIDE)


def test_conversation_is_right_when_every_turn_is():
    right, wrong = make_item(conversation="a"), make_item(conversation="b")
    records = judged(make_record(right), make_record(right), make_record(wrong), make_record(wrong, REFUSAL))
    assert score(records, None)["conversations_right"] == 0.5


def test_answer_that_cites_more_than_was_asked_is_wrong():
    item = make_item(alone=True)
    beside = make_answer(citations=(make_citation("1-2名"), make_citation("相关名单将于8月底前向社会公布。")))
    records = judged(make_record(item, beside), make_record(item))
    assert [record.right for record in records] == [False, True]
    assert score(records, None)["alone"] == 0.5
