"""Where an FAQ entry's answer comes from: words of a document that a person pasted, and whether they hold.

Pasting changes white space, and the width of letters and punctuation; such differences do not count, when the
words are sought. What is kept is always the document's own words.
"""

import unicodedata
from collections.abc import Iterator

from kb.errors import InputError
from kb.faq.models import FaqRecord
from kb.models import Model, PolicyDocument, Span, Status

_SHOWN = 30  # characters of a quote that a sentence repeats


class Source(Model):
    """A place in a document, and its words."""

    span: Span
    quote: str


class Verdict(Model):
    """Whether an entry's source still holds: where its words stand now, and why not to rely on them."""

    source: Source | None
    reason: str | None = None


def find_quote(quote: str, text: str, near: int = 0) -> Span | None:
    """Where `quote` stands in `text`, the place closest to the offset `near`; None when it does not.

    >>> find_quote("二十个 工作日(含)", "应当在二十个工作日（含）内答复").of("应当在二十个工作日（含）内答复")
    '二十个工作日（含）'
    """
    starts = list(_places(quote.strip(), text))
    if starts:
        start = min(starts, key=lambda place: abs(place - near))
        return Span(start=start, end=start + len(quote.strip()))
    wanted = "".join(char for _, char in _plain(quote))
    counted = list(_plain(text))
    plain = "".join(char for _, char in counted)
    found = [(counted[at][0], counted[at + len(wanted) - 1][0] + 1) for at in _places(wanted, plain)]
    if not found:
        return None
    first, last = min(found, key=lambda place: abs(place[0] - near))
    return Span(start=first, end=last)


def source_in(quote: str, document: PolicyDocument, near: int = 0) -> Source:
    """The place of pasted words in the document.

    Raises:
        InputError: they do not stand there.
    """
    span = find_quote(quote, document.text, near)
    if span is None:
        shown = quote.strip()
        shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}……"
        raise InputError(
            f"《{document.title}》里找不到引文“{shown}”；请打开原文，整句复制后再粘贴，或者换一份出处文件。"
        )
    return Source(span=span, quote=span.of(document.text))


def judge(record: FaqRecord, document: PolicyDocument | None) -> Verdict:
    """Whether what `record` cites still holds; `document` is the cited one as it is now, None when removed.

    The validity at which the entry was approved is no reason for a review.
    """
    if document is None:
        return Verdict(source=None, reason="出处文件已被移除")
    source = _place(record, document)
    if source is None and record.entry.span is not None:
        return Verdict(source=None, reason=f"《{document.title}》的内容已变动，引文在新文本中找不到了")
    if document.status is not Status.IN_FORCE and document.status.value != record.source_status:
        return Verdict(source=source, reason=f"《{document.title}》{document.status.value}")
    return Verdict(source=source)


def _place(record: FaqRecord, document: PolicyDocument) -> Source | None:
    """Where the entry's words stand now; an entry that was never looked at has the words at its span."""
    span = record.entry.span
    if span is None:
        return None
    words = span.of(document.text)
    if record.quote is None:
        return Source(span=span, quote=words) if words.strip() else None
    if words == record.quote:
        return Source(span=span, quote=words)
    found = find_quote(record.quote, document.text, span.start)
    return None if found is None else Source(span=found, quote=found.of(document.text))


def _places(words: str, text: str) -> Iterator[int]:
    """Every offset at which `words` stand in `text`."""
    at = text.find(words) if words else -1
    while at >= 0:
        yield at
        at = text.find(words, at + 1)


def _plain(text: str) -> Iterator[tuple[int, str]]:
    """The characters that count, each with its place; those whose wide form is several stay as they are."""
    for place, char in enumerate(text):
        if not char.isspace():
            folded = unicodedata.normalize("NFKC", char)
            yield place, folded if len(folded) == 1 else char
