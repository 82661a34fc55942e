"""Glyphs on a page -> printed lines in reading order, column after column.

Glyphs come in the order in which a file draws them; runs of glyphs at one height are joined into lines, and a
line ends where a gap is wider than a character. A page has columns when an empty vertical strip separates
lines that begin and end at the same x on each side, as running text does and lists do not. Lines across the
strip (titles) divide the page into bands, and each band is read column by column.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from statistics import median

from ingest.readers.layout.page import Glyph, PrintedColumn, PrintedLine

_SAME_HEIGHT = 0.38  # of a glyph's size: how far apart the centres of neighbours in a line may be
_INDEX = 0.9  # of a glyph's size: an index beside it is at most this large
_GAP = 1.05  # of a glyph's size: a wider gap ends a line
_WORD_GAP = 0.18  # of a glyph's size: a space between Latin letters and digits
_WIDE_GAP = 0.45  # a space between Chinese characters
_CELL_GAP = 0.2  # of a glyph's size: a gap between cells of a narrow table
_LEAST_SPACED = 2  # gaps of a line by which letter-spacing is told from a space
_BACK = 0.6  # of a glyph's size: how far a glyph may reach back over the one before
_LEAST_COLUMN = 8.0  # characters of the usual line of a column
_LEAST_LINES = 4  # of a column
_FULL = 1.6  # characters between the end of a full line and the edge of its column
_FULL_SHARE = 0.4  # least share of the lines of a column that are full
_INDENT = 2.6  # characters between the edge of a column and the beginning of its lines
_LEVEL_SHARE = 0.3  # largest share of lines on one side at the height of a line on the other
_SPREAD = 2.5  # of a glyph's size: a gap within a line that no running text has
_FLUSH_SHARE = 0.8  # least share of the lines of a column that begin within _INDENT

# Word prints a space between Chinese and digits ("12 个月") that the text does not have.
_SET_SPACE = re.compile(r"(?<=[一-鿿])(?<![编章节条])[ ](?=[0-9])|(?<=[0-9])[ ](?=[一-鿿〔])")


def read_columns(glyphs: Sequence[Glyph]) -> tuple[PrintedColumn, ...]:
    """The printed lines of a page, column by column in reading order."""
    return columns_of(segments_of(glyphs))


def segments_of(glyphs: Sequence[Glyph]) -> list[PrintedLine]:
    """The stretches of glyphs that stand together, from top to bottom."""
    return [line for row in _rows(_runs(glyphs)) for line in _lines_of(row)]


def cells_of(glyphs: Sequence[Glyph]) -> list[PrintedLine]:
    """The stretches of glyphs between all visible gaps, as the cells of a narrow table stand."""
    return [cell for row in _rows(_runs(glyphs)) for cell in _lines_of(row, _CELL_GAP)]


def columns_of(segments: list[PrintedLine]) -> tuple[PrintedColumn, ...]:
    """The segments of a page as lines, column by column in reading order."""
    return tuple(_columns(segments, whole=True))


def has_columns(segments: list[PrintedLine]) -> bool:
    """Whether running text stands on a page in more than one column."""
    return _gutter(segments) is not None


def _runs(glyphs: Sequence[Glyph]) -> Iterator[list[Glyph]]:
    """Glyphs that follow each other along a line, in the order in which they were drawn."""
    run: list[Glyph] = []
    for glyph in glyphs:
        if run and not _follows(run[-1], glyph):
            yield run
            run = []
        run.append(glyph)
    if run:
        yield run


def _follows(previous: Glyph, glyph: Glyph) -> bool:
    size = min(previous.size, glyph.size)
    gap = glyph.left - previous.right
    level = abs(previous.middle - glyph.middle) <= _SAME_HEIGHT * size
    return (
        (level or _is_index(previous, glyph))
        and -_BACK * size <= gap <= _GAP * max(previous.size, glyph.size)
        and glyph.left > previous.left - 0.1 * size
    )


def _is_index(one: Glyph, other: Glyph) -> bool:
    """Whether the smaller of two neighbours is an index (m², H₂O): raised or lowered beside the larger."""
    small, large = sorted((one, other), key=lambda glyph: glyph.size)
    return small.size <= _INDEX * large.size and large.top <= small.middle <= large.bottom


def _rows(runs: Iterable[list[Glyph]]) -> Iterator[list[list[Glyph]]]:
    """Groups of runs at one height, from top to bottom; runs of only spaces are left out."""
    filled_runs = [run for run in (_stripped(run) for run in runs) if run]
    row: list[list[Glyph]] = []
    height = 0.0
    for run in sorted(filled_runs, key=lambda run: (_middle(run), run[0].left)):
        size = min(run[0].size, row[0][0].size) if row else 0.0
        if row and _middle(run) - height > _SAME_HEIGHT * size:
            yield row
            row = []
        row.append(run)
        height = median(_middle(member) for member in row)
    if row:
        yield row


def _stripped(run: list[Glyph]) -> list[Glyph]:
    """A run without spaces at its ends."""
    first, last = 0, len(run)
    while first < last and run[first].text.isspace():
        first += 1
    while last > first and run[last - 1].text.isspace():
        last -= 1
    return run[first:last]


def _middle(run: Sequence[Glyph]) -> float:
    return median(glyph.middle for glyph in run)


def _lines_of(row: list[list[Glyph]], widest: float = _GAP) -> Iterator[PrintedLine]:
    """The runs of a row as lines; glyphs with a gap of more than `widest` of their size end one."""
    line: list[Glyph] = []
    for glyph in (glyph for run in sorted(row, key=lambda run: run[0].left) for glyph in run):
        if line and glyph.left - line[-1].right > widest * max(glyph.size, line[-1].size):
            yield _line(line)
            line = []
        line.append(glyph)
    yield _line(line)


def _line(glyphs: Sequence[Glyph]) -> PrintedLine:
    size = median(glyph.size for glyph in glyphs)
    return PrintedLine(
        text=tidy(words_of(glyphs)),
        left=min(glyph.left for glyph in glyphs),
        top=min(glyph.top for glyph in glyphs),
        right=max(glyph.right for glyph in glyphs),
        bottom=max(glyph.bottom for glyph in glyphs),
        size=size,
    )


def words_of(glyphs: Sequence[Glyph]) -> str:
    """The text of glyphs along a line, with a space where the print shows one."""
    parts: list[str] = []
    previous: Glyph | None = None
    letter_space = _letter_space(glyphs)
    for glyph in glyphs:
        if previous is not None and not previous.text.isspace() and not glyph.text.isspace():
            latin = _is_latin(previous.text[-1]) and _is_latin(glyph.text[0])
            widest = letter_space + (_WORD_GAP if latin else _WIDE_GAP) * min(previous.size, glyph.size)
            if glyph.left - previous.right > widest:
                parts.append(" ")
        parts.append(glyph.text)
        previous = glyph
    return "".join(parts)


def _letter_space(glyphs: Sequence[Glyph]) -> float:
    """What stands between all glyphs of a line that is set letter-spaced: the smallest of its gaps."""
    gaps = [b.left - a.right for a, b in pairwise(glyphs)]
    spaced = len(gaps) >= _LEAST_SPACED and not any(glyph.text.isspace() for glyph in glyphs)
    return max(0.0, min(gaps)) if spaced else 0.0


def _is_latin(char: str) -> bool:
    return char.isascii() and char.isalnum()


def tidy(text: str) -> str:
    """The text of a printed line without the spaces that only typesetting added."""
    return _SET_SPACE.sub("", re.sub(r"[ \u3000]+", " ", text)).strip()


def _columns(segments: list[PrintedLine], *, whole: bool) -> Iterator[PrintedColumn]:
    """The segments as columns in reading order; `whole`: they are all that the page holds."""
    gutter = _gutter(segments)
    if gutter is None:
        if segments:
            yield _column(segments, whole=whole)
        return
    for band in _bands(segments, gutter):
        left = [segment for segment in band if segment.right <= gutter]
        right = [segment for segment in band if segment.left >= gutter]
        if left and right and len(left) + len(right) == len(band):
            yield from _columns(left, whole=False)
            yield from _columns(right, whole=False)
        else:
            yield _column(band, whole=whole)


def _bands(segments: list[PrintedLine], gutter: float) -> Iterator[list[PrintedLine]]:
    """The segments from top to bottom, cut before and after those that cross the gutter."""
    band: list[PrintedLine] = []
    crossing = False
    for segment in sorted(segments, key=lambda segment: segment.middle):
        crosses = segment.left < gutter < segment.right
        if band and crosses != crossing:
            yield band
            band = []
        band.append(segment)
        crossing = crosses
    if band:
        yield band


def _gutter(segments: list[PrintedLine]) -> float | None:
    """The x of the strip between two columns of running text; None without two columns."""
    if len(segments) < 2 * _LEAST_LINES:
        return None
    em = median(segment.size for segment in segments)
    left, right = min(s.left for s in segments), max(s.right for s in segments)
    best: tuple[int, float] | None = None
    x = left + 0.2 * (right - left)
    while x < left + 0.8 * (right - left):
        crossing = sum(segment.left < x < segment.right for segment in segments)
        if (best is None or crossing < best[0]) and _divides(segments, x, em):
            best = (crossing, x)
        x += em / 2
    return best[1] if best else None


def _divides(segments: list[PrintedLine], x: float, em: float) -> bool:
    """Whether bands without a line across `x` hold running text on both sides of it."""
    on_left: list[PrintedLine] = []
    on_right: list[PrintedLine] = []
    for band in _bands(segments, x):
        left = [segment for segment in band if segment.right <= x]
        right = [segment for segment in band if segment.left >= x]
        if min(len(left), len(right)) >= 2:
            on_left += left
            on_right += right
    running = [is_running_text(side, em) for side in (on_left, on_right)]
    return all(running) or (any(running) and _are_independent(on_left, on_right, em))


def _are_independent(left: list[PrintedLine], right: list[PrintedLine], em: float) -> bool:
    """Whether hardly any line on one side is at the height of a line on the other; in a table most are."""
    fewer, more = sorted((left, right), key=len)
    level = sum(any(abs(line.middle - other.middle) <= 0.15 * em for other in more) for line in fewer)
    return len(fewer) >= _LEAST_LINES and level <= _LEVEL_SHARE * len(fewer)


def is_running_text(segments: Sequence[PrintedLine], em: float) -> bool:
    """Whether segments below each other are lines of running text, which fill a column; `em`: their size."""
    if len(segments) < _LEAST_LINES or median(s.right - s.left for s in segments) < _LEAST_COLUMN * em:
        return False
    left, right = min(s.left for s in segments), max(s.right for s in segments)
    flush = sum(segment.left <= left + _INDENT * em for segment in segments)
    full = sum(segment.right >= right - _FULL * em for segment in segments)
    return flush >= _FLUSH_SHARE * len(segments) and full >= _FULL_SHARE * len(segments)


def _column(segments: list[PrintedLine], *, whole: bool) -> PrintedColumn:
    """A column of segments from top to bottom; segments at one height form one line."""
    lines = tuple(side_by_side(row) for row in level_rows(segments))
    return PrintedColumn(
        lines=lines,
        left=min(line.left for line in lines),
        right=max(line.right for line in lines),
        whole=whole,
    )


def level_rows(segments: Sequence[PrintedLine]) -> list[list[PrintedLine]]:
    """The segments from top to bottom, those at one height together from left to right."""
    rows: list[list[PrintedLine]] = []
    for segment in sorted(segments, key=lambda segment: segment.middle):
        if rows and segment.middle - rows[-1][0].middle <= _SAME_HEIGHT * min(segment.size, rows[-1][0].size):
            rows[-1].append(segment)
        else:
            rows.append([segment])
    return [sorted(row, key=lambda segment: segment.left) for row in rows]


def side_by_side(row: list[PrintedLine]) -> PrintedLine:
    """Segments at one height, from left to right, as one line."""
    if len(row) == 1:
        return row[0]
    return PrintedLine(
        text=" ".join(segment.text for segment in row),
        left=row[0].left,
        top=min(segment.top for segment in row),
        right=max(segment.right for segment in row),
        bottom=max(segment.bottom for segment in row),
        size=median(segment.size for segment in row),
        spread=any(b.left - a.right > _SPREAD * max(a.size, b.size) for a, b in pairwise(row)),
    )
