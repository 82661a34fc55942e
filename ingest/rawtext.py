"""What every reader returns."""

from collections.abc import Mapping

from pydantic import Field

from kb.models import Model


class RawText(Model):
    """Text as it stands in a file; `page_starts` are offsets of page beginnings, () for unpaged formats.

    `hints` is what the file says about itself outside of its text (tags of a web page): title, number,
    issuer, published_date, index_number, topic, source_url.
    """

    text: str
    page_starts: tuple[int, ...] = ()
    hints: Mapping[str, str] = Field(default_factory=dict)
