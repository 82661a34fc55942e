"""The source of an FAQ entry's answer: a quote pasted from a document, its place there, and whether it holds.

Pasting changes white space and the width of letters and punctuation; the search ignores such differences. The
quote that is kept is always in the document's own words.
"""

import unicodedata
from collections.abc import Iterator

from kb.errors import InputError
from kb.faq.models import FaqRecord
from kb.models import Model, PolicyDocument, Span, Status

_SHOWN = 30  # characters of a quote that a sentence repeats


class EntrySource(Model):
    """A place in a document, and the words there."""

    span: Span
    quote: str


class SourceVerdict(Model):
    """Whether an entry's source holds: where its quote stands now, and why not to rely on it, if so."""

    source: EntrySource | None
    reason: str | None = None


def find_quote(quote: str, text: str, near: int = 0) -> Span | None:
    """The span of `quote` in `text` that is closest to the offset `near`; None when the quote is not there.

    >>> find_quote("二十个 工作日(含)", "应当在二十个工作日（含）内答复").of("应当在二十个工作日（含）内答复")
    '二十个工作日（含）'
    """
    starts = list(_places(quote.strip(), text))
    if starts:
        start = min(starts, key=lambda place: abs(place - near))
        return Span(start=start, end=start + len(quote.strip()))
    plain_quote = "".join(char for _, char in _plain(quote))
    characters = list(_plain(text))
    plain = "".join(char for _, char in characters)
    bounds = [
        (characters[at][0], characters[at + len(plain_quote) - 1][0] + 1)
        for at in _places(plain_quote, plain)
    ]
    if not bounds:
        return None
    first, last = min(bounds, key=lambda place: abs(place[0] - near))
    return Span(start=first, end=last)


def source_in(quote: str, document: PolicyDocument, near: int = 0) -> EntrySource:
    """The place of a pasted quote in `document` (closest to the offset `near`), and the words there.

    Raises:
        InputError: the quote is not in the document.
    """
    span = find_quote(quote, document.text, near)
    if span is None:
        shown = quote.strip()
        shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}……"
        raise InputError(
            f"《{document.title}》里找不到引文“{shown}”；请打开原文，整句复制后再粘贴，或者换一份出处文件。"
        )
    return EntrySource(span=span, quote=span.of(document.text))


def judge(record: FaqRecord, document: PolicyDocument | None) -> SourceVerdict:
    """Whether the source of `record` still holds; `document`: the cited one as it is now, None when removed.

    The validity that the document had when the entry was approved is no reason for a review.
    """
    if document is None:
        return SourceVerdict(source=None, reason="出处文件已被移除")
    source = _place(record, document)
    if source is None and record.entry.span is not None:
        return SourceVerdict(source=None, reason=f"《{document.title}》的内容已变动，引文在新文本中找不到了")
    if document.status is not Status.IN_FORCE and document.status.value != record.source_status:
        return SourceVerdict(source=source, reason=f"《{document.title}》{document.status.value}")
    return SourceVerdict(source=source)


def _place(record: FaqRecord, document: PolicyDocument) -> EntrySource | None:
    """Where the entry's quote stands now; an entry without a stored quote has the words at its span."""
    span = record.entry.span
    if span is None:
        return None
    words = span.of(document.text)
    if record.quote is None:
        return EntrySource(span=span, quote=words) if words.strip() else None
    if words == record.quote:
        return EntrySource(span=span, quote=words)
    new_span = find_quote(record.quote, document.text, span.start)
    return None if new_span is None else EntrySource(span=new_span, quote=new_span.of(document.text))


def _places(words: str, text: str) -> Iterator[int]:
    """Every offset at which `words` occur in `text`."""
    at = text.find(words) if words else -1
    while at >= 0:
        yield at
        at = text.find(words, at + 1)


def _plain(text: str) -> Iterator[tuple[int, str]]:
    """Offset and NFKC form of each character but white space; characters with a longer form stay."""
    for place, char in enumerate(text):
        if not char.isspace():
            folded = unicodedata.normalize("NFKC", char)
            yield place, folded if len(folded) == 1 else char
