"""The section on confidence in report.html: reliability, refusals at other thresholds, distribution."""

from eval.calibration import refusal_curve, reliability
from eval.report import charts
from eval.report.labels import shown
from eval.report.view import View
from kb.controls.rules import THRESHOLD


def confidence(view: View) -> str:
    """The section; refusal curve and distribution need answerable and unanswerable questions."""
    figures = [_reliability(view), _refusals(view), _spread(view)]
    html = "".join(f"<figure>{figure}</figure>" for figure in figures if figure)
    return f'<h2>置信度可信吗</h2><div class="charts">{html}</div>'


def _reliability(view: View) -> str:
    columns = [
        charts.Column(share=bin_.share_right, mark=bin_.confidence, count=bin_.count)
        for bin_ in reliability(view.outcome.records)
    ]
    return (
        f"<h3>可靠性图（ECE {shown('ece', view.scores['ece'])}）</h3>"
        + charts.reliability("可靠性图", columns)
        + "<figcaption>横轴是置信度，分十段。蓝柱：这一段的题里，文件里有答案、且最先给出的引文"
        "（拒答的题看最先找到的段落）说得对的占比；黄线：这一段的平均置信度。柱顶与黄线越近，置信度越可信；"
        "柱低于黄线是过于自信。</figcaption>"
    )


def _refusals(view: View) -> str:
    """The refusal curve, which serves to choose the threshold: from the questions that may be tuned on."""
    points = refusal_curve(view.named)
    if not points:
        return ""
    curves = (
        charts.Line(label="该拒的拒了", points=tuple((p.threshold, p.recall) for p in points)),
        charts.Line(label="不该拒的也拒了", points=tuple((p.threshold, p.needless) for p in points)),
        charts.Line(
            label="拒得对的占比",
            points=tuple((p.threshold, p.precision) for p in points if p.precision is not None),
        ),
    )
    return (
        "<h3>门槛定在哪里</h3>"
        + charts.lines("不同门槛下的拒答", curves, THRESHOLD, f"现用门槛 {THRESHOLD:.2f}")
        + charts.line_legend([curve.label for curve in curves])
        + "<figcaption>横轴是门槛：置信度低于它就拒答。竖线是系统现在用的门槛。"
        f"{'门槛只依据 dev 调整，所以这里只画 dev 的题。' if view.hides_some else ''}</figcaption>"
    )


def _spread(view: View) -> str:
    """The distribution of the confidence of answerable and of unanswerable questions."""
    answerable = [r.answer.confidence for r in view.outcome.records if r.item.answerable]
    unanswerable = [r.answer.confidence for r in view.outcome.records if not r.item.answerable]
    if not answerable or not unanswerable:
        return ""
    series = [("有答案的问题", answerable), ("无答案的问题", unanswerable)]
    return (
        "<h3>置信度分布</h3>"
        + charts.histogram("置信度分布", series)
        + "<figcaption>柱上是题数。两排分得越开，拒答越可靠。</figcaption>"
    )
