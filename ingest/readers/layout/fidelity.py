"""What became of the characters of a text layer: none may be lost, doubled or moved across a line.

The rules of ingest.readers.layout put glyphs into lines by their places; the library that opened the file has
an order of its own. Both are written without white space and held against each other: how often each
character occurs, and which characters stand side by side. Slanting marks (watermarks) are left out of both.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from ingest.readers.layout.page import Block, PrintedColumn
from kb.models import Model

_MOST_SAMPLES = 3
_AROUND = 4  # characters shown on either side of a place
_FEW = 0.2  # share of the characters of a page: with more places it is another reading order, no torn lines
_FEW_PLACES = 10  # of a page with little text


class Fidelity(Model):
    """How a page as read differs from its text layer: characters `lost` and `doubled`, and the words of its
    text layer (`torn`) that do not stand side by side on the page as read."""

    lost: int = 0
    doubled: int = 0
    torn: tuple[str, ...] = ()


def fidelity(runs: Sequence[str], blocks: Iterable[Block]) -> Fidelity:
    """How `blocks` differ from `runs`, the text layer in the library's own order, cut at its gaps.

    >>> fidelity(["二十一日"], ()).lost
    4
    """
    layer = ["".join(run.split()) for run in runs]
    read = list(_texts(blocks))
    before, after = Counter("".join(layer)), Counter("".join(read))
    pairs = Counter(pair for text in read for pair in pairwise(text))
    torn = list(_torn(layer, pairs))
    reordered = len(torn) > max(_FEW_PLACES, _FEW * before.total())
    return Fidelity(
        lost=(before - after).total(),
        doubled=(after - before).total(),
        torn=() if reordered else tuple(torn[:_MOST_SAMPLES]),
    )


def _texts(blocks: Iterable[Block]) -> Iterator[str]:
    """The lines and cells of a page, without white space."""
    for block in blocks:
        if isinstance(block, PrintedColumn):
            yield from ("".join(line.text.split()) for line in block.lines)
        else:
            yield from ("".join(cell.text.split()) for row in block.table.rows for cell in row)


def _torn(layer: Sequence[str], pairs: Counter[tuple[str, str]]) -> Iterator[str]:
    """The words around each place whose characters the page as read does not have side by side."""
    left = Counter(pairs)
    for run in layer:
        whole = True
        for place, pair in enumerate(pairwise(run)):
            was_whole, whole = whole, left[pair] > 0
            left[pair] -= whole
            if was_whole and not whole:
                yield run[max(0, place + 1 - _AROUND) : place + 1 + _AROUND]
