"""以前的版本: the list under an editor of who changed what, with a button that puts back what was before."""

from collections.abc import Callable, Mapping, Sequence

from kb.clock import CHINA_TIME
from kb.staff.changes import Change, Difference, Kind, line_differences, word_differences
from web.console.tables import Marked, table

_HEADINGS = ("时间", "谁", "改了什么", "恢复")
_CAPTION = "以前的版本（最近 {count} 次修改；“恢复”退回到那次修改之前，也记作一次修改）"
_NEVER = "以前的版本：还没有改过"
_GONE = "这次修改的原文已到期清除。"
_AS_SHIPPED, _SAME = "（默认的）", "与现在相同"
LEFT = "（照原话，不换）"  # an everyday word that is looked for as typed
_MOST = 30  # lines of one change


def history_html(
    changes: Sequence[Change], lines_of: Callable[[Change], Sequence[str]], is_now: Callable[[Change], bool]
) -> str:
    """The changes as an HTML table; a button sends the number of its entry of the log (ROWS_SCRIPT).

    `lines_of` tells what a change did; `is_now`: what was before it is in force again.
    """
    rows = [_row(change, lines_of, is_now) for change in changes]
    caption = _CAPTION.format(count=len(rows)) if rows else _NEVER
    return f'<div class="past">{table(caption, _HEADINGS, rows)}</div>'


def sentence_lines(change: Change, default: str) -> list[str]:
    """What a change of a canned sentence did."""
    before, after = (
        f"{default}{_AS_SHIPPED}" if side is None else str(side) for side in (change.before, change.after)
    )
    return [f"原来：{before}", f"改为：{after}"]


def word_lines(change: Change) -> list[str]:
    """What a change of the everyday words did: the words that differ."""
    differences = word_differences(meanings(change.before), meanings(change.after))
    return [_word_line(word, difference) for word, difference in differences]


def text_lines(change: Change, shipped: str) -> list[str]:
    """What a change of topics and starter questions did: the lines that differ."""
    told = ["原来是随软件的"] if change.before is None else []
    told += ["恢复成随软件的"] if change.after is None else []
    before, after = (
        _written(shipped if side is None else str(side)) for side in (change.before, change.after)
    )
    lines = [_line(difference) for difference in line_differences(before, after)]
    left = [f"……另有 {len(lines) - _MOST} 行"] if len(lines) > _MOST else []
    return [*told, *lines[:_MOST], *left]


def meanings(value: object) -> Mapping[str, str]:
    """The everyday words that a side of a change holds; none for the list as shipped."""
    return {str(word): str(meaning) for word, meaning in value.items()} if isinstance(value, Mapping) else {}


def _row(
    change: Change, lines_of: Callable[[Change], Sequence[str]], is_now: Callable[[Change], bool]
) -> tuple[object, ...]:
    when = f"{change.at.astimezone(CHINA_TIME):%Y-%m-%d %H:%M}"
    if change.is_gone:
        return when, change.who, _GONE, ""
    return (
        when,
        change.who,
        "\n".join(lines_of(change)),
        _SAME if is_now(change) else _button(change.entry, when),
    )


def _button(number: int, when: str) -> Marked:
    button = f'<button type="button" data-action="put_back" aria-label="恢复到 {when} 修改之前">恢复</button>'
    return Marked(html=f'<span data-number="{number}">{button}</span>')


def _word_line(word: str, difference: Difference) -> str:
    before, after = difference.before or LEFT, difference.after or LEFT
    if difference.kind is Kind.REWORDED:
        return f"改为：{word} → {after}；原来是 {before}"
    return f"{difference.kind}：{word} → {after if difference.kind is Kind.ADDED else before}"


def _line(difference: Difference) -> str:
    if difference.kind is Kind.REWORDED:
        return f"改为：{difference.after}；原来是 {difference.before}"
    return f"{difference.kind}：{difference.after or difference.before}"


def _written(text: str) -> list[str]:
    """The lines that count: neither empty nor comments."""
    return [line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]
