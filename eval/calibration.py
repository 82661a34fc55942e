"""Calibration of the confidence: its reliability, and the refusals that other thresholds would give.

A confidence claims: "the documents hold the answer, and what is shown first says it". `is_right` decides that
claim, for answered and refused questions alike; ECE and the reliability plot compare it with the confidence.
"""

from collections.abc import Sequence

from eval.metrics import mean
from eval.records import Record, asking_documents
from kb.models import Model
from kb.retrieval.fusion import Blend

BINS = 10
FIRST = 3  # citations of an answer, or passages behind a refusal, that count as shown first
STEPS = 100  # thresholds tried: 0.00, 0.01 … 1.00


class Bin(Model):
    """The questions with a confidence from `low` to `high`: count, mean confidence, share that is right."""

    low: float
    high: float
    count: int
    confidence: float | None
    share_right: float | None


class RefusalPoint(Model):
    """The effect of refusing below `threshold`; `precision` is None where nothing would be refused."""

    threshold: float
    precision: float | None
    recall: float
    needless: float


def is_right(record: Record) -> bool:
    """Whether the documents hold the answer and what is shown first says it.

    Always False for an unanswerable question. For an answerable one:

        answered   the answer says every key point (or whatever the item is checked by) and nothing forbidden,
                   and one of its first three citations is from a document that holds the answer; an answer
                   without citations (an FAQ entry), or to an item that names no document, is judged by its
                   words alone
        refused    one of the first three passages retrieved holds the answer, so that answering would have
                   shown it; for an item without expected words the first document is the right one

    subtle: a correct refusal is not "right" here: a refused question should have a low confidence exactly
    when this is False.
    """
    item = record.item
    if not item.answerable:
        return False
    if record.refused:
        ranking = record.rankings[Blend.WEIGHTED]
        if item.expected:
            return ranking.answer_rank is not None and ranking.answer_rank <= FIRST
        return ranking.document_rank == 1
    first = record.answer.citations[:FIRST]
    is_from_right_document = any(citation.document_id in record.documents for citation in first)
    return record.right and (is_from_right_document or not first or not item.doc_ids)


def reliability(records: Sequence[Record], bins: int = BINS) -> tuple[Bin, ...]:
    """The records by confidence, in `bins` equal intervals ((m-1)/M, m/M]; 0 belongs to the first.

    Guo, Pleiss, Sun & Weinberger (2017), "On Calibration of Modern Neural Networks", section 2.
    """
    records, result = asking_documents(records), []
    for number in range(bins):
        low, high = number / bins, (number + 1) / bins
        in_bin = [
            record
            for record in records
            if low < record.answer.confidence <= high or (number == 0 and record.answer.confidence == 0)
        ]
        result.append(
            Bin(
                low=low,
                high=high,
                count=len(in_bin),
                confidence=mean(record.answer.confidence for record in in_bin),
                share_right=mean(float(is_right(record)) for record in in_bin),
            )
        )
    return tuple(result)


def expected_calibration_error(bins: Sequence[Bin]) -> float | None:
    """ECE: the difference between confidence and share of right answers, averaged over the questions.

    Terms: n = number of questions, B_m = the questions of bin m, acc(B_m) = share of them that is right,
    conf(B_m) = their mean confidence.

        ECE = sum over m of |B_m| / n * |acc(B_m) - conf(B_m)|        (Guo et al. 2017, equation 3)

    0 is perfect: of the questions answered with 0.8, four in five are right. None without questions.
    Example: four at 0.95 of which three are right, and one at 0.25 that is wrong:
    4/5 * |0.75 - 0.95| + 1/5 * |0 - 0.25| = 0.16 + 0.05 = 0.21.
    """
    total = sum(bin_.count for bin_ in bins)
    if not total:
        return None
    return sum(
        bin_.count / total * abs(bin_.share_right - bin_.confidence)
        for bin_ in bins
        if bin_.share_right is not None and bin_.confidence is not None
    )


def refusal_curve(records: Sequence[Record]) -> tuple[RefusalPoint, ...]:
    """The effect of every threshold when questions are refused by confidence < threshold alone.

    Terms: U = unanswerable questions, A = answerable questions, R = questions refused at the threshold.
    precision = |R and U| / |R|, recall = |R and U| / |U|, needless = |R and A| / |A|. Empty unless there are
    both answerable and unanswerable questions.
    """
    records = asking_documents(records)
    unanswerable = [r.answer.confidence for r in records if not r.item.answerable]
    answerable = [r.answer.confidence for r in records if r.item.answerable]
    if not unanswerable or not answerable:
        return ()
    points = []
    for step in range(STEPS + 1):
        threshold = step / STEPS
        rightly = sum(confidence < threshold for confidence in unanswerable)
        needlessly = sum(confidence < threshold for confidence in answerable)
        refused = rightly + needlessly
        points.append(
            RefusalPoint(
                threshold=threshold,
                precision=rightly / refused if refused else None,
                recall=rightly / len(unanswerable),
                needless=needlessly / len(answerable),
            )
        )
    return tuple(points)
