"""Places in a document that stand for a fact of the registry, so that each such answer can be cited."""

import re
from datetime import date

from kb.answering.document_facts import sentence_with, spelt
from kb.models import PolicyDocument, Span

_HEAD = 2_000  # characters in which a title stands


def title_place(document: PolicyDocument) -> Span:
    """Where the document's title stands, else its first line."""
    title = document.title.strip("《》")
    start = document.text.find(title, 0, _HEAD + len(title))
    if start >= 0:
        return Span(start=start, end=start + len(title))
    line = re.search(r"\S[^\n]{0,80}", document.text)
    return Span(start=line.start(), end=line.end()) if line else Span(start=0, end=0)


def words_place(document: PolicyDocument, words: str | None) -> Span:
    """The sentence that holds `words`, else the title."""
    span = sentence_with(document, re.compile(re.escape(words))) if words else None
    return span or title_place(document)


def day_place(document: PolicyDocument, day: date) -> Span:
    """The sentence that holds `day`, else the title."""
    return sentence_with(document, spelt(day)) or title_place(document)
