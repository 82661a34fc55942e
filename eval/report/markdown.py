"""The report as Markdown, for reading in a repository."""

from collections.abc import Sequence

from eval.records import Record
from eval.report.failures import expectation, reply, worst
from eval.report.figures import RETRIEVAL, TYPE_COLUMNS, change_text
from eval.report.labels import METRICS, SYSTEMS, metric_key, shown, type_label
from eval.report.mistakes import HELD_BACK
from eval.report.view import View
from eval.scores import SPLIT_METRICS


def markdown(view: View) -> str:
    """The whole report as Markdown."""
    outcome = view.outcome
    corpora = "、".join(path.name for path in outcome.inputs.corpora)
    lines = [
        f"# 评测报告：{outcome.inputs.qa.name}",
        "",
        f"{view.day.isoformat()}，语料 {corpora}（{outcome.n_documents} 份文件，"
        f"{outcome.n_chunks} 段），向量模型 {outcome.embed_model}。",
        "",
        *(f"> {problem}" for problem in outcome.problems),
        *_retrieval(view),
        *_answers(view),
        *_splits(view),
        *_types(view),
        *_turned(view),
        *_worst(view),
    ]
    return "\n".join(lines)


def _retrieval(view: View) -> list[str]:
    rows = [
        (
            f"{METRICS[m][0]} `{m}`",
            *(shown(m, view.scores[metric_key(blend, m)]) for blend in SYSTEMS),
            *_past(view, m),
        )
        for m in RETRIEVAL
    ]
    return ["## 检索", "", *_table(("指标", *SYSTEMS.values(), *_past_heads(view)), rows)]


def _answers(view: View) -> list[str]:
    rows = [
        (f"{label} `{m}`", shown(m, view.scores[m]), *_past(view, m), meaning)
        for m, (label, meaning) in METRICS.items()
        if m not in RETRIEVAL
    ]
    return ["## 回答与拒答", "", *_table(("指标", "结果", *_past_heads(view), "怎么算"), rows)]


def _splits(view: View) -> list[str]:
    if not view.splits:
        return []
    rows = [
        (
            f"{METRICS[m][0]} `{m}`",
            *(shown(m, view.scores.get(f"split.{name}.{m}")) for name in view.splits),
        )
        for m in SPLIT_METRICS
    ]
    return ["## 调整用与检验用", "", *_table(("指标", *view.splits), rows)]


def _types(view: View) -> list[str]:
    if not view.kinds:
        return []
    rows = [
        (type_label(kind), *(shown(m, view.scores.get(f"type.{kind}.{m}")) for m in TYPE_COLUMNS))
        for kind in view.kinds
    ]
    return ["## 按题型", "", *_table(("题型", *(METRICS[m][0] for m in TYPE_COLUMNS)), rows)]


def _turned(view: View) -> list[str]:
    changed = view.turned
    lists = (("上次对、这次错", changed.wrong), ("上次错、这次对", changed.right))
    lines = []
    for title, records in lists:
        if records:
            rows = [(r.item.qid, r.item.question, _cause(r)) for r in records]
            lines += [f"## {title}", "", *_table(("编号", "问题", "原因"), rows)]
    return lines


def _worst(view: View) -> list[str]:
    rows = [(r.item.qid, _cause(r), r.item.question, expectation(r), reply(r)) for r in worst(view.named)]
    held_note = [HELD_BACK, ""] if view.hides_some else []
    return ["## 最差的问题", "", *held_note, *_table(("编号", "原因", "问题", "应答", "实答"), rows)]


def _cause(record: Record) -> str:
    return record.cause.value if record.cause else ""


def _past_heads(view: View) -> tuple[str, ...]:
    return ("上次", "变化") if view.previous.scores else ()


def _past(view: View, metric: str) -> tuple[str, ...]:
    if not view.previous.scores:
        return ()
    return shown(metric, view.previous.scores.get(metric)), change_text(view, metric)[0]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A Markdown table and the blank line after it."""
    lines = [head, ["---"] * len(head), *rows]
    return [*("| " + " | ".join(_cell(cell) for cell in row) + " |" for row in lines), ""]


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
