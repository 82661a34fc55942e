"""The information box of a government page, taken off the page: its values, and the page without it.

A box is a table, a list or a row of paragraphs whose every cell is a label (索引号, 发文机关 …) or the value
of one. It tells about the policy and is no part of it.
"""

from collections.abc import Iterator

from lxml import html

from ingest.notation.infobox import fields_in, is_box, is_page_line, labels_alone, read_infobox
from ingest.readers.webpage.blocks import SKIPPED, words_of

_LONGEST = 1_500  # characters of a box
_CELL_TAGS = ("td", "th", "li", "dt", "dd", "p", "div", "h1", "h2", "h3", "h4", "h5", "h6")
_CELLS = frozenset((*_CELL_TAGS, "span", "em", "b", "strong", "label", "i", "font", "a"))
_HOLDS_CELLS = "|".join(f"descendant::{tag}" for tag in _CELL_TAGS)
_MOST_ELEMENTS = 20_000  # of a page that are looked at


def take_box(body: html.HtmlElement) -> dict[str, str]:
    """The values of the page's boxes by field, {} without one; the boxes are removed from `body`.

    A page may hold its box twice (for phones), and a line with the time of publication.
    The first value counts.
    """
    values: dict[str, str] = {}
    while (taken := _take_one(body)) is not None:
        is_other = is_box(values.keys()) and is_box(taken.keys()) and len(taken.items() & values.items()) < 2
        values = values if is_other else {**taken, **values}  # the box of a related document is not its own
    return values


def _take_one(body: html.HtmlElement) -> dict[str, str] | None:
    for parent in _elements(body):
        for run in _runs(parent):
            lines = [line for child in run for line in _lines(child)]
            fields = fields_in(lines)
            if fields is None:
                continue
            values = read_infobox("\n".join(lines))
            if not is_box(values.keys()) and not is_page_line(fields):
                continue
            before = len("".join((body.text_content() or "").split()))
            if before - sum(len("".join(child.text_content().split())) for child in run) < 2 * len(values):
                return None  # nothing else stands on the page
            for child in run:
                child.drop_tree()
            return values
    return None


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
