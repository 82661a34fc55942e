"""Running headers, footers and page numbers of printed pages: found by where they stand and by repetition.

A line goes when it stands in the outer part of its page and lines of the same words (their digits aside)
stand there on many other pages, or when it is a page number at the very edge. Pages taken out of a volume may
begin with the caption of its part ("第三部分 工资报酬") above the document's own title: that goes as well.
Nothing else is taken away.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from statistics import median

from ingest.printed import Block, PrintedColumn, PrintedLine, PrintedPage

_ZONE = 0.16  # of the page's height, at the top and at the bottom
_EDGE_LINES = 3  # rows of a header or footer
_REPEATED = 0.4  # of the pages: odd and even pages may have different headers
_MAX_RUNNING = 60  # characters of a header or footer

_LARGE = 1.15  # times the size of the text: captions and titles
_PART = re.compile(r"第[一二三四五六七八九十]{1,3}(?:部分|编|篇|辑)[ \u3000]*[^。；，]{0,24}$")

_N = r"(?:[0-9０-９]{1,4}|[一二三四五六七八九十百〇零]{1,6})"
_DASH = r"[-—–－─·•・~～|｜\s.]*"
_PAGE_NUMBER = re.compile(
    rf"{_DASH}(?:第\s*{_N}\s*页|[0-9０-９]{{1,4}}\s*页?|[Pp](?:age|\.)?\s*\d{{1,4}}|[ivxlcIVXLC]{{1,7}}|第\s*[0-9０-９]{{1,4}})"
    rf"\s*(?:(?:[/／,，、]|of)?\s*(?:共\s*)?{_N}\s*页?)?(?:\s*/\s*\d{{1,4}})?{_DASH}"
)


def without_running_lines(pages: Sequence[PrintedPage]) -> tuple[PrintedPage, ...]:
    """The pages without what is printed on them only because they are pages of a volume."""
    pages = _without_part_caption(pages)
    heads = Counter(shape for page in pages for shape in {_shape(line) for line in _head(page)})
    feet = Counter(shape for page in pages for shape in {_shape(line) for line in _foot(page)})
    least = 2 if len(pages) == 2 else max(3, int(_REPEATED * len(pages)))
    return tuple(
        _without(page, {*_running(_head(page), heads, least), *_running(_foot(page), feet, least)})
        for page in pages
    )


def _without_part_caption(pages: Sequence[PrintedPage]) -> tuple[PrintedPage, ...]:
    """The pages without the caption of a part that has no other part beside it in this document."""
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


def _head(page: PrintedPage) -> list[PrintedLine]:
    """Lines at the top of a page, the outermost first."""
    return _outermost(page, lambda line: line.middle, _ZONE * page.height)


def _foot(page: PrintedPage) -> list[PrintedLine]:
    """Lines at the bottom of a page, the outermost first."""
    return _outermost(page, lambda line: page.height - line.middle, _ZONE * page.height)


def _outermost(page: PrintedPage, depth: Callable[[PrintedLine], float], zone: float) -> list[PrintedLine]:
    return sorted((line for line in _lines(page) if depth(line) <= zone), key=depth)[: 2 * _EDGE_LINES]


def _running(lines: Sequence[PrintedLine], repeated: Counter[str], least: int) -> list[PrintedLine]:
    """Of edge lines, the outermost first, those that run on; a line of text ends the search."""
    found: list[PrintedLine] = []
    for line in lines:
        number = _PAGE_NUMBER.fullmatch(line.text) is not None
        alike = len(line.text) <= _MAX_RUNNING and line.text[-1] not in "。；：，、;,:"
        if not number and not (alike and _shape(line) and repeated[_shape(line)] >= least):
            break
        found.append(line)
    return found


def _shape(line: PrintedLine) -> str:
    """A line without its digits and spaces, so that headers with a page number are alike."""
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
