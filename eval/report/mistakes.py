"""The section on mistakes in report.html: causes by type, changes since the earlier run, worst questions."""

from collections.abc import Sequence
from html import escape

from eval.records import CAUSE_WORDS, Cause, Record
from eval.report import charts
from eval.report.failures import WORST, expectation, lookup, reply, worst
from eval.report.labels import type_label
from eval.report.view import View

HELD_BACK = "以下只统计和列出 dev 的题，免得照着检验用的 test 调整；要看全部请加 --show-test。"


def mistakes(view: View) -> str:
    """The section on mistakes, over the questions that may be named."""
    held_note = f'<p class="note">{HELD_BACK}</p>' if view.hides_some else ""
    if not view.named:
        return f"<h2>错在哪里</h2>{held_note}"
    return f"<h2>错在哪里</h2>{held_note}{_causes(view.named)}{_turned(view)}{_worst(view.named)}"


def _causes(records: Sequence[Record]) -> str:
    """One bar per type, with the causes as parts; types without a mistake are left out."""
    if not any(record.cause for record in records):
        return "<p>没有答错的题。</p>"
    counts = [sum(record.cause is cause for record in records) for cause in Cause]
    overall = [
        charts.Bar(label=cause.value, share=count / len(records), value=f"{count} 题", colour=number)
        for number, (cause, count) in enumerate(zip(Cause, counts, strict=True))
    ]
    rows = []
    for kind in dict.fromkeys(record.item.type for record in records):
        of_type = [record for record in records if record.item.type == kind]
        wrong = sum(record.cause is not None for record in of_type)
        if wrong:
            numbers = [sum(record.cause is cause for record in of_type) for cause in Cause]
            parts = tuple((number / len(of_type), str(number or "")) for number in numbers)
            rows.append(charts.Stack(label=type_label(kind), parts=parts, value=f"错 {wrong}/{len(of_type)}"))
    words = "；".join(f"{cause.value}：{meaning}" for cause, meaning in CAUSE_WORDS.items())
    return (
        '<div class="charts">'
        f"<figure><h3>原因</h3>{charts.bars('错误原因', overall)}"
        f"<figcaption>{escape(words)}。</figcaption></figure>"
        f"<figure><h3>各题型的原因</h3>{charts.stacked('各题型的错误原因', rows)}"
        f"{charts.legend([cause.value for cause in Cause])}</figure></div>"
    )


def _turned(view: View) -> str:
    """The lists of questions that were right in only one of the two runs."""
    changed = view.turned
    if not view.previous.questions:
        return ""
    lists = (("上次对、这次错", changed.wrong), ("上次错、这次对", changed.right))
    html = "".join(
        f"<h3>{title}（{len(records)} 题）</h3><ul>{''.join(map(_line, records))}</ul>"
        for title, records in lists
        if records
    )
    return html or '<p class="note">与上次运行相比，没有题由对变错或由错变对。</p>'


def _line(record: Record) -> str:
    why = f"（{record.cause.value}）" if record.cause else ""
    return f"<li>{escape(record.item.qid)} {escape(record.item.question)}{why}</li>"


def _worst(records: Sequence[Record]) -> str:
    chosen = worst(records)
    if not chosen:
        return ""
    title = f"最差的 {len(chosen)} 题" if len(chosen) == WORST else f"答错的 {len(chosen)} 题"
    return f"<h3>{title}</h3>{''.join(map(_case, chosen))}"


def _case(record: Record) -> str:
    item = record.item
    history = f"<dt>前文</dt><dd>{escape(' / '.join(item.history))}</dd>" if item.history else ""
    query_text = lookup(record)
    query = f"<dt>查找</dt><dd>{escape(query_text)}</dd>" if query_text else ""
    return (
        '<article class="case"><p class="tags">'
        f'<span class="why">{record.cause.value if record.cause else ""}</span>'
        f"<span>{escape(item.qid)}</span><span>{escape(type_label(item.type))}</span>"
        f"<span>置信度 {record.answer.confidence:.2f}</span></p>"
        f"<h3>{escape(item.question)}</h3><dl>{history}{query}"
        f"<dt>应答</dt><dd>{escape(expectation(record))}</dd>"
        f"<dt>实答</dt><dd>{escape(reply(record))}</dd></dl></article>"
    )
