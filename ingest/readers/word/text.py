"""The words of a Word paragraph as a reader sees them.

Insertions under track changes are in, deletions out; hidden text, field codes and the phonetic guides over
characters are out; a text box stands behind the paragraph that it is anchored in, a note behind the
paragraph that refers to it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

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
# Boxes to tick, in the fonts that Word offers for them (Wingdings, Wingdings 2); other pictures are no words.
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


# Elements that are a piece of the text.
_INLINE: Mapping[str, Callable[[Element], str]] = {
    "t": lambda element: element.text or "",
    "br": lambda element: "" if attribute(element, "type") in ("page", "column") else "\n",
    "sym": lambda element: _TICKS.get(attribute(element, "char").upper(), ""),
    "tab": lambda element: " ",
    "ptab": lambda element: " ",
    "cr": lambda element: "\n",
    "noBreakHyphen": lambda element: "-",
}


@dataclass
class Words:
    """What a paragraph says, the text boxes anchored in it, and the ids of its foot- and endnotes."""

    text: str = ""
    boxes: list[Element] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)  # ("footnote" or "endnote", id)


def read_words(paragraph: Element) -> Words:
    """The words of a w:p."""
    words = Words()
    fields: list[bool] = []  # of each open field: are we past its code, in its result?
    pieces = [piece for child in paragraph for piece in _pieces(child, words, fields)]
    words.text = "".join(pieces)
    return words


def _pieces(element: Element, words: Words, fields: list[bool]) -> Iterator[str]:
    name = local_name(element)
    if name == "fldChar":
        _open_or_close(attribute(element, "fldCharType"), fields)
    elif name in _INLINE:
        if all(fields):
            yield _INLINE[name](element)
    elif name == "txbxContent":
        words.boxes.append(element)
    elif name in ("footnoteReference", "endnoteReference"):
        words.notes.append((name.removesuffix("Reference"), attribute(element, "id")))
    elif name and name not in _SKIPPED:
        for child in _inside(element, name):
            yield from _pieces(child, words, fields)


def _inside(element: Element, name: str) -> Iterable[Element]:
    """The children that are read: of a thing given for new and for old versions of Word, the first only."""
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
