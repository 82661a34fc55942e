"""The words of a Word paragraph as a reader sees them.

Tracked insertions are kept, tracked deletions dropped. Hidden text, field codes and the phonetic guides over
characters are dropped. A text box or an embedded object comes after the paragraph that it is anchored in, a
note after the paragraph that refers to it. Where a page began in the last rendering stands a mark
(ingest.readers.assembly).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from ingest.readers.assembly import page_mark
from ingest.readers.word.xml import Element, attribute, is_on, local_name, w

_SKIPPED = frozenset(
    (
        "del",
        "moveFrom",
        "delText",
        "instrText",
        "rPr",
        "pPr",
        "rt",
        "annotationRef",
        "sectPr",
        "tblPr",
        "commentReference",
    )
)
# Tick boxes in Word's symbol fonts (Wingdings, Wingdings 2); other symbols are dropped.
_TICKS = {
    "F0A8": "□",
    "F06F": "□",
    "F0A3": "□",
    "F0FE": "☑",
    "F052": "☑",
    "F0FD": "☒",
    "F054": "☒",
    "F0FC": "√",
    "F050": "√",
}


# Elements that stand for a piece of text -> that text.
_INLINE: Mapping[str, Callable[[Element], str]] = {
    "t": lambda element: element.text or "",
    "br": lambda element: "" if attribute(element, "type") in ("page", "column") else "\n",
    "sym": lambda element: _TICKS.get(attribute(element, "char").upper(), ""),
    "tab": lambda element: " ",
    "ptab": lambda element: " ",
    "cr": lambda element: "\n",
    "noBreakHyphen": lambda element: "-",
    "lastRenderedPageBreak": lambda element: _page(element),
}


@dataclass
class WordRuns:
    """The text of a paragraph, what is anchored in it, and the ids of its footnotes and endnotes.

    `art` are the words of its WordArt, as old files draw a red head.
    """

    text: str = ""
    boxes: list[Element] = field(default_factory=list)
    art: list[str] = field(default_factory=list)
    objects: list[Element] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)  # ("footnote" or "endnote", id)


# Elements that stand for something anchored in the paragraph -> how to keep it.
_ANCHORED: Mapping[str, Callable[[WordRuns, Element], None]] = {
    "txbxContent": lambda words, element: words.boxes.append(element),
    "textpath": lambda words, element: words.art.append(str(element.get("string", ""))),
    "OLEObject": lambda words, element: words.objects.append(element),
    "footnoteReference": lambda words, element: words.notes.append(("footnote", attribute(element, "id"))),
    "endnoteReference": lambda words, element: words.notes.append(("endnote", attribute(element, "id"))),
}


def read_words(paragraph: Element) -> WordRuns:
    """The words of a paragraph element (w:p)."""
    words = WordRuns()
    fields: list[bool] = []  # for each open field: whether its code has ended and its result begun
    pieces = [piece for child in paragraph for piece in _pieces(child, words, fields)]
    words.text = "".join(pieces)
    return words


def _pieces(element: Element, words: WordRuns, fields: list[bool]) -> Iterator[str]:
    name = local_name(element)
    if name == "fldChar":
        _open_or_close(attribute(element, "fldCharType"), fields)
    elif name in _INLINE:
        if all(fields):
            yield _INLINE[name](element)
    elif name in _ANCHORED:
        _ANCHORED[name](words, element)
    elif name in _SKIPPED:
        yield from map(_page, element.iter(w("lastRenderedPageBreak")))
    elif name:
        for child in _inside(element, name):
            yield from _pieces(child, words, fields)


def _page(element: Element) -> str:
    number = str(element.get("page", ""))  # given by ingest.readers.word.around
    return page_mark(int(number)) if number else ""


def _inside(element: Element, name: str) -> Iterable[Element]:
    """The children to read: of AlternateContent only the first, of a hidden run only its field marks."""
    if name == "AlternateContent":
        return [element[0]] if len(element) else []
    if name == "r" and is_on(element.find(w("rPr")), "vanish"):
        return element.iterchildren(w("fldChar"))
    return element


def _open_or_close(kind: str, fields: list[bool]) -> None:
    if kind == "begin":
        fields.append(False)
    elif kind == "separate" and fields:
        fields[-1] = True
    elif kind == "end" and fields:
        fields.pop()
