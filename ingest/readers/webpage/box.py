"""The information box of a government page, taken off the page: its values, and the page without it.

A box is a table, a list or a row of paragraphs whose every cell is a label (索引号, 发文机关 …) or the value
of one. It tells about the policy and is no part of it.
"""

from collections.abc import Iterator

from lxml import html

from ingest.notation.infobox import fields_in, is_box, labels_alone, read_infobox
from ingest.readers.webpage.blocks import SKIPPED, words_of

_LONGEST = 1_500  # characters of a box
_CELLS = frozenset(("td", "th", "li", "dt", "dd", "p", "div", "span", "em", "b", "strong", "label", "i"))
_HOLDS_CELLS = (
    "descendant::td|descendant::th|descendant::li|descendant::p|descendant::div|descendant::dt|descendant::dd"
)
_MOST_ELEMENTS = 20_000  # of a page that are looked at


def take_box(body: html.HtmlElement) -> dict[str, str]:
    """The values of the page's box by field, {} without one; the box is removed from `body`."""
    for parent in _elements(body):
        for run in _runs(parent):
            lines = [line for child in run for line in _lines(child)]
            values = read_infobox("\n".join(lines))
            if not is_box(values.keys()):
                continue
            before = len("".join((body.text_content() or "").split()))
            if before - sum(len("".join(child.text_content().split())) for child in run) < 2 * len(values):
                return values  # nothing else stands on the page
            for child in run:
                child.drop_tree()
            return values
    return {}


def _elements(body: html.HtmlElement) -> Iterator[html.HtmlElement]:
    for count, element in enumerate(body.iter()):
        if count >= _MOST_ELEMENTS:
            return
        if isinstance(element.tag, str) and element.tag not in SKIPPED and len(element):
            yield element


def _runs(parent: html.HtmlElement) -> Iterator[list[html.HtmlElement]]:
    """The longest runs of children that hold nothing but labels and their values."""
    run: list[html.HtmlElement] = []
    for child in parent:
        if not isinstance(child.tag, str) or child.tag in SKIPPED:
            continue
        empty = not (child.text_content() or "").strip()
        if empty and not run:
            continue
        if empty or (len(child.text_content()) <= _LONGEST and fields_in(_lines(child))):
            run.append(child)
        elif run:
            yield run
            run = []
    if run:
        yield run


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
    if element.tag in _CELLS and not element.xpath(_HOLDS_CELLS):
        if words := " ".join(words_of(element).split()):
            yield words
        return
    if element.text and element.text.strip():
        yield " ".join(element.text.split())
    for child in element:
        if isinstance(child.tag, str) and child.tag not in SKIPPED:
            yield from _cells(child)
        if child.tail and child.tail.strip():
            yield " ".join(child.tail.split())
