"""The evaluation report as one HTML file: self-contained, Chinese, meant to be printed and passed round."""

from collections.abc import Iterable, Sequence
from datetime import date
from html import escape

from eval import charts
from eval.failures import WORST, expectation, reply, worst
from eval.labels import METRICS, SYSTEMS, metric_key, shown, type_label
from eval.records import CAUSE_WORDS, Cause, Record
from eval.run import Outcome
from eval.scores import DEPTHS, Scores

RETRIEVAL = (
    *(f"doc_hit@{k}" for k in DEPTHS),
    "mrr@10",
    "answer_in_top1",
    "answer_in_top5",
    "answer_in_top1_strict",
    "answer_in_top5_strict",
)
_PLOTTED = ("doc_hit@1", "doc_hit@5", "mrr@10", "answer_in_top1", "answer_in_top5")
_CARDS = (
    "doc_hit@1",
    "answer_in_top5",
    "key_point_recall",
    "rouge_l",
    "citation_supports_answer",
    "refusal_auroc",
    "ask_p50_ms",
)

_CSS = """
@page { size: A4; margin: 16mm }
* { box-sizing: border-box }
body { font: 15px/1.65 "Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC", sans-serif;
  color: #222; max-width: 980px; margin: 2em auto; padding: 0 1em }
h1 { font-size: 1.6em; margin: 0 } h2 { font-size: 1.15em; margin: 2em 0 .6em; border-left: 4px solid #1d4f91;
  padding-left: .6em; break-after: avoid }
.about, .note { color: #666; font-size: .9em } .legend .key { margin-right: 1.4em }
.legend i { display: inline-block; width: 12px; height: 12px; margin-right: .4em }
.cards { display: flex; flex-wrap: wrap; gap: .8em } .card { border: 1px solid #d8dbe0; border-radius: 6px;
  padding: .5em .9em; min-width: 118px } .card b { display: block; font-size: 1.35em; color: #1d4f91 }
.card span { font-size: .85em; color: #666 } svg { width: 100%; height: auto; break-inside: avoid }
table { border-collapse: collapse; width: 100%; font-size: .92em } th, td { border-bottom: 1px solid #e2e4e8;
  padding: .35em .5em; text-align: left; vertical-align: top } thead { display: table-header-group }
td.n, th.n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums }
td.best { font-weight: 700 } tr { break-inside: avoid }
.problem { background: #fff3e0; border-left: 4px solid #d9822b; padding: .5em .8em }
.why { white-space: nowrap; font-weight: 700 }
@media print { body { margin: 0; max-width: none; font-size: 11pt } }
"""


def page(outcome: Outcome, day: date) -> str:
    """The whole report."""
    scores, records = outcome.scores, outcome.records
    title = f"评测报告：{outcome.inputs.qa.name}"
    parts = (
        f"<h1>{escape(title)}</h1>{_about(outcome, day)}{_problems(outcome)}",
        _cards(scores),
        "<h2>检索：本系统与两种常见做法</h2>",
        _columns(scores),
        _comparison(scores),
        "<h2>回答与拒答</h2>",
        _plain(scores),
        *_by_type(scores, records),
        *_confidence(records),
        "<h2>错在哪里</h2>",
        _causes(records),
        _failures(records),
    )
    return (
        '<!doctype html>\n<html lang="zh-CN"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_CSS}</style></head>\n"
        f"<body>\n{''.join(parts)}\n</body></html>\n"
    )


def _about(outcome: Outcome, day: date) -> str:
    inputs = outcome.inputs
    split = f"（仅 {escape(inputs.split)} 部分）" if inputs.split else ""
    outside = f"，语料外问题 {escape(inputs.outside.name)}" if inputs.outside else ""
    return (
        f'<p class="about">{day.isoformat()} · 语料 {escape(inputs.corpus.name)}：'
        f"{outcome.n_documents} 份文件、{outcome.n_chunks} 段 · "
        f"问题 {escape(inputs.qa.name)}{split}{outside} · 向量模型 {escape(outcome.embed_model)}</p>"
    )


def _problems(outcome: Outcome) -> str:
    return "".join(f'<p class="problem">{escape(problem)}</p>' for problem in outcome.problems)


def _cards(scores: Scores) -> str:
    cards = (
        f'<div class="card"><b>{shown(name, scores[name])}</b><span>{METRICS[name][0]}</span></div>'
        for name in _CARDS
        if scores[name] is not None
    )
    return f'<div class="cards">{"".join(cards)}</div>'


def _columns(scores: Scores) -> str:
    groups = []
    for metric in _PLOTTED:
        columns = []
        for number, (blend, name) in enumerate(SYSTEMS.items()):
            value = scores[metric_key(blend, metric)]
            if value is not None:
                text = f"{value:.2f}" if metric == "mrr@10" else f"{value:.0%}"
                columns.append(charts.Bar(label=name, share=value, value=text, colour=number))
        if columns:
            groups.append((METRICS[metric][0], columns))
    return charts.grouped_columns("检索指标对比", groups) + charts.legend(list(SYSTEMS.values()))


def _comparison(scores: Scores) -> str:
    rows = []
    for metric in RETRIEVAL:
        values = [scores[metric_key(blend, metric)] for blend in SYSTEMS]
        known = [value for value in values if value is not None]
        if known:
            cells = "".join(
                f'<td class="n{" best" if value == max(known) else ""}">{shown(metric, value)}</td>'
                for value in values
            )
            rows.append(f"<tr><td>{METRICS[metric][0]}</td>{cells}<td>{METRICS[metric][1]}</td></tr>")
    heads = "".join(f'<th class="n">{escape(name)}</th>' for name in SYSTEMS.values())
    return _table(f"<th>指标</th>{heads}<th>怎么算</th>", rows)


def _plain(scores: Scores) -> str:
    rows = [
        f'<tr><td>{label}</td><td class="n">{shown(name, scores[name])}</td><td>{meaning}</td></tr>'
        for name, (label, meaning) in METRICS.items()
        if name not in RETRIEVAL
    ]
    return _table('<th>指标</th><th class="n">结果</th><th>怎么算</th>', rows)


def _by_type(scores: Scores, records: Iterable[Record]) -> list[str]:
    """One bar a question type: key points said (or ROUGE-L), for unanswerable ones the share refused."""
    rows = []
    for kind in dict.fromkeys(record.item.type for record in records):
        for metric, colour in (("key_point_recall", 0), ("rouge_l", 0), ("refusal_recall", 2)):
            value = scores.get(f"type.{kind}.{metric}")
            if value is not None:
                count = scores[f"type.{kind}.n_questions"]
                label = f"{type_label(kind)}（{count:.0f}）"
                rows.append(charts.Bar(label=label, share=value, value=f"{value:.0%}", colour=colour))
                break
    if not rows:
        return []
    note = "深色：要点召回（没有要点的题用 ROUGE-L）；浅色：该拒答的题被拒答的占比。括号里是题数。"
    return ["<h2>按题型</h2>", charts.bars("各题型得分", rows), f'<p class="note">{note}</p>']


def _confidence(records: Sequence[Record]) -> list[str]:
    """How confidence parts answerable from unanswerable questions; needs both."""
    answerable = [record.answer.confidence for record in records if record.item.answerable]
    unanswerable = [record.answer.confidence for record in records if not record.item.answerable]
    if not answerable or not unanswerable:
        return []
    series = [("有答案的问题", answerable), ("无答案的问题", unanswerable)]
    note = '<p class="note">横轴是置信度，柱上是题数。两排分得越开，拒答越可靠。</p>'
    return ["<h2>置信度分布</h2>", charts.histogram("置信度分布", series), note]


def _causes(records: Sequence[Record]) -> str:
    counts = {cause: sum(record.cause is cause for record in records) for cause in Cause}
    rows = [
        charts.Bar(label=cause.value, share=count / len(records), value=f"{count} 题")
        for cause, count in counts.items()
    ]
    words = "；".join(f"{cause.value}：{meaning}" for cause, meaning in CAUSE_WORDS.items())
    return charts.bars("错误原因", rows) + f'<p class="note">{escape(words)}。</p>'


def _failures(records: Sequence[Record]) -> str:
    rows = [
        f"<tr><td>{escape(record.item.qid)}</td>"
        f'<td class="why">{record.cause.value if record.cause else ""}</td>'
        f"<td>{escape(record.item.question)}</td><td>{escape(expectation(record))}</td>"
        f'<td>{escape(reply(record))}</td><td class="n">{record.answer.confidence:.2f}</td></tr>'
        for record in worst(records)
    ]
    if not rows:
        return "<p>没有答错的问题。</p>"
    head = '<th>编号</th><th>原因</th><th>问题</th><th>应答</th><th>实答</th><th class="n">置信度</th>'
    return f"<p>最差的 {min(WORST, len(rows))} 题：</p>" + _table(head, rows)


def _table(head: str, rows: Sequence[str]) -> str:
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
