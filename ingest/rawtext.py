"""What every reader returns."""

from kb.models import Model


class RawText(Model):
    """Text as it stands in a file; `page_starts` are offsets of page beginnings, () for unpaged formats."""

    text: str
    page_starts: tuple[int, ...] = ()
