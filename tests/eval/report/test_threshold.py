"""The effect of other thresholds, counted by hand from eight questions."""

from datetime import date
from pathlib import Path

import pytest

from eval.dataset import Item
from eval.records import Record, Unguarded
from eval.report.threshold import threshold_effect
from kb.answers import ENDING_KIND, Answer, Ending
from kb.controls.threshold_effect import read_threshold_effect


def record(
    ending: Ending,
    confidence: float,
    *,
    answerable: bool = True,
    right: bool = False,
    unguarded: Unguarded | None = None,
    split: str | None = "dev",
) -> Record:
    item = Item.model_validate(
        {"qid": "q", "question": "问？", "doc_id": "d", "answer": "答", "split": split}
        if answerable
        else {"qid": "q", "question": "问？", "answerable": False, "split": split}
    )
    kind = ENDING_KIND[ending]
    answer = Answer(
        question="问？", rewritten="问？", kind=kind, ending=ending, text="x", confidence=confidence
    )
    return Record(
        item=item,
        documents=(),
        answer=answer,
        ask_ms=1,
        rankings={},
        quality=1.0 if right else 0.0,
        unguarded=unguarded,
    )


RECORDS = (
    record(Ending.QUOTED, 0.9, right=True),
    record(Ending.QUOTED, 0.6, right=False),
    record(Ending.QUOTED, 0.7, answerable=False),
    record(Ending.WEAK_EVIDENCE, 0.4, unguarded=Unguarded(refused=False, right=True)),
    record(Ending.WEAK_EVIDENCE, 0.2, answerable=False, unguarded=Unguarded(refused=False, right=False)),
    record(Ending.WEAK_EVIDENCE, 0.4, unguarded=Unguarded(refused=True, right=False)),
    record(Ending.NOT_SAID, 0.3, answerable=False, right=True),
    record(Ending.FAQ, 0.85, right=True),
)


@pytest.mark.parametrize(
    ("threshold", "expected"),
    [
        pytest.param(0.5, (2, 2, 2, 2), id="as_it_was"),
        pytest.param(0.3, (3, 2, 2, 1), id="one_more_is_answered_and_right"),
        pytest.param(0.1, (3, 3, 1, 1), id="and_one_that_has_no_answer"),
        pytest.param(0.8, (2, 0, 3, 3), id="two_wrong_ones_are_refused"),
        pytest.param(0.95, (1, 0, 3, 4), id="approved_entries_do_not_depend_on_it"),
    ],
)
def test_threshold_effect_equals_hand_counts(threshold: float, expected: tuple[int, ...]):
    effect = threshold_effect((*RECORDS, record(Ending.QUOTED, 0.9, split="test")), 17, date(2024, 5, 10))
    row = effect.near(threshold)
    assert row.threshold == threshold
    counted = (row.answered_right, row.answered_wrong, row.refused_rightly, row.refused_needlessly)
    assert counted == expected
    assert sum(counted) == effect.questions == len(RECORDS)  # the held-out question is not counted
    assert effect.split == "dev"


def test_shipped_threshold_table_adds_up():
    effect = read_threshold_effect(Path(__file__).parents[3] / "eval" / "threshold_effect.json")
    assert len(effect.rows) == 19
    for row in effect.rows:
        counts = (row.answered_right, row.answered_wrong, row.refused_rightly, row.refused_needlessly)
        assert sum(counts) == effect.questions
    refused = [row.refused_rightly + row.refused_needlessly for row in effect.rows]
    assert refused == sorted(refused)
