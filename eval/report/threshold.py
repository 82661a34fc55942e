"""The effect of other evidence thresholds: the outcomes of all questions, counted at each threshold.

Not estimated from the confidence alone: a question refused for weak evidence has been asked again without a
threshold (eval.run), so that its answer is known and judged. Questions that are refused for another reason,
or answered by an approved FAQ entry, do not depend on the threshold.
"""

from collections.abc import Sequence
from datetime import date

from eval.records import Record
from eval.report.view import HELD_OUT
from kb.answers import Ending
from kb.controls.threshold_effect import AtThreshold, ThresholdEffect

STEPS = tuple(step / 20 for step in range(1, 20))  # 0.05, 0.10 ... 0.95


def threshold_effect(records: Sequence[Record], documents: int, day: date) -> ThresholdEffect:
    """The counts over the questions that may be tuned on; all not held out where no split is marked."""
    tuned = [record for record in records if record.item.split not in (None, HELD_OUT)]
    counted_records = tuned or [record for record in records if record.item.split != HELD_OUT]
    return ThresholdEffect(
        day=day,
        questions=len(counted_records),
        split="dev" if tuned else None,
        documents=documents,
        rows=tuple(_counted(counted_records, threshold) for threshold in STEPS),
    )


def is_answered(record: Record, threshold: float) -> bool:
    """Whether the question would be answered at `threshold`."""
    if record.answer.ending is Ending.QUOTED:
        return record.answer.confidence >= threshold
    if record.answer.ending is Ending.WEAK_EVIDENCE and record.unguarded is not None:
        return not record.unguarded.refused and record.answer.confidence >= threshold
    return not record.refused


def is_right(record: Record) -> bool:
    """Whether the answer is right, if it is given."""
    return record.unguarded.right if record.unguarded is not None else record.right


def _counted(records: Sequence[Record], threshold: float) -> AtThreshold:
    answered = [record for record in records if is_answered(record, threshold)]
    right = sum(record.item.answerable and is_right(record) for record in answered)
    refused = [record for record in records if not is_answered(record, threshold)]
    needlessly = sum(record.item.answerable for record in refused)
    return AtThreshold(
        threshold=threshold,
        answered_right=right,
        answered_wrong=len(answered) - right,
        refused_rightly=len(refused) - needlessly,
        refused_needlessly=needlessly,
    )
