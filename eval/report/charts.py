"""Charts as inline SVG: no script, no external file, readable on a phone and in black-and-white print.

Every bar shows its value in figures and every line has its own dashes, so that no meaning depends on colour
alone. A drawing is 420 units wide: the width of a phone, and half a page of A4.
"""

from collections.abc import Sequence
from html import escape

from kb.models import Model

COLOURS = ("#1d4f91", "#8a8f98", "#c9a24b", "#a23b3b", "#5f8f6b", "#5b4a8a")  # distinct in grey print as well
WIDTH = 420
_LINES = (("#1d4f91", ""), ("#a23b3b", "6 4"), ("#6b5410", "2 3"))  # colour and dashes of each curve
_ON = ("#fff", "#fff", "#222", "#fff", "#fff", "#fff")  # colour of figures on each of COLOURS
_ROW = 26
_LABEL = 146
_VALUE = 56
_PLOT = (34, 12, 374, 178)  # left, top, width, height of the square from 0 to 1


class Bar(Model):
    """One bar: `share` (0 to 1) is its length, `value` the figures beside it."""

    label: str
    share: float
    value: str
    colour: int = 0


class Stack(Model):
    """One bar made of parts, (share, figures in it) in the order of COLOURS; `value` is written beside it."""

    label: str
    parts: tuple[tuple[float, str], ...]
    value: str


class Line(Model):
    """A curve over 0 to 1, drawn from point to point."""

    label: str
    points: tuple[tuple[float, float], ...]


class Column(Model):
    """A column of a reliability plot: `share` is its height, `mark` its height under perfect calibration."""

    share: float | None
    mark: float | None
    count: int


def bars(title: str, rows: Sequence[Bar]) -> str:
    """A horizontal bar chart, one row per bar."""
    stacks = [Stack(label=bar.label, parts=((bar.share, ""),), value=bar.value) for bar in rows]
    return _rows(title, stacks, [(bar.colour,) for bar in rows])


def stacked(title: str, rows: Sequence[Stack]) -> str:
    """A horizontal bar chart, each bar made of parts in the order of COLOURS."""
    return _rows(title, rows, [range(len(row.parts)) for row in rows])


def _rows(title: str, rows: Sequence[Stack], colours: Sequence[Sequence[int]]) -> str:
    room = WIDTH - _LABEL - _VALUE
    elements = []
    for number, row in enumerate(rows):
        top, left = number * _ROW, float(_LABEL)
        elements.append(
            f'<text x="{_LABEL - 8}" y="{top + 17}" text-anchor="end">{escape(row.label)}</text>'
            f'<rect x="{_LABEL}" y="{top + 5}" width="{room}" height="16" fill="#eef0f3"/>'
        )
        for colour, (share, figures) in zip(colours[number], row.parts, strict=True):
            length = max(0.0, min(1.0, share)) * room
            elements.append(
                f'<rect x="{left:.1f}" y="{top + 5}" width="{length:.1f}" height="16"'
                f' fill="{COLOURS[colour]}"/>'
            )
            if figures:
                elements.append(
                    f'<text x="{left + length / 2:.1f}" y="{top + 17}" text-anchor="middle"'
                    f' fill="{_ON[colour]}" font-size="11">{escape(figures)}</text>'
                )
            left += length
        elements.append(f'<text x="{WIDTH - _VALUE + 7}" y="{top + 17}">{escape(row.value)}</text>')
    return _svg(title, len(rows) * _ROW, elements)


def grouped_columns(title: str, groups: Sequence[tuple[str, Sequence[Bar]]]) -> str:
    """A chart of columns in groups, such as one group per metric with one column per system."""
    height, base = 200, 172
    step = WIDTH / max(1, len(groups))
    elements = [f'<line x1="0" y1="{base}" x2="{WIDTH}" y2="{base}" stroke="#888"/>']
    for number, (name, columns) in enumerate(groups):
        width = step * 0.9 / max(1, len(columns))
        left = number * step + step * 0.05
        for place, bar in enumerate(columns):
            tall = max(0.0, min(1.0, bar.share)) * (base - 20)
            x = left + place * width
            elements.append(
                f'<rect x="{x + 1:.1f}" y="{base - tall:.1f}" width="{width - 2:.1f}" height="{tall:.1f}"'
                f' fill="{COLOURS[bar.colour]}"><title>{escape(bar.label)} {escape(bar.value)}</title></rect>'
                f'<text x="{x + width / 2:.1f}" y="{base - tall - 4:.1f}" text-anchor="middle"'
                f' font-size="10">{escape(bar.value)}</text>'
            )
        elements.append(
            f'<text x="{left + step * 0.45:.1f}" y="{base + 18}" text-anchor="middle">{escape(name)}</text>'
        )
    return _svg(title, height, elements)


def histogram(title: str, series: Sequence[tuple[str, Sequence[float]]], bins: int = 10) -> str:
    """A histogram of values from 0 to 1: one row of columns per series, scaled to its largest bin."""
    tall, gap = 66, 62
    left, _, room, _ = _PLOT
    step = room / bins
    elements = []
    for row, (name, values) in enumerate(series):
        counts = [0] * bins
        for value in values:
            counts[min(bins - 1, max(0, int(value * bins)))] += 1
        top = row * (tall + gap)
        base = top + tall + 34
        elements.append(f'<text x="{left}" y="{top + 13}">{escape(name)}</text>')
        for place, count in enumerate(counts):
            high = tall * count / max(1, max(counts))
            x = left + place * step
            elements.append(
                f'<rect x="{x + 1:.1f}" y="{base - high:.1f}" width="{step - 2:.1f}" height="{high:.1f}"'
                f' fill="{COLOURS[row % len(COLOURS)]}"/>'
                f'<text x="{x + step / 2:.1f}" y="{base - high - 3:.1f}" text-anchor="middle"'
                f' font-size="10">{count or ""}</text>'
            )
        elements.append(_tenths(base))
    return _svg(title, len(series) * (tall + gap), elements)


def reliability(title: str, columns: Sequence[Column]) -> str:
    """Columns and a diagonal: a well calibrated column ends at its mark, near the diagonal; counts below."""
    left, top, room, tall = _PLOT
    base, step = top + tall, room / max(1, len(columns))
    elements = [
        _grid(),
        f'<line x1="{left}" y1="{base}" x2="{left + room}" y2="{top}" stroke="#888" stroke-dasharray="5 4"/>',
    ]
    for place, column in enumerate(columns):
        if column.share is None or column.mark is None:
            continue
        x, high = left + place * step, column.share * tall
        mark = base - column.mark * tall
        elements.append(
            f'<rect x="{x + 3:.1f}" y="{base - high:.1f}" width="{step - 6:.1f}" height="{high:.1f}"'
            f' fill="{COLOURS[0]}" fill-opacity="0.85"/>'
            f'<line x1="{x + 1:.1f}" y1="{mark:.1f}" x2="{x + step - 1:.1f}" y2="{mark:.1f}"'
            f' stroke="{COLOURS[2]}" stroke-width="3.5"/>'
            f'<text x="{x + step / 2:.1f}" y="{base + 29}" text-anchor="middle" font-size="10"'
            f' fill="#666">{column.count}题</text>'
        )
    return _svg(title, base + 34, elements)


def lines(title: str, curves: Sequence[Line], mark: float, mark_label: str) -> str:
    """Curves over 0 to 1 on both axes, with a vertical line at `mark`."""
    left, top, room, tall = _PLOT
    base, at = top + tall, left + mark * room
    side, anchor = (-5, "end") if mark > 0.5 else (5, "start")
    elements = [
        _grid(),
        f'<line x1="{at:.1f}" y1="{top}" x2="{at:.1f}" y2="{base}" stroke="#222" stroke-width="1.5"/>',
    ]
    for number, curve in enumerate(curves):
        path = " ".join(f"{left + x * room:.1f},{base - y * tall:.1f}" for x, y in curve.points)
        elements.append(
            f'<polyline points="{path}" fill="none" stroke="{_LINES[number][0]}"'
            f' stroke-width="2.2" stroke-dasharray="{_LINES[number][1]}"/>'
        )
    elements.append(
        f'<text x="{at + side:.1f}" y="{base - 6}" text-anchor="{anchor}" font-size="11" stroke="#fff"'
        f' stroke-width="3" paint-order="stroke">{escape(mark_label)}</text>'
    )
    return _svg(title, base + 20, elements)


def legend(names: Sequence[str]) -> str:
    """A legend: names beside the first of COLOURS, in order."""
    keys = (
        f'<span class="key"><i style="background:{COLOURS[number]}"></i>{escape(name)}</span>'
        for number, name in enumerate(names)
    )
    return f'<p class="legend">{"".join(keys)}</p>'


def line_legend(names: Sequence[str]) -> str:
    """A legend: names of the curves, each beside a piece of its line."""
    keys = (
        f'<span class="key"><svg class="dash" viewBox="0 0 30 8"><line x1="0" y1="4" x2="30" y2="4"'
        f' stroke="{_LINES[number][0]}" stroke-width="2.5"'
        f' stroke-dasharray="{_LINES[number][1]}"/></svg>{escape(name)}</span>'
        for number, name in enumerate(names)
    )
    return f'<p class="legend">{"".join(keys)}</p>'


def _grid() -> str:
    """The frame of a plot from 0 to 1, both axes labelled."""
    left, top, room, tall = _PLOT
    elements = []
    for quarter in range(5):
        y = top + tall - tall * quarter / 4
        elements.append(
            f'<line x1="{left}" y1="{y:.1f}" x2="{left + room}" y2="{y:.1f}" stroke="#e2e4e8"/>'
            f'<text x="{left - 5}" y="{y + 4:.1f}" text-anchor="end" font-size="10" fill="#666">'
            f"{quarter * 25}%</text>"
        )
    return "".join(elements) + _tenths(top + tall)


def _tenths(base: float) -> str:
    """A horizontal axis from 0 to 1 under a plot."""
    left, _, room, _ = _PLOT
    return f'<line x1="{left}" y1="{base}" x2="{left + room}" y2="{base}" stroke="#888"/>' + "".join(
        f'<text x="{left + room * tenth / 10:.1f}" y="{base + 13}" text-anchor="middle" font-size="10"'
        f' fill="#666">{tenth / 10:.1f}</text>'
        for tenth in range(11)
    )


def _svg(title: str, height: float, drawn: Sequence[str]) -> str:
    return (
        f'<svg role="img" aria-label="{escape(title)}" viewBox="0 0 {WIDTH} {height:.0f}"'
        f' font-size="12" fill="#222">{"".join(drawn)}</svg>'
    )
