"""Bar charts as inline SVG: no script, no outside file, readable in black-and-white print.

Every bar carries its value in figures, so that nothing is told by colour or length alone.
"""

from collections.abc import Sequence
from html import escape

from kb.models import Model

COLOURS = ("#1d4f91", "#8a8f98", "#c9a24b")  # told apart in grey print too: dark, middle, light
_ROW = 26
_LABEL = 150
_WIDTH = 720
_VALUE = 64


class Bar(Model):
    """One bar: `share` (0 to 1) is its length, `value` the figures beside it."""

    label: str
    share: float
    value: str
    colour: int = 0


def bars(title: str, rows: Sequence[Bar]) -> str:
    """A horizontal bar chart, one row a bar."""
    room = _WIDTH - _LABEL - _VALUE
    drawn = []
    for number, bar in enumerate(rows):
        top = number * _ROW
        length = max(0.0, min(1.0, bar.share)) * room
        drawn.append(
            f'<text x="{_LABEL - 8}" y="{top + 17}" text-anchor="end">{escape(bar.label)}</text>'
            f'<rect x="{_LABEL}" y="{top + 5}" width="{room}" height="16" fill="#eef0f3"/>'
            f'<rect x="{_LABEL}" y="{top + 5}" width="{length:.1f}" height="16"'
            f' fill="{COLOURS[bar.colour]}"/>'
            f'<text x="{_WIDTH - _VALUE + 8}" y="{top + 17}">{escape(bar.value)}</text>'
        )
    return _svg(title, len(rows) * _ROW, drawn)


def grouped_columns(title: str, groups: Sequence[tuple[str, Sequence[Bar]]]) -> str:
    """Columns in groups, such as one group a metric and one column a system."""
    height, base = 230, 190
    step = _WIDTH / max(1, len(groups))
    drawn = [f'<line x1="0" y1="{base}" x2="{_WIDTH}" y2="{base}" stroke="#888"/>']
    for number, (name, columns) in enumerate(groups):
        width = step * 0.8 / max(1, len(columns))
        left = number * step + step * 0.1
        for place, bar in enumerate(columns):
            tall = max(0.0, min(1.0, bar.share)) * (base - 24)
            x = left + place * width
            drawn.append(
                f'<rect x="{x + 1:.1f}" y="{base - tall:.1f}" width="{width - 2:.1f}" height="{tall:.1f}"'
                f' fill="{COLOURS[bar.colour]}"><title>{escape(bar.label)} {escape(bar.value)}</title></rect>'
                f'<text x="{x + width / 2:.1f}" y="{base - tall - 5:.1f}" text-anchor="middle"'
                f' font-size="10.5">{escape(bar.value)}</text>'
            )
        drawn.append(
            f'<text x="{left + step * 0.4:.1f}" y="{base + 20}" text-anchor="middle">{escape(name)}</text>'
        )
    return _svg(title, height, drawn)


def histogram(title: str, series: Sequence[tuple[str, Sequence[float]]], bins: int = 10) -> str:
    """How values between 0 and 1 are spread: one row of columns a series, heights by its largest bin."""
    tall, gap = 80, 34
    step = (_WIDTH - _LABEL) / bins
    drawn = []
    for row, (name, values) in enumerate(series):
        counts = [0] * bins
        for value in values:
            counts[min(bins - 1, max(0, int(value * bins)))] += 1
        base = row * (tall + gap) + tall + 14
        drawn.append(f'<text x="{_LABEL - 8}" y="{base - 4}" text-anchor="end">{escape(name)}</text>')
        for place, count in enumerate(counts):
            high = tall * count / max(1, max(counts))
            x = _LABEL + place * step
            drawn.append(
                f'<rect x="{x + 1:.1f}" y="{base - high:.1f}" width="{step - 2:.1f}" height="{high:.1f}"'
                f' fill="{COLOURS[row % len(COLOURS)]}"/>'
                f'<text x="{x + step / 2:.1f}" y="{base - high - 3:.1f}" text-anchor="middle"'
                f' font-size="10.5">{count or ""}</text>'
                f'<text x="{x:.1f}" y="{base + 13}" font-size="10" fill="#666">{place / bins:.1f}</text>'
            )
    return _svg(title, len(series) * (tall + gap), drawn)


def legend(names: Sequence[str]) -> str:
    """Names of the colours, in order."""
    keys = (
        f'<span class="key"><i style="background:{COLOURS[number]}"></i>{escape(name)}</span>'
        for number, name in enumerate(names)
    )
    return f'<p class="legend">{"".join(keys)}</p>'


def _svg(title: str, height: int, drawn: Sequence[str]) -> str:
    return (
        f'<svg role="img" aria-label="{escape(title)}" viewBox="0 0 {_WIDTH} {height}"'
        f' font-size="13" fill="#222">{"".join(drawn)}</svg>'
    )
