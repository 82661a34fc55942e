"""The evaluation report as one self-contained HTML file in Chinese, for reading, printing and passing on."""

from html import escape

from eval.report.confidence import confidence
from eval.report.figures import answers, by_type, cards, retrieval, splits
from eval.report.labels import METRICS, shown
from eval.report.mistakes import mistakes
from eval.report.style import CSS
from eval.report.view import View


def page(view: View) -> str:
    """The whole report as HTML."""
    title = f"评测报告：{view.outcome.inputs.qa.name}"
    parts = (
        f"<h1>{escape(title)}</h1>{_about(view)}{_problems(view)}{cards(view)}",
        retrieval(view),
        answers(view),
        splits(view),
        by_type(view),
        confidence(view),
        mistakes(view),
    )
    return (
        '<!doctype html>\n<html lang="zh-CN"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{CSS}</style></head>\n"
        f"<body>\n{''.join(parts)}\n</body></html>\n"
    )


def _about(view: View) -> str:
    outcome, inputs = view.outcome, view.outcome.inputs
    corpora = "、".join(path.name for path in inputs.corpora)
    split = f"（仅 {escape(inputs.split)} 部分）" if inputs.split else ""
    outside = f"，语料外问题 {escape(inputs.outside.name)}" if inputs.outside else ""
    return (
        f'<p class="about">{view.day.isoformat()} · 语料 {escape(corpora)}：'
        f"{outcome.n_documents} 份文件、{outcome.n_chunks} 段 · {view.scores['n_questions']:.0f} 个问题"
        f"{split}{outside} · 向量模型 {escape(outcome.embed_model)}</p>"
    )


def _problems(view: View) -> str:
    """The problems for which the program exits with 1, and a note when a comparison is doubtful."""
    fallen = [change for change in view.changes.values() if change.is_drop]
    lines = [
        *view.outcome.problems,
        *(
            f"{METRICS[c.metric][0]}比上次差：{shown(c.metric, c.before)} → {shown(c.metric, c.now)}"
            for c in fallen
        ),
    ]
    if view.other_questions:
        before = view.previous.scores["n_questions"]
        lines.append(
            f"题数与上次不同（上次 {before:.0f} 题），变化仅供参考；确认后用 make eval-accept 存为基准"
        )
    return "".join(f'<p class="problem">{escape(line)}</p>' for line in lines)
