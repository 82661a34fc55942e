"""Records -> flat metrics: one number a name, None where a metric does not apply.

Names: plain ones are ours (`doc_hit@1`); `dense.` and `rrf.` are the baselines over the same index;
`type.fact.` and `split.dev.` are slices of ours.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from eval import metrics
from eval.dataset import UNTYPED
from eval.records import Record
from kb.fusion import Blend

Scores = dict[str, int | float | None]

DEPTHS = (1, 3, 5, 10)
BASELINES = (Blend.DENSE, Blend.RRF)
MAX_DROP = 0.02  # what `--baseline` lets pass: one question in fifty

# Shares from 0 to 1 where more is better: what is compared with an earlier report.
TRACKED = (
    *(f"doc_hit@{k}" for k in DEPTHS),
    "mrr@10",
    "answer_in_top1",
    "answer_in_top5",
    "rouge_l",
    "key_point_recall",
    "citation_supports_answer",
    "refusal_precision",
    "refusal_recall",
    "refusal_auroc",
)


def score(records: Sequence[Record], ingest_chunks_per_s: float | None) -> Scores:
    """Every metric of the report."""
    ask_ms = [record.ask_ms for record in records]
    scores: Scores = {
        **retrieval_scores(records, Blend.WEIGHTED),
        **answer_scores(records),
        **refusal_scores(records),
        "ask_p50_ms": metrics.percentile(ask_ms, 0.50),
        "ask_p95_ms": metrics.percentile(ask_ms, 0.95),
        "ingest_chunks_per_s": ingest_chunks_per_s,
        "n_questions": len(records),
        "n_answerable": sum(record.item.answerable for record in records),
    }
    for blend in BASELINES:
        scores |= _prefixed(blend.value, retrieval_scores(records, blend))
    for kind, some in _slices(records, lambda record: record.item.type):
        if kind != UNTYPED:
            scores |= _prefixed(f"type.{kind}", _slice_scores(some))
    for split, some in _slices(records, lambda record: record.item.split):
        scores |= _prefixed(f"split.{split}", _slice_scores(some))
    return {name: None if value is None else round(value, 4) for name, value in scores.items()}


def retrieval_scores(records: Iterable[Record], blend: Blend) -> Scores:
    """Success@k and MRR@10 over documents, and how often the answer stands in the first hits.

    Documents count over answerable questions that name one, answers over those that give expected words.
    """
    answerable = [record for record in records if record.item.answerable]
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
    """How good the answers are; a refused answerable question counts 0.

    `answer_in_document` is the share of expected answers that stand in the document as it was read: what
    `answer_in_top*` could reach at best.
    """
    records = list(records)
    return {
        "rouge_l": metrics.mean(r.rouge_l for r in records if r.rouge_l is not None),
        "key_point_recall": metrics.mean(
            r.key_point_recall for r in records if r.key_point_recall is not None
        ),
        "citation_supports_answer": metrics.mean(
            float(r.citation_supports) for r in records if r.citation_supports is not None
        ),
        "answer_in_document": metrics.mean(
            float(r.answer_in_document) for r in records if r.answer_in_document is not None
        ),
    }


def refusal_scores(records: Iterable[Record]) -> Scores:
    """The refusal decision, an unanswerable question being the positive case.

    precision = unanswerable among the refused, recall = refused among the unanswerable, AUROC of
    1 - confidence. Precision and AUROC do not apply to a set without unanswerable questions.
    """
    records = list(records)
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
    """What is worth knowing about one type or split; metrics that do not apply are left out."""
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


def _slices(
    records: Iterable[Record], name_of: Callable[[Record], str | None]
) -> list[tuple[str, list[Record]]]:
    """Records by name, in order of first appearance; those without a name are left out."""
    by_name: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        if name := name_of(record):
            by_name[name].append(record)
    return list(by_name.items())


def _prefixed(prefix: str, scores: Scores) -> Scores:
    return {f"{prefix}.{name}": value for name, value in scores.items()}


def drops(scores: Scores, baseline: Scores) -> dict[str, tuple[float, float]]:
    """Tracked metrics that fell by more than MAX_DROP since `baseline`: name -> (before, now).

    A metric that one of the two does not have is not compared.
    """
    fallen: dict[str, tuple[float, float]] = {}
    for name in TRACKED:
        before, now = baseline.get(name), scores.get(name)
        # Rounded, because 0.90 - 0.88 is a little more than 0.02 in binary.
        if before is not None and now is not None and round(before - now, 6) > MAX_DROP:
            fallen[name] = (before, now)
    return fallen
