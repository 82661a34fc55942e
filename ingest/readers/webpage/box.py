"""The information box of a government page, taken off the page: its values, and the page without it.

A box is a table, a list or a row of paragraphs whose every cell is a label (索引号, 发文机关 …) or the value
of one. It tells about the policy and is no part of it.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from lxml import etree, html

from ingest.notation.infobox import (
    TELLING,
    fields_in,
    is_box,
    is_page_line,
    labels_alone,
    lists_several,
    read_infobox,
)
from ingest.readers.webpage.blocks import SKIPPED, words_of

_LONGEST = 1_500  # characters of a box
_CELL_TAGS = ("td", "th", "li", "dt", "dd", "p", "div", "h1", "h2", "h3", "h4", "h5", "h6")
_CELLS = frozenset((*_CELL_TAGS, "span", "em", "b", "strong", "label", "i", "font", "a"))
_HOLDS_CELLS = "|".join(f"descendant::{tag}" for tag in _CELL_TAGS)
_MOST_BETWEEN = 150  # characters between the boxes of two items of a list
_MOST_ELEMENTS = 20_000  # of a page that are looked at


def take_box(body: html.HtmlElement) -> dict[str, str]:
    """The values of the page's boxes by field, {} without one; the boxes are removed from `body`.

    A page may hold its box twice (for phones), and a line with the time of publication.
    The first value counts. Boxes of the items of a list stay where they are.
    """
    places = _Places(body)
    values: dict[str, str] = {}
    left = places.length(body)
    for box in _of_the_page(list(_boxes(body)), places):
        left -= sum(map(places.length, box.run))
        if left < 2 * len(box.values):
            break  # nothing else stands on the page
        is_other = is_box(values.keys()) and is_box(box.values.keys())
        if not is_other or len(box.values.items() & values.items()) >= 2:
            values = {**box.values, **values}  # the box of a related document is not its own
        for child in box.run:
            child.drop_tree()
    return values


class _Box(NamedTuple):
    """Elements side by side that hold nothing but labels and values."""

    run: list[html.HtmlElement]
    values: dict[str, str]

    @property
    def path(self) -> tuple[str, ...]:
        """The tags that lead to it: the same for all items of a list."""
        return tuple(str(element.tag) for element in self.run[0].iterancestors())


class _Places:
    """Where in the text of a page each of its elements begins and ends, white space left out."""

    def __init__(self, body: html.HtmlElement) -> None:
        self.start: dict[html.HtmlElement, int] = {}
        self.end: dict[html.HtmlElement, int] = {}
        place = 0
        for event, element in etree.iterwalk(body, events=("start", "end", "comment", "pi")):
            if event == "start":
                self.start[element] = place
                place += _printed(element.text)
            else:
                self.end[element] = place
                place += _printed(element.tail)

    def length(self, element: html.HtmlElement) -> int:
        """How many characters an element holds."""
        return self.end[element] - self.start[element]

    def between(self, first: _Box, second: _Box) -> int:
        """How many characters stand between two boxes."""
        return self.start[second.run[0]] - self.end[first.run[-1]]


def _printed(text: str | None) -> int:
    return len("".join((text or "").split()))


def _boxes(body: html.HtmlElement) -> Iterator[_Box]:
    """Every box of the page in reading order, none within another."""
    taken: set[html.HtmlElement] = set()
    for parent in _elements(body):
        if parent in taken:
            taken.update(parent)
            continue
        for run in _runs(parent):
            lines = [line for child in run for line in _lines(child)]
            fields = fields_in(lines)
            if fields is None or lists_several(lines):
                continue
            values = read_infobox("\n".join(lines))
            if is_box(values.keys()) or is_page_line(fields):
                taken.update(run)
                yield _Box(run, values)


def _of_the_page(boxes: list[_Box], places: _Places) -> list[_Box]:
    """`boxes` without those of lists: alike in the page, close to each other, three or with other values."""
    rows: list[list[_Box]] = []
    last: dict[tuple[str, ...], list[_Box]] = {}
    for box in boxes:
        row = last.get(box.path)
        if row is None or places.between(row[-1], box) > _MOST_BETWEEN:
            row = last[box.path] = []
            rows.append(row)
        row.append(box)
    lists = [row for row in rows if len(row) > 2 or _disagree(row[0].values, row[-1].values)]
    listed = {id(box) for row in lists for box in row}
    return [box for box in boxes if id(box) not in listed]


def _disagree(first: Mapping[str, str], second: Mapping[str, str]) -> bool:
    """Whether two boxes tell about two documents."""
    return any(first[field] != second[field] for field in TELLING & first.keys() & second.keys())


def _elements(body: html.HtmlElement) -> Iterator[html.HtmlElement]:
    for count, element in enumerate(body.iter()):
        if count >= _MOST_ELEMENTS:
            return
        if isinstance(element.tag, str) and element.tag not in SKIPPED and len(element):
            yield element


def _runs(parent: html.HtmlElement) -> Iterator[list[html.HtmlElement]]:
    """The longest runs of children that hold nothing but labels and their values."""
    run: list[html.HtmlElement] = []
    after_unlisted = False
    for child in parent:
        if not isinstance(child.tag, str) or child.tag in SKIPPED:
            continue
        empty = not (child.text_content() or "").strip()
        if empty and not run:
            continue
        fields = frozenset() if empty else _fields(child)
        if fields is not None and (fields or (run and (empty or not after_unlisted))):
            run.append(child)
            after_unlisted = not empty and not fields
        elif run:
            yield _trimmed(run)
            run = []
    if run:
        yield _trimmed(run)


def _fields(child: html.HtmlElement) -> frozenset[str] | None:
    """The fields that a child labels; None where it holds more than labels and values."""
    return fields_in(_lines(child)) if len(child.text_content()) <= _LONGEST else None


def _trimmed(run: list[html.HtmlElement]) -> list[html.HtmlElement]:
    """`run` up to the last child with a label of a box."""
    while run and not _fields(run[-1]):
        run = run[:-1]
    return run


def _lines(element: html.HtmlElement) -> list[str]:
    """A line for each label of `element` and its value, and one for each other cell."""
    lines: list[str] = []
    waiting = False  # whether the last line is a label without its value
    for cell in _cells(element):
        alone = labels_alone(cell)
        if waiting and not alone:
            lines[-1] += cell
        else:
            lines.append(cell.rstrip(":： ") + "：" if alone else cell)
        waiting = alone
    return lines


def _cells(element: html.HtmlElement) -> Iterator[str]:
    """The words of each innermost cell of `element`, without line breaks."""
    if element.tag in ("table", "tbody"):
        yield from _table_cells(element)
        return
    if element.tag in _CELLS and not element.xpath(_HOLDS_CELLS):
        yield from _inline_cells(element)
        return
    if element.text and element.text.strip():
        yield " ".join(element.text.split())
    for child in element:
        if isinstance(child.tag, str) and child.tag not in SKIPPED:
            yield from _cells(child)
        if child.tail and child.tail.strip():
            yield " ".join(child.tail.split())


def _inline_cells(element: html.HtmlElement) -> Iterator[str]:
    """The words of a cell: parted where an element within it is a label, and at line breaks."""
    parts = [element.text or ""]
    for child in element:
        words = words_of(child) if isinstance(child.tag, str) else ""
        if child.tag != "br" and labels_alone(" ".join(words.split())):
            parts += ["\n", words, "\n"]
        else:
            parts.append("\n" if child.tag == "br" else words)
        parts.append(child.tail or "")
    for piece in "".join(parts).split("\n"):
        if words := " ".join(piece.split()):
            yield words


def _table_cells(table: html.HtmlElement) -> Iterator[str]:
    """The cells of a table; a row of labels is read together with the row of values below it."""
    rows = [child for child in table if isinstance(child.tag, str) and child.tag not in SKIPPED]
    parts = [
        [list(_cells(cell)) for cell in (row if row.tag == "tr" else (row,)) if isinstance(cell.tag, str)]
        for row in rows
    ]
    cells = [[" ".join(part) for part in row] for row in parts]
    values_above = False
    for place in range(len(rows)):
        below = cells[place + 1] if place + 1 < len(rows) else []
        if values_above:
            values_above = False
        elif len(cells[place]) > 1 and len(cells[place]) == len(below) and _heads(cells[place], below):
            yield from (cell for pair in zip(cells[place], below, strict=True) for cell in pair if cell)
            values_above = True
        else:
            yield from (words for part in parts[place] for words in part)


def _heads(row: list[str], below: list[str]) -> bool:
    """Whether a row holds labels only, and the row below none."""
    return all(map(labels_alone, row)) and not any(map(labels_alone, below))
