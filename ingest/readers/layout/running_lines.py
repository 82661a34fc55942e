"""Removes running headers, footers and page numbers from printed pages, found by position and repetition.

A line is removed when it stands near the top or bottom of its page and lines of the same words (digits
ignored) stand there on many other pages, or when it is a page number or a browser's mark at the very edge.
Pages taken from a volume may begin with the caption of a part ("第三部分 工资报酬") above the document's own
title: it is removed as well. Nothing else is removed.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from ingest.readers.layout.page import Block, PrintedColumn, PrintedLine, PrintedPage

_ZONE = 0.16  # of the page's height, at the top and at the bottom
_EDGE_LINES = 3  # rows of a header or footer
_REPEATED = 0.4  # share of the pages: odd and even pages may have different headers
_MAX_RUNNING = 60  # characters of a header or footer

_SAME_PRINT = 1.05  # largest ratio of sizes or distances of lines that belong together
_LARGE = 1.15  # times the size of the text: captions and titles
_PART = re.compile(r"第[一二三四五六七八九十]{1,3}(?:部分|编|篇|辑)[ \u3000]*[^。；，]{0,24}$")

_N = r"(?:[0-9０-９]{1,4}|[一二三四五六七八九十百〇零]{1,6})"
_DASH = r"[-—–－─·•・~～|｜\s.]"
_PAGE_NUMBER = re.compile(
    rf"{_DASH}{{0,60}}+(?:第\s*{_N}\s*页|[0-9０-９]{{1,4}}(?:\s*+页)?|[Pp](?:age|\.)?\s*\d{{1,4}}|[ivxlcIVXLC]{{1,7}}|第\s*[0-9０-９]{{1,4}})"
    rf"\s*+(?:(?:[/／,，、]|of)?\s*+(?:共\s*+)?{_N}(?:\s*+页)?)?(?:\s*+/\s*+\d{{1,4}})?{_DASH}*+"
)
# What browsers print above and below a page: the time with the page's title, its address and page number.
_CLOCK = r"\d{1,2}:\d{2}(?::\d{2})?"
_OF_BROWSER = re.compile(
    rf"\d{{1,4}}[/.-]\d{{1,2}}[/.-]\d{{1,4}},?\s?(?:(?:上午|下午)\s?{_CLOCK}|{_CLOCK}(?:\s?[AaPp][Mm])?)(?:\s?\S.{{0,200}})?"
    r"|(?:https?|file)://[^一-鿿]{1,300}"
)


class _Zone(NamedTuple):
    """The lines at the top or bottom of a page, the outermost first, and the first line beyond them."""

    lines: list[PrintedLine]
    beyond: PrintedLine | None


def without_running_lines(pages: Sequence[PrintedPage]) -> tuple[PrintedPage, ...]:
    """The pages without running headers, footers, page numbers and the caption of a volume's part."""
    pages = _without_part_caption(pages)
    zones = [(_head(page), _foot(page)) for page in pages]
    least = 2 if len(pages) == 2 else max(3, int(_REPEATED * len(pages)))
    leading = _leading(pages)
    running: list[set[PrintedLine]] = [set() for _ in pages]
    for side in (0, 1):
        repeated = Counter(shape for zone in zones for shape in {_shape(line) for line in zone[side].lines})
        for page_lines, zone in zip(running, zones, strict=True):
            page_lines.update(_running(zone[side], repeated, least, leading))
    return tuple(_without(page, page_lines) for page, page_lines in zip(pages, running, strict=True))


def _leading(pages: Sequence[PrintedPage]) -> float:
    """The median distance between consecutive lines of a column; 0.0 when there are none."""
    columns = [block.lines for page in pages for block in page.blocks if isinstance(block, PrintedColumn)]
    steps = [b.middle - a.middle for lines in columns for a, b in pairwise(lines)]
    return median(steps) if steps else 0.0


def _without_part_caption(pages: Sequence[PrintedPage]) -> tuple[PrintedPage, ...]:
    """The pages without the caption of a volume's part, when the document has no caption of another part."""
    lines = [line for page in pages for line in _lines(page)]
    if len(lines) < 3 or not pages or lines[0] not in _lines(pages[0]):
        return tuple(pages)
    caption, title = lines[:2]
    large = _LARGE * median(line.size for line in lines)
    alone = not any(_PART.match(line.text) for line in lines[1:])
    if _PART.match(caption.text) and min(caption.size, title.size) >= large and alone:
        return _without(pages[0], {caption}), *pages[1:]
    return tuple(pages)


def _lines(page: PrintedPage) -> list[PrintedLine]:
    return [line for block in page.blocks if isinstance(block, PrintedColumn) for line in block.lines]


def _head(page: PrintedPage) -> _Zone:
    return _zone(page, lambda line: line.middle)


def _foot(page: PrintedPage) -> _Zone:
    return _zone(page, lambda line: page.height - line.middle)


def _zone(page: PrintedPage, depth: Callable[[PrintedLine], float]) -> _Zone:
    lines = sorted(_lines(page), key=depth)
    count = min(2 * _EDGE_LINES, sum(depth(line) <= _ZONE * page.height for line in lines))
    return _Zone(lines[:count], lines[count] if count < len(lines) else None)


def _running(zone: _Zone, repeated: Counter[str], least: int, leading: float) -> list[PrintedLine]:
    """The running lines of a zone, from the edge inwards; a line of text ends the search.

    A line as close to the next as lines of text are is text, however often it is repeated.
    """
    count = 0
    for line in zone.lines:
        alike = len(line.text) <= _MAX_RUNNING and line.text[-1] not in "。；：，、;,:"
        if not _is_number(line) and not (alike and _shape(line) and repeated[_shape(line)] >= least):
            break
        count += 1
    following = [*zone.lines[1:], zone.beyond]
    while count and not _is_number(zone.lines[count - 1]):
        line, text = zone.lines[count - 1], following[count - 1]
        if text is None or abs(line.middle - text.middle) > _SAME_PRINT * leading:
            break
        if max(line.size, text.size) > _SAME_PRINT * min(line.size, text.size):
            break
        count -= 1
    return zone.lines[:count]


def _is_number(line: PrintedLine) -> bool:
    """Whether a line is a page number, or the mark of the browser that printed the page."""
    return any(pattern.fullmatch(line.text) for pattern in (_PAGE_NUMBER, _OF_BROWSER))


def _shape(line: PrintedLine) -> str:
    """The text without digits and spaces, so that headers that differ only in the page number are equal."""
    return re.sub(r"[0-9０-９\s]", "", line.text)


def _without(page: PrintedPage, running: set[PrintedLine]) -> PrintedPage:
    if not running:
        return page
    blocks: list[Block] = []
    for block in page.blocks:
        if isinstance(block, PrintedColumn):
            lines = tuple(line for line in block.lines if line not in running)
            if lines:
                blocks.append(block.model_copy(update={"lines": lines}))
        else:
            blocks.append(block)
    return page.model_copy(update={"blocks": tuple(blocks)})
