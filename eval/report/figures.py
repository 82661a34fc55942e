"""The figures of report.html: cards, retrieval compared with the baselines, answers, splits, types."""

from collections.abc import Sequence
from html import escape

from eval.report import charts
from eval.report.labels import METRICS, SYSTEMS, metric_key, shown, type_label
from eval.report.view import View
from eval.scores import DEPTHS, SPLIT_METRICS

RETRIEVAL = (
    *(f"doc_hit@{k}" for k in DEPTHS),
    "mrr@10",
    "answer_in_top1",
    "answer_in_top5",
    "answer_in_top1_strict",
    "answer_in_top5_strict",
)
TYPE_COLUMNS = (
    "n_questions",
    "right",
    "doc_hit@1",
    "answer_in_top5",
    "key_point_recall",
    "rouge_l",
    "must_not_violations",
    "refusal_recall",
)
_PLOTTED = ("doc_hit@1", "doc_hit@5", "mrr@10", "answer_in_top1", "answer_in_top5")
_CARDS = (
    "right",
    "doc_hit@1",
    "answer_in_top5",
    "key_point_recall",
    "rouge_l",
    "citation_supports_answer",
    "must_not_violations",
    "refusal_recall",
    "answerable_refused",
    "ece",
    "ask_p50_ms",
)
_SYSTEMS_EXPLAINED = (
    '<div class="note"><p><b>怎么看</b>：三种做法用同一份索引查同一个问题，只是排序的办法不同；'
    "百分制，越高越好，表中粗体是三者中最好的。</p>"
    "<p><b>本系统</b>：语义向量、学得的口语修正、字对、词几路分数归一后加权，权重随提问的措辞移动，再按段落重排。</p>"
    "<p><b>仅向量</b>：只按语义相近程度排序，不少问答系统的默认做法。</p>"
    "<p><b>向量+词 RRF</b>：向量与分词检索各排一次，按名次的倒数相加（倒数排名融合）。</p></div>"
)


def cards(view: View) -> str:
    """The most important figures as cards, each with its change."""
    html = (
        f'<div class="card"><b>{shown(name, view.scores[name])}</b><span>{METRICS[name][0]}</span>'
        f"{_card_change(view, name)}</div>"
        for name in _CARDS
        if view.scores[name] is not None
    )
    return f'<div class="cards">{"".join(html)}</div>'


def retrieval(view: View) -> str:
    """The section on retrieval: our system, dense only and RRF over the same index."""
    rows = []
    for metric in RETRIEVAL:
        values = [view.scores[metric_key(blend, metric)] for blend in SYSTEMS]
        known_values = [value for value in values if value is not None]
        if known_values:
            cells = "".join(
                f'<td class="n{" best" if value == max(known_values) else ""}">{shown(metric, value)}</td>'
                for value in values
            )
            rows.append(f"<tr>{_named(metric)}{cells}{_past_cells(view, metric)}</tr>")
    heads = "".join(f'<th class="n">{escape(name)}</th>' for name in SYSTEMS.values())
    return (
        '<h2>检索：本系统与两种常见做法</h2><div class="charts"><figure>'
        f"{_columns(view)}</figure>{_SYSTEMS_EXPLAINED}</div>"
        + table(f"<th>指标</th>{heads}{_past_heads(view)}", rows)
    )


def _columns(view: View) -> str:
    groups = []
    for metric in _PLOTTED:
        columns = []
        for number, (blend, name) in enumerate(SYSTEMS.items()):
            value = view.scores[metric_key(blend, metric)]
            if value is not None:
                figures = f"{value * 100:.0f}"
                columns.append(charts.Bar(label=name, share=value, value=figures, colour=number))
        if columns:
            groups.append((METRICS[metric][0], columns))
    return charts.grouped_columns("检索指标对比", groups) + charts.legend(list(SYSTEMS.values()))


def answers(view: View) -> str:
    """The section on answers and refusals: the metrics that are not of retrieval."""
    rows = [
        f'<tr>{_named(name)}<td class="n">{shown(name, view.scores[name])}</td>{_past_cells(view, name)}</tr>'
        for name in METRICS
        if name not in RETRIEVAL and view.scores[name] is not None
    ]
    head = f'<th>指标</th><th class="n">本次</th>{_past_heads(view)}'
    return f"<h2>回答与拒答</h2>{table(head, rows)}"


def splits(view: View) -> str:
    """The section with the dev and test splits side by side; "" when there is only one."""
    names = view.splits
    rows = []
    for metric in SPLIT_METRICS:
        values = [view.scores.get(f"split.{name}.{metric}") for name in names]
        if any(value is not None for value in values):
            cells = "".join(f'<td class="n">{shown(metric, value)}</td>' for value in values)
            rows.append(f"<tr><td>{METRICS[metric][0]}</td>{cells}</tr>")
    if not rows:
        return ""
    heads = "".join(f'<th class="n">{escape(name)}</th>' for name in names)
    note = "门槛和权重只依据 dev 调整；test 只用于检验，两者相差很大说明调过了头。"
    return f'<h2>调整用与检验用</h2>{table(f"<th>指标</th>{heads}", rows)}<p class="note">{note}</p>'


def by_type(view: View) -> str:
    """The section on question types: a bar for each, and the figures below; "" without types."""
    if not view.kinds:
        return ""
    right = [_type_bar(view, kind, "right", 0) for kind in view.kinds]
    with_answer = [
        _type_bar(view, kind, "answer_in_top5", 1)
        for kind in view.kinds
        if f"type.{kind}.answer_in_top5" in view.scores
    ]
    columns = [c for c in TYPE_COLUMNS if any(f"type.{kind}.{c}" in view.scores for kind in view.kinds)]
    rows = [
        f"<tr><td>{escape(type_label(kind))}</td>"
        + "".join(f'<td class="n">{shown(c, view.scores.get(f"type.{kind}.{c}"))}</td>' for c in columns)
        + "</tr>"
        for kind in view.kinds
    ]
    heads = "".join(f'<th class="n">{METRICS[column][0]}</th>' for column in columns)
    note = "检索到的前 5 个段落里有答案。这里高而答对率低的题型，问题出在作答；两样都低，出在检索。"
    retrieved = (
        f"<figure><h3>前五段含答案</h3>{charts.bars('各题型前五段含答案', with_answer)}"
        f"<figcaption>{note}</figcaption></figure>"
        if with_answer
        else ""
    )
    return (
        '<h2>按题型</h2><div class="charts">'
        f"<figure><h3>答对率</h3>{charts.bars('各题型答对率', right)}"
        "<figcaption>答全要点、没说不该说的，或正确拒答。括号里是题数。</figcaption></figure>"
        f"{retrieved}</div>" + table(f"<th>题型</th>{heads}", rows)
    )


def _type_bar(view: View, kind: str, metric: str, colour: int) -> charts.Bar:
    value = view.scores[f"type.{kind}.{metric}"] or 0.0
    label = f"{type_label(kind)}（{view.scores[f'type.{kind}.n_questions']:.0f}）"
    return charts.Bar(label=label, share=value, value=f"{value:.0%}", colour=colour)


def change_text(view: View, metric: str) -> tuple[str, str]:
    """A metric's change (of a share, in points) and its CSS class; two empty strings if nothing compares."""
    change = view.changes.get(metric)
    if change is None:
        return "", ""
    moved = change.now - change.before
    figures = shown(metric, abs(moved)).removesuffix("%")
    if not float(figures):
        return "持平", ""
    colour = "up" if change.gain > 0 else "down"
    return f"{'↑' if moved > 0 else '↓'}{figures}", f"{colour} fell" if change.is_drop else colour


def _card_change(view: View, metric: str) -> str:
    text, colour = change_text(view, metric)
    return f'<small class="{colour}">{text}（上次 {_past(view, metric)}）</small>' if text else ""


def _past(view: View, metric: str) -> str:
    return shown(metric, view.previous.scores.get(metric))


def _past_heads(view: View) -> str:
    return '<th class="n">上次</th><th class="n">变化</th>' if view.previous.scores else ""


def _past_cells(view: View, metric: str) -> str:
    if not view.previous.scores:
        return ""
    text, colour = change_text(view, metric)
    return f'<td class="n">{_past(view, metric)}</td><td class="n {colour}">{text}</td>'


def _named(metric: str) -> str:
    label, meaning = METRICS[metric]
    return f"<td>{label}<small>{meaning}</small></td>"


def table(head: str, rows: Sequence[str]) -> str:
    """A table that scrolls by itself where the screen is narrow."""
    return (
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )
