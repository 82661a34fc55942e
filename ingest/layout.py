"""Glyphs and ruling lines of a page -> its tables, and the columns of lines between them, down the page."""

from collections.abc import Sequence

from ingest.lines import read_columns
from ingest.printed import Block, Glyph, Ruling
from ingest.ruled_tables import find_tables


def laid_out(glyphs: Sequence[Glyph], rulings: Sequence[Ruling]) -> tuple[Block, ...]:
    """What stands on the page in reading order."""
    tables, rest = find_tables(rulings, glyphs)
    blocks: list[Block] = []
    for table in tables:
        above = [glyph for glyph in rest if glyph.middle < table.top]
        rest = tuple(glyph for glyph in rest if glyph.middle >= table.top)
        blocks += [*read_columns(above), table]
    blocks += read_columns(rest)
    return tuple(blocks)
