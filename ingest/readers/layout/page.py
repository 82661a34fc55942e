"""The content of a printed page from any kind of file: glyphs, ruling lines, printed lines, tables.

All measures are in points, x to the right and y downwards from the top left corner of the page after its
rotation.
"""

from collections.abc import Sequence
from enum import Enum, auto
from typing import NamedTuple

from ingest.readers.tables import Table
from kb.models import Model

Box = tuple[float, float, float, float]  # left, top, right, bottom


class Glyph(NamedTuple):
    """A character, or a run of characters that OCR read at once, and its box; `size` is its font size.

    A NamedTuple, because a long document has a million of them.
    """

    text: str
    left: float
    top: float
    right: float
    bottom: float
    size: float

    @property
    def middle(self) -> float:
        """Height of its centre."""
        return (self.top + self.bottom) / 2


class Ruling(NamedTuple):
    """A horizontal or vertical line, such as those between the cells of a table."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def across(self) -> bool:
        """Whether it is horizontal."""
        return self.right - self.left >= self.bottom - self.top


def quarter_turned(box: Sequence[float], turn: int, width: float, height: float) -> Box:
    """`box` on a page of `width` and `height` after the page has been turned clockwise `turn` times by 90°.

    >>> quarter_turned((10, 20, 30, 25), 1, 100, 200)
    (175, 10, 180, 30)
    """
    left, top, right, bottom = box
    return (
        (left, top, right, bottom),
        (height - bottom, left, height - top, right),
        (width - right, height - bottom, width - left, height - top),
        (top, width - right, bottom, width - left),
    )[turn % 4]


class Origin(Enum):
    """Where the words of a page come from."""

    TEXT = auto()
    SCAN = auto()


class PrintedLine(Model):
    """A line as printed, with its box; `size` is its median font size, `spread` whether wide gaps divide it,
    as in a list or a form."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    size: float
    spread: bool = False

    @property
    def middle(self) -> float:
        """Height of its centre."""
        return (self.top + self.bottom) / 2


class PrintedColumn(Model):
    """The lines of a column from top to bottom, and its edges; `whole`: the page has no other column."""

    lines: tuple[PrintedLine, ...]
    left: float
    right: float
    whole: bool = True


class PrintedTable(Model):
    """A table; `edges` are the x of its column borders, from left to right, or of its words where it is not
    `ruled`: its rows and columns are then known by the places of the words."""

    table: Table
    edges: tuple[float, ...]
    top: float
    bottom: float
    ruled: bool = True

    @property
    def left(self) -> float:
        """Its left edge."""
        return self.edges[0]

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.edges[-1]


Block = PrintedColumn | PrintedTable


class PrintedPage(Model):
    """A page in reading order; `confidence` is OCR's mean, 1.0 for a text layer; `unread` counts the
    characters left out because their font gives them no meaning. `lost` and `doubled` count the characters
    of the text layer that the blocks lack or repeat, `torn` shows words that stand apart only in the blocks.
    """

    width: float
    height: float
    blocks: tuple[Block, ...] = ()
    origin: Origin = Origin.TEXT
    confidence: float = 1.0
    unread: int = 0
    lost: int = 0
    doubled: int = 0
    torn: tuple[str, ...] = ()

    @property
    def letters(self) -> int:
        """How many characters the page has."""
        columns = [block for block in self.blocks if isinstance(block, PrintedColumn)]
        tables = [block.table for block in self.blocks if isinstance(block, PrintedTable)]
        in_lines = sum(len(line.text) for column in columns for line in column.lines)
        return in_lines + sum(len(cell.text) for table in tables for row in table.rows for cell in row)
