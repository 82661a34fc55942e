"""View -> report.json (flat), report.md, report.html, records.jsonl, threshold_effect.json; and a table."""

import json
from pathlib import Path

from rich.table import Table

from eval.report.compare import RECORDS
from eval.report.figures import RETRIEVAL
from eval.report.labels import METRICS, SYSTEMS, metric_key, shown
from eval.report.markdown import markdown
from eval.report.page import page
from eval.report.threshold import threshold_effect
from eval.report.view import View
from eval.run import write_records
from eval.scores import Scores
from kb.controls.threshold_effect import FILE


def write_report(view: View, out: Path) -> None:
    """Write all five files into `out`."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "report.json").write_text(as_json(view.scores) + "\n", encoding="utf-8")
    (out / "report.md").write_text(markdown(view), encoding="utf-8")
    (out / "report.html").write_text(page(view), encoding="utf-8")
    write_records(view.outcome.records, out / RECORDS)
    effect = threshold_effect(view.outcome.records, view.outcome.n_documents, view.day)
    (out / FILE).write_text(effect.model_dump_json(indent=1, exclude={"origin"}) + "\n", encoding="utf-8")


def as_json(scores: Scores) -> str:
    """The flat metrics as a JSON object."""
    return json.dumps(scores, ensure_ascii=False, indent=2)


def table(view: View) -> Table:
    """A terminal table: retrieval of all three systems, then our answers; last column: the earlier run."""
    scores, past = view.scores, view.previous.scores
    grid = Table(title=f"{view.outcome.inputs.qa.name}：{scores['n_questions']:.0f} 个问题")
    grid.add_column("指标")
    for name in (*SYSTEMS.values(), *(("上次",) if past else ())):
        grid.add_column(name, justify="right")
    for metric in METRICS:
        if metric == "right":
            grid.add_section()
        systems = SYSTEMS if metric in RETRIEVAL else list(SYSTEMS)[:1]
        values = [shown(metric, scores[metric_key(blend, metric)]) for blend in systems]
        values += [""] * (len(SYSTEMS) - len(values))
        before = [shown(metric, past.get(metric))] if past else []
        grid.add_row(f"{METRICS[metric][0]}  {metric}", *values, *before)
    return grid
