"""What every reader returns."""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from kb.models import Model, Span

Hint = Literal["title", "number", "issuer", "published_date", "index_number", "topic", "source_url"]


class TablePlace(Model):
    """Where a table stands in the text: its caption line, if it has one, and a line for each row."""

    span: Span
    caption: str = ""


class RawText(Model):
    """Text as it stands in a file; `page_starts` are offsets of page beginnings, () for unpaged formats.

    A styled heading that bears no number is a Markdown heading ("## 总体要求"), a document's title too
    ("# …"). `tables` in the order of the text, their rows written by ingest.readers.tables. `hints` is what the
    file's own properties say (meta tags of a web page, core properties of a Word file), as they say it:
    help for ingest.anatomy.metadata where the text is silent, never the truth. `remarks` tell the operator what
    was left out of the text, a sentence each.
    """

    text: str
    page_starts: tuple[int, ...] = ()
    tables: tuple[TablePlace, ...] = ()
    hints: Mapping[Hint, str] = Field(default_factory=dict)
    remarks: tuple[str, ...] = ()
