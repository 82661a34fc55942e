"""Glyphs and ruling lines of a page -> its tables and the columns of lines between them, top to bottom."""

import math
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from ingest.readers.layout.lines import cells_of, columns_of, has_columns, read_columns, segments_of
from ingest.readers.layout.open_tables import parted
from ingest.readers.layout.page import Block, Glyph, PrintedTable, Ruling
from ingest.readers.layout.ruled_tables import find_tables

_TALL = 1.8  # times the font size: a higher glyph holds more than one character
_UPRIGHT = math.radians(8)  # a line that leans further from the next quarter turn is slanting


class Turned(NamedTuple):
    """A glyph in its place, and the clockwise angle of its line in radians."""

    glyph: Glyph
    angle: float


def readable(glyphs: Sequence[Turned]) -> list[Glyph]:
    """The glyphs of a page in drawing order, without slanting ones (watermarks, stamps).

    A sideways line on an upright page, as in the margin or in the head of a narrow column, becomes a single
    glyph, so that it is read as a whole where it stands.
    """
    readable_glyphs: list[Glyph] = []
    for quarter, run in groupby(glyphs, lambda turned: _quarter(turned.angle)):
        if quarter == 0:
            readable_glyphs.extend(turned.glyph for turned in run)
        elif quarter is not None:
            readable_glyphs.extend(as_one(line) for line in _sideways([turned.glyph for turned in run]))
    return readable_glyphs


def is_level(angle: float) -> bool:
    """Whether a line at this clockwise angle is one of running text, neither sideways nor slanting."""
    return _quarter(angle) == 0


def _quarter(angle: float) -> int | None:
    """The clockwise quarter turns of a line, 0 to 3; None when it is slanting."""
    turns = round(angle / (math.pi / 2))
    return turns % 4 if abs(angle - turns * math.pi / 2) <= _UPRIGHT else None


def _sideways(glyphs: Sequence[Glyph]) -> Iterator[list[Glyph]]:
    """Runs of glyphs next to each other, each a sideways line."""
    line: list[Glyph] = []
    for glyph in glyphs:
        if line and max(abs(glyph.left - line[-1].left), abs(glyph.top - line[-1].top)) > 2 * glyph.size:
            yield line
            line = []
        line.append(glyph)
    if line:
        yield line


def as_one(glyphs: Sequence[Glyph]) -> Glyph:
    """One glyph with the text of `glyphs`, in a box around them, whatever their direction."""
    return Glyph(
        "".join(glyph.text for glyph in glyphs),
        min(glyph.left for glyph in glyphs),
        min(glyph.top for glyph in glyphs),
        max(glyph.right for glyph in glyphs),
        max(glyph.bottom for glyph in glyphs),
        glyphs[0].size,
    )


def laid_out(glyphs: Sequence[Glyph], rulings: Sequence[Ruling]) -> tuple[Block, ...]:
    """The tables and columns of a page in reading order; sideways lines outside of tables come last."""
    tables, rest = find_tables(rulings, glyphs)
    level = [glyph for glyph in rest if not _stands(glyph)]
    blocks: list[Block] = []
    for table in tables:
        above = [glyph for glyph in level if glyph.middle < table.top]
        level = [glyph for glyph in level if glyph.middle >= table.top]
        blocks += [*_between(above), table]
    blocks += _between(level)
    for glyph in filter(_stands, rest):
        blocks += [column.model_copy(update={"whole": False}) for column in read_columns([glyph])]
    return tuple(blocks)


def _between(glyphs: Sequence[Glyph]) -> Iterator[Block]:
    """The columns of lines, and the tables without ruling lines, among glyphs outside of ruled tables."""
    segments = segments_of(glyphs)
    if has_columns(segments):
        yield from columns_of(segments)
        return
    for part in parted(segments, cells_of(glyphs)):
        if isinstance(part, PrintedTable):
            yield part
        else:
            yield from columns_of(part)


def _stands(glyph: Glyph) -> bool:
    """Whether `glyph` is a line of text that runs up or down the page."""
    return len(glyph.text) > 1 and glyph.bottom - glyph.top > _TALL * glyph.size
