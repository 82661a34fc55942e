"""What every reader returns: the raw text of a file with its pages, tables, hints and remarks."""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from kb.models import Model, PlaceDoubt, Span

Hint = Literal[
    "title", "number", "issuer", "published_date", "index_number", "topic", "source_url", "author", "subject"
]


class TablePlace(Model):
    """Position of a table in the text; `span` covers its caption line, if any, and one line for each row."""

    span: Span
    caption: str = ""


class RawText(Model):
    """Text of a file; `page_starts` are the offsets at which pages begin, () for formats without pages.

    A styled heading without a number is written as a Markdown heading ("## 总体要求"), and so is the title
    ("# …"). `tables` are in text order, their rows written by ingest.readers.tables. `box` has the values of
    a page's information box, which is no part of the text, by the fields of ingest.notation.infobox. `hints`
    are the file's own properties, unchecked (meta tags of a web page, core properties of a Word file): a help
    for ingest.anatomy.metadata where the text says nothing, never taken as true by themselves. `remarks` tell
    the operator what was left out of the text, one sentence each. `page_labels` are what citations call the
    pages, () where they are called by their number. Attached files begin at `own_end`: only the text before
    it is the document's own.
    """

    text: str
    page_starts: tuple[int, ...] = ()
    page_labels: tuple[str, ...] = ()
    own_end: int | None = None
    place_doubts: tuple[PlaceDoubt, ...] = ()
    tables: tuple[TablePlace, ...] = ()
    box: Mapping[str, str] = Field(default_factory=dict)
    hints: Mapping[Hint, str] = Field(default_factory=dict)
    remarks: tuple[str, ...] = ()
