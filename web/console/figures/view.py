"""The figures of a period for the tab: data frames for the plots, tables and totals as HTML.

A line through one point cannot be seen: the value of an only day is drawn from its beginning to its end.
"""

import html
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from kb.clock import CHINA_TIME
from kb.reports.figures import Counts, DayFigures, Figures, TimesAsked, WriteNext
from kb.reports.growth import Growing
from kb.reports.tallies import QuestionOutcome
from web.console.parts import note
from web.console.tables import table

if TYPE_CHECKING:
    import pandas as pd

DAY, TIMES, OUTCOME, DEPARTMENT = "日期", "次数", "结果", "部门"
SECONDS, MEASURE, PERCENT = "用时（秒）", "口径", "有用率（%）"
# Colours safe for red-green colour blindness (Okabe and Ito), dark enough on white.
COLORS = {
    QuestionOutcome.ANSWERED.label: "#0072b2",
    QuestionOutcome.REFUSED.label: "#d55e00",
    QuestionOutcome.HANDED_OVER.label: "#007a5a",
    QuestionOutcome.CLOSED.label: "#6b7280",
}
MEDIAN, SLOW = "一半不超过", "95% 不超过"
SPEED_COLORS = {MEDIAN: "#0072b2", SLOW: "#d55e00"}
_A_DAY = timedelta(hours=23, minutes=59)
_DEPARTMENTS_SHOWN = 6  # as many bars as have legible names side by side
_NOBODY = "这段时间没有人提问。"
_NOTHING_TO_WRITE = "没有等着写的问答。"


_WRITE_HEADINGS = ("次序", "问题", "多少人问", DEPARTMENT, "状态", "操作")


def days_frame(days: Sequence[DayFigures]) -> "pd.DataFrame":
    """Questions per day by outcome; outcomes that never occurred are left out."""
    outcomes = [outcome for outcome in QuestionOutcome if any(_of(day.counts, outcome) for day in days)]
    rows = [
        (_midnight(day), _of(day.counts, outcome), outcome.label)
        for day in days
        for outcome in outcomes or [QuestionOutcome.ANSWERED]
    ]
    return _frame(rows, (DAY, TIMES, OUTCOME))


def helpful_frame(days: Sequence[DayFigures]) -> "pd.DataFrame":
    """The helpful share in per cent, for days with feedback."""
    rows = [
        (_midnight(day), round(100 * day.counts.helpful_share, 1))
        for day in days
        if day.counts.helpful_share is not None
    ]
    return _frame(rows, (DAY, PERCENT))


def latency_frame(days: Sequence[DayFigures]) -> "pd.DataFrame":
    """Answer times in seconds (median and 95th percentile), for days with answers."""
    rows = [
        (_midnight(day), round(milliseconds / 1000, 3), name)
        for day in days
        for name, milliseconds in ((MEDIAN, day.counts.p50_ms), (SLOW, day.counts.p95_ms))
        if milliseconds is not None
    ]
    return _frame(rows, (DAY, SECONDS, MEASURE))


def departments_frame(figures: Figures) -> "pd.DataFrame":
    """Questions by department and outcome, for the departments asked most."""
    top_departments = figures.departments[:_DEPARTMENTS_SHOWN]
    rows = [
        (entry.department, _of(entry.counts, outcome), outcome.label)
        for entry in top_departments
        for outcome in QuestionOutcome
        if _of(entry.counts, outcome)
    ]
    return _frame(rows, (DEPARTMENT, TIMES, OUTCOME))


def totals_html(figures: Figures) -> str:
    """The period's totals side by side; each outcome with its share."""
    total = figures.total
    totals = [("提问", str(total.asked), "")]
    totals += [
        (outcome.label, str(_of(total, outcome)), _share(_of(total, outcome), total.asked))
        for outcome in QuestionOutcome
        if outcome is not QuestionOutcome.CLOSED or total.closed
    ]
    totals.append(("反问一句", str(total.asked_back), _share(total.asked_back, total.asked)))
    judged = total.helpful + total.unhelpful
    helpful = "—" if total.helpful_share is None else f"{total.helpful_share:.0%}"
    totals.append(("有用率", helpful, f"{judged} 次评价"))
    totals.append(("用时中位数", _seconds(total.p50_ms), f"95%：{_seconds(total.p95_ms)}"))
    tiles = "".join(
        f"<div><dt>{name}</dt><dd>{value}<span>{beside}</span></dd></div>" for name, value, beside in totals
    )
    period = f"{figures.since} 至 {figures.until}"
    return f'<p class="keys">{period}</p><dl class="totals">{tiles}</dl>'


def departments_html(figures: Figures) -> str:
    """The figures of every department as an HTML table."""
    rows = [
        (
            entry.department,
            entry.counts.asked,
            entry.counts.answered,
            entry.counts.refused,
            entry.counts.handed_over,
            "—" if entry.counts.helpful_share is None else f"{entry.counts.helpful_share:.0%}",
        )
        for entry in figures.departments
    ]
    headings = (
        DEPARTMENT,
        "提问",
        *(outcome.label for outcome in QuestionOutcome if outcome is not QuestionOutcome.CLOSED),
    )
    return (
        _list("各部门", table("各部门（一问涉及几个部门的，各计一次）", (*headings, "有用率"), rows))
        if rows
        else ""
    )


def most_asked_html(most: Sequence[TimesAsked]) -> str:
    """The most asked questions as an HTML table."""
    if not most:
        return note(_NOBODY)
    rows = [(number, question.text, question.times) for number, question in enumerate(most, start=1)]
    return _list("问得最多", table("问得最多", ("名次", "问题", "次数"), rows))


def growing_html(growing: Sequence[Growing]) -> str:
    """The words that occur in more questions than in the month before, as an HTML table."""
    if not growing:
        return note("没有明显升温的话题。")
    rows = [(topic.word, topic.before, topic.now, f"+{topic.now - topic.before}") for topic in growing]
    return _list(
        "升温话题", table("升温话题（提到它的提问数）", ("话题", "前 30 天", "近 30 天", "增加"), rows)
    )


def write_next_html(groups: Sequence[WriteNext]) -> str:
    """The groups without an FAQ entry, most asked first, each with its button."""
    if not groups:
        return note(_NOTHING_TO_WRITE)
    head = "".join(f'<th scope="col">{name}</th>' for name in _WRITE_HEADINGS)
    body = "".join(_group_row(number, group) for number, group in enumerate(groups))
    caption = "知识库答不上来的提问，意思相同的并在一起，问的人多的在前"
    return _list(
        "等着写的问答",
        f'<table class="list"><caption>{caption}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>",
    )


def ledger_html(figures: Figures, department: str | None) -> str:
    """The link to download the ledger of the period."""
    period = {"since": figures.since, "until": figures.until, "department": department}
    query = urlencode({name: value for name, value in period.items() if value})
    return (
        f'<a class="take" href="/api/staff/ledger.xlsx?{html.escape(query)}" download>'
        f'导出台账（Excel）</a> <span class="keys">{figures.since} 至 {figures.until}，'
        f"{html.escape(department) if department else '全部可见部门'}，问题已脱敏</span>"
    )


def _group_row(number: int, group: WriteNext) -> str:
    first = ' <span class="flag">建议优先编写</span>' if number == 0 else ""
    cells = (
        str(number + 1),
        f"{html.escape(group.text)}{first}",
        str(group.asked),
        html.escape("、".join(group.departments)),
        group.state.label,
        f'<button type="button" data-number="{number}">写成问答</button>',
    )
    labelled = "".join(
        f'<td data-label="{name}">{cell}</td>' for name, cell in zip(_WRITE_HEADINGS, cells, strict=True)
    )
    return f"<tr>{labelled}</tr>"


def _list(name: str, made: str) -> str:
    """A table that scrolls, with the keyboard too; `name` is its accessible name."""
    return f'<div class="scroll" tabindex="0" role="region" aria-label="{name}">{made}</div>'


def _of(counts: Counts, outcome: QuestionOutcome) -> int:
    count: int = getattr(counts, outcome.value)
    return count


def _midnight(figures: DayFigures) -> datetime:
    """Midnight in China of the day; plots show it in the browser's time zone."""
    return datetime.combine(figures.day, time(tzinfo=CHINA_TIME))


def _frame(rows: Sequence[tuple[object, ...]], columns: Sequence[str]) -> "pd.DataFrame":
    import pandas as pd

    frame = pd.DataFrame(rows, columns=list(columns))
    if DAY in columns:  # without rows pandas cannot infer that these are times
        frame[DAY] = pd.to_datetime(frame[DAY], utc=True)
        if frame[DAY].nunique() == 1:
            frame = pd.concat([frame, frame.assign(**{DAY: frame[DAY] + _A_DAY})], ignore_index=True)
    return frame.astype({name: float for name in (TIMES, PERCENT, SECONDS) if name in columns})


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else ""


def _seconds(milliseconds: float | None) -> str:
    return "—" if milliseconds is None else f"{milliseconds / 1000:.2f} 秒"
