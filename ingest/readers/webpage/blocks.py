"""The elements of a web page -> paragraphs, headings and tables, as a browser shows them."""

import re
from collections.abc import Iterator

from lxml import html

from ingest.notation.number_formats import formatted
from ingest.readers.assembly import Assembly
from ingest.readers.tables import MAX_COLUMNS, Cell, Table, is_layout

# fmt: off
SKIPPED = frozenset((
    "script", "style", "noscript", "template", "nav", "footer", "aside", "button", "select", "option",
    "textarea", "iframe", "object", "svg", "canvas", "head", "audio", "video", "map", "input",
))
_BLOCKS = frozenset((
    "address", "article", "blockquote", "body", "center", "dd", "details", "dialog", "div", "dl", "dt",
    "fieldset", "figcaption", "figure", "footer", "form", "header", "hr", "html", "legend", "li",
    "main", "ol", "p", "pre", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead",
    "tr", "ul", "caption",
))
# fmt: on
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_LIST_FORMATS = {"1": "decimal", "a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}
# Spaces that were escaped twice or cut short, and stand on the page as words: &nbsp; &sp;
_ESCAPED_SPACE = re.compile(r"&(?:amp;)?(?:nb|en|em|thin)?sp;")
_DEEPEST = 200  # of nested elements; a browser stops at 512


def words_of(element: html.HtmlElement) -> str:
    """The visible text of an element, without structure."""
    return "".join(_words(element, 0))


def _words(element: html.HtmlElement, depth: int) -> Iterator[str]:
    if _is_shown(element) and depth < _DEEPEST:
        if element.tag == "br":
            yield "\n"
        yield _ESCAPED_SPACE.sub(" ", element.text or "")
        for child in element:
            yield from _words(child, depth + 1)
            if child.tag in _BLOCKS:
                yield "\n"
            yield _ESCAPED_SPACE.sub(" ", child.tail or "")


def without_space(text: str) -> str:
    """`text` without white space, for comparing."""
    return "".join(text.split())


def add_blocks(assembly: Assembly, element: html.HtmlElement, title: str = "") -> None:
    """Add the visible content of `element` to `assembly`; a heading equal to `title` becomes the title."""
    _Writer(assembly, without_space(title)).block(element, 0)


class _Writer:
    """Collects words until a block ends, and adds them to the assembly as a paragraph."""

    def __init__(self, assembly: Assembly, title: str) -> None:
        self._assembly = assembly
        self._title = title
        self._line: list[str] = []

    def block(self, element: html.HtmlElement, depth: int) -> None:
        """Add a block element, which begins on a line of its own."""
        self._flush()
        if element.tag in _HEADINGS:
            self._heading(words_of(element), _HEADINGS[element.tag])
        elif element.tag == "table":
            self._table(element, depth)
        elif element.tag == "pre":
            self._assembly.paragraph(words_of(element))
        else:
            numbers = _list_numbers(element)
            self._add(element.text)
            for child in element:
                if child.tag == "li" and numbers:
                    self._flush()
                    self._add(next(numbers))
                self._child(child, depth + 1)
        self._flush()

    def _heading(self, words: str, level: int) -> None:
        if self._title and without_space(words) == self._title:
            self._assembly.title(words)
        else:
            self._assembly.heading(words, level)

    def _child(self, child: html.HtmlElement, depth: int) -> None:
        if _is_shown(child) and depth < _DEEPEST:
            if child.tag == "br":
                self._line.append("\n")
            elif child.tag == "li":
                self._inline(child, depth)
                self._flush()
            elif child.tag in _BLOCKS or child.tag in _HEADINGS:
                self.block(child, depth)
            else:
                self._inline(child, depth)
        self._add(child.tail)

    def _inline(self, element: html.HtmlElement, depth: int) -> None:
        self._add(element.text)
        for child in element:
            self._child(child, depth + 1)

    def _add(self, text: str | None) -> None:
        if text:
            self._line.append(re.sub(r"[ \t\r\n\f]+", " ", _ESCAPED_SPACE.sub(" ", text)))

    def _flush(self) -> None:
        if self._line:
            text = "".join(self._line)
            self._line.clear()
            self._assembly.paragraph(text)

    def _table(self, element: html.HtmlElement, depth: int) -> None:
        rows = list(_rows(element))
        cells = [cell for row in rows for cell in row.iterchildren("td", "th")]
        nested = any(next(cell.iter("table"), None) is not None for cell in cells)
        table = Table(rows=tuple(tuple(_cell(cell) for cell in row.iterchildren("td", "th")) for row in rows))
        caption = next(element.iterchildren("caption"), None)
        if nested or element.get("role") == "presentation" or is_layout(table):
            for cell in cells:
                self.block(cell, depth + 1)
            return
        if caption is not None:
            self._assembly.paragraph(words_of(caption), caption=True)
        self._assembly.table(table)


def _rows(table: html.HtmlElement) -> Iterator[html.HtmlElement]:
    """The visible rows of a table, heads first, without the rows of tables within its cells."""
    parts = [*table.iterchildren("thead"), *table.iterchildren("tbody", "tr"), *table.iterchildren("tfoot")]
    for part in parts:
        rows = [part] if part.tag == "tr" else part.iterchildren("tr")
        yield from (row for row in rows if _is_shown(row))


def _cell(element: html.HtmlElement) -> Cell:
    is_head = element.tag == "th" or element.getparent().getparent().tag == "thead"
    return Cell(
        text=words_of(element),
        rows=_span(element, "rowspan"),
        columns=_span(element, "colspan"),
        header=is_head,
    )


def _span(element: html.HtmlElement, name: str) -> int:
    """A rowspan or colspan as browsers read it: the digits at its beginning, at least 1."""
    match = re.match(r"\s{0,8}(\d{1,6})", element.get(name, ""))
    return min(max(int(match[1]), 1), MAX_COLUMNS) if match else 1


def _list_numbers(element: html.HtmlElement) -> Iterator[str] | None:
    """The numbers before the items of an ordered list; None for any other element."""
    if element.tag != "ol" or re.search(
        r"list-style(?:-type)?\s{0,8}:[^;]{0,100}none", element.get("style", "")
    ):
        return None
    start = element.get("start", "1")
    number_format = _LIST_FORMATS.get(element.get("type", "1"), "decimal")
    first = int(start) if re.fullmatch(r"\d{1,6}", start) else 1
    count = sum(1 for _ in element.iterchildren("li"))
    return (f"{formatted(number, number_format)}. " for number in range(first, first + count))


def _is_shown(element: html.HtmlElement) -> bool:
    if not isinstance(element.tag, str) or element.tag in SKIPPED:
        return False
    return element.get("hidden") is None and not _HIDDEN.search(element.get("style", ""))
