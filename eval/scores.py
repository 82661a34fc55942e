"""Records -> flat metrics: one number per name, None where a metric does not apply.

Names: our system's metrics have no prefix (`doc_hit@1`); `dense.` and `rrf.` mark the baselines over the same
index; `type.fact.` marks a slice of ours, as does `split.dev.` where there are several splits.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from eval import metrics
from eval.calibration import expected_calibration_error, reliability
from eval.dataset import UNTYPED
from eval.records import Record, asking_documents
from kb.retrieval.fusion import Blend

Scores = dict[str, int | float | None]

DEPTHS = (1, 3, 5, 10)
BASELINES = (Blend.DENSE, Blend.RRF)
# The metrics reported for each split, side by side.
SPLIT_METRICS = (
    "n_questions",
    "doc_hit@1",
    "doc_hit@5",
    "mrr@10",
    "answer_in_top1",
    "answer_in_top5",
    "right",
    "rouge_l",
    "key_point_recall",
    "citation_supports_answer",
    "must_not_violations",
    "refusal_precision",
    "refusal_recall",
    "refusal_auroc",
    "answerable_refused",
    "ece",
)


def score(records: Sequence[Record], ingest_chunks_per_s: float | None) -> Scores:
    """Every metric of the report, rounded to four digits."""
    ask_ms = [record.ask_ms for record in records]
    scores: Scores = {
        **retrieval_scores(records, Blend.WEIGHTED),
        **answer_scores(records),
        **refusal_scores(records),
        "conversations_right": conversations_right(records),
        "ece": expected_calibration_error(reliability(records)),
        "ask_p50_ms": metrics.percentile(ask_ms, 0.50),
        "ask_p95_ms": metrics.percentile(ask_ms, 0.95),
        "ingest_chunks_per_s": ingest_chunks_per_s,
        "n_questions": len(records),
        "n_answerable": sum(record.item.answerable for record in records),
    }
    for blend in BASELINES:
        scores |= _prefixed(blend.value, retrieval_scores(records, blend))
    for kind, slice_records in _slices(records, lambda record: record.item.type):
        if kind != UNTYPED:
            scores |= _prefixed(f"type.{kind}", _slice_scores(slice_records))
    splits = _slices(records, lambda record: record.item.split)
    for split, slice_records in splits if len(splits) > 1 else ():
        scores |= _prefixed(f"split.{split}", _split_scores(slice_records))
    return {name: None if value is None else round(value, 4) for name, value in scores.items()}


def conversations_right(records: Iterable[Record]) -> float | None:
    """Share of the conversations in which every turn is right; None without conversations."""
    turns: dict[str, list[bool]] = defaultdict(list)
    for record in records:
        if record.item.conversation:
            turns[record.item.conversation].append(record.right)
    return metrics.mean(float(all(right)) for right in turns.values())


def retrieval_scores(records: Iterable[Record], blend: Blend) -> Scores:
    """Success@k and MRR@10 over documents, and the share of answers held by the first hits.

    Document metrics are over answerable questions that name a document, answer metrics over answerable
    questions with expected words.
    """
    answerable = [record for record in asking_documents(records) if record.item.answerable]
    documents = [record.rankings[blend].document_rank for record in answerable if record.item.doc_ids]
    answers = [record.rankings[blend] for record in answerable if record.item.expected]
    return {
        **{f"doc_hit@{k}": metrics.mean(metrics.success_at(rank, k) for rank in documents) for k in DEPTHS},
        "mrr@10": metrics.mean(metrics.reciprocal_rank(rank) for rank in documents),
        **{
            f"answer_in_top{k}": metrics.mean(metrics.success_at(r.answer_rank, k) for r in answers)
            for k in (1, 5)
        },
        **{
            f"answer_in_top{k}_strict": metrics.mean(
                metrics.success_at(r.answer_rank_strict, k) for r in answers
            )
            for k in (1, 5)
        },
    }


def answer_scores(records: Iterable[Record]) -> Scores:
    """The metrics of the answers; a refused answerable question counts 0.

    `answer_in_document` is the share of expected answers that the document holds as it was read: the upper
    bound of `answer_in_top*`.
    """
    records = list(records)
    return {
        "right": metrics.mean(float(r.right) for r in records),
        "rouge_l": metrics.mean(r.rouge_l for r in records if r.rouge_l is not None),
        "key_point_recall": metrics.mean(
            r.key_point_recall for r in records if r.key_point_recall is not None
        ),
        "citation_supports_answer": metrics.mean(
            float(r.citation_supports) for r in records if r.citation_supports is not None
        ),
        "must_not_violations": metrics.mean(
            float(r.must_not_violated) for r in records if r.must_not_violated is not None
        ),
        "alone": metrics.mean(float(r.alone) for r in records if r.alone is not None),
        "answer_in_document": metrics.mean(
            float(r.answer_in_document) for r in records if r.answer_in_document is not None
        ),
    }


def refusal_scores(records: Iterable[Record]) -> Scores:
    """The metrics of the refusal decision; an unanswerable question is the positive case.

    precision = share of unanswerable among the refused questions, recall = share of refused among the
    unanswerable ones, AUROC of 1 - confidence. Precision and AUROC are None without unanswerable questions.
    """
    records = asking_documents(records)
    unanswerable = [record for record in records if not record.item.answerable]
    answerable = [record for record in records if record.item.answerable]
    refused = [record for record in records if record.refused]
    return {
        "refusal_precision": metrics.mean(float(not r.item.answerable) for r in refused)
        if unanswerable
        else None,
        "refusal_recall": metrics.mean(float(r.refused) for r in unanswerable),
        "refusal_auroc": metrics.auroc(
            [1 - r.answer.confidence for r in unanswerable], [1 - r.answer.confidence for r in answerable]
        ),
        "answerable_refused": metrics.mean(float(r.refused) for r in answerable),
    }


def _slice_scores(records: Sequence[Record]) -> Scores:
    """The metrics of one question type; metrics that do not apply are left out."""
    retrieval = retrieval_scores(records, Blend.WEIGHTED)
    chosen: Scores = {
        "n_questions": len(records),
        "doc_hit@1": retrieval["doc_hit@1"],
        "answer_in_top1": retrieval["answer_in_top1"],
        "answer_in_top5": retrieval["answer_in_top5"],
        **answer_scores(records),
        **refusal_scores(records),
    }
    return {name: value for name, value in chosen.items() if value is not None}


def _split_scores(records: Sequence[Record]) -> Scores:
    """SPLIT_METRICS of one split; metrics that do not apply are left out."""
    all_scores: Scores = {
        "n_questions": len(records),
        **retrieval_scores(records, Blend.WEIGHTED),
        **answer_scores(records),
        **refusal_scores(records),
        "ece": expected_calibration_error(reliability(records)),
    }
    return {name: all_scores[name] for name in SPLIT_METRICS if all_scores[name] is not None}


def _slices(
    records: Iterable[Record], name_of: Callable[[Record], str | None]
) -> list[tuple[str, list[Record]]]:
    """Records by name, in order of first appearance; records without a name are left out."""
    by_name: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        if name := name_of(record):
            by_name[name].append(record)
    return list(by_name.items())


def _prefixed(prefix: str, scores: Scores) -> Scores:
    return {f"{prefix}.{name}": value for name, value in scores.items()}
