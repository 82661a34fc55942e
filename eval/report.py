"""Outcome -> report.json (flat), report.md, report.html, records.jsonl, and the table on the terminal."""

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from rich.table import Table

from eval.failures import expectation, reply, worst
from eval.labels import METRICS, SYSTEMS, metric_key, shown, type_label
from eval.page import RETRIEVAL, page
from eval.run import Outcome, write_records
from eval.scores import Scores
from kb.errors import DatasetError

_TYPE_COLUMNS = (
    "n_questions",
    "doc_hit@1",
    "answer_in_top5",
    "key_point_recall",
    "rouge_l",
    "refusal_recall",
)


def write_report(outcome: Outcome, out: Path, day: date) -> None:
    """All four files into `out`."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "report.json").write_text(as_json(outcome.scores) + "\n", encoding="utf-8")
    (out / "report.md").write_text(markdown(outcome, day), encoding="utf-8")
    (out / "report.html").write_text(page(outcome, day), encoding="utf-8")
    write_records(outcome.records, out / "records.jsonl")


def as_json(scores: Scores) -> str:
    """The flat metrics as a JSON object."""
    return json.dumps(scores, ensure_ascii=False, indent=2)


def read_scores(file: Path) -> Scores:
    """An earlier report.json.

    Raises:
        DatasetError: the file cannot be read or is no flat report.
    """
    try:
        scores = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DatasetError(f"{file} 读不出来：{error}") from error
    if not isinstance(scores, dict) or not all(isinstance(v, int | float | None) for v in scores.values()):
        raise DatasetError(f"{file} 不是 eval run 写出的 report.json")
    return scores


def table(outcome: Outcome) -> Table:
    """Ours beside dense-only and RRF; below, what only an answer has."""
    scores = outcome.scores
    drawn = Table(title=f"{outcome.inputs.qa.name}：{outcome.scores['n_questions']:.0f} 个问题")
    drawn.add_column("指标")
    for name in SYSTEMS.values():
        drawn.add_column(name, justify="right")
    for metric in RETRIEVAL:
        drawn.add_row(
            f"{METRICS[metric][0]}  {metric}",
            *(shown(metric, scores[metric_key(blend, metric)]) for blend in SYSTEMS),
        )
    drawn.add_section()
    for metric, (label, _) in METRICS.items():
        if metric not in RETRIEVAL:
            drawn.add_row(f"{label}  {metric}", shown(metric, scores[metric]))
    return drawn


def markdown(outcome: Outcome, day: date) -> str:
    """The report for reading in a repository."""
    scores, inputs = outcome.scores, outcome.inputs
    lines = [
        f"# 评测报告：{inputs.qa.name}",
        "",
        f"{day.isoformat()}，语料 {inputs.corpus.name}（{outcome.n_documents} 份文件，"
        f"{outcome.n_chunks} 段），向量模型 {outcome.embed_model}。",
        "",
        *(f"> {problem}" for problem in outcome.problems),
        "## 检索",
        "",
        *_rows(
            ("指标", *SYSTEMS.values()),
            [
                (
                    f"{METRICS[m][0]} `{m}`",
                    *(shown(m, scores[metric_key(blend, m)]) for blend in SYSTEMS),
                )
                for m in RETRIEVAL
            ],
        ),
        "## 回答与拒答",
        "",
        *_rows(
            ("指标", "结果", "怎么算"),
            [
                (f"{label} `{m}`", shown(m, scores[m]), meaning)
                for m, (label, meaning) in METRICS.items()
                if m not in RETRIEVAL
            ],
        ),
        *_types(outcome),
        "## 最差的问题",
        "",
        *_rows(
            ("编号", "原因", "问题", "应答", "实答"),
            [
                (
                    record.item.qid,
                    record.cause.value if record.cause else "",
                    record.item.question,
                    expectation(record),
                    reply(record),
                )
                for record in worst(outcome.records)
            ],
        ),
    ]
    return "\n".join(lines)


def _types(outcome: Outcome) -> list[str]:
    kinds = [
        kind
        for kind in dict.fromkeys(record.item.type for record in outcome.records)
        if f"type.{kind}.n_questions" in outcome.scores
    ]
    if not kinds:
        return []
    rows = [
        (type_label(kind), *(shown(m, outcome.scores.get(f"type.{kind}.{m}")) for m in _TYPE_COLUMNS))
        for kind in kinds
    ]
    return ["## 按题型", "", *_rows(("题型", *(METRICS[m][0] for m in _TYPE_COLUMNS)), rows)]


def _rows(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A Markdown table and the blank line after it."""
    lines = [head, ["---"] * len(head), *rows]
    return [*("| " + " | ".join(_cell(cell) for cell in row) + " |" for row in lines), ""]


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
