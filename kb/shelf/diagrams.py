"""图解 of documents: the pictures that approved FAQ entries on a document show to explain it.

There is no list of them apart from the entries, so that each was reviewed by a second person, has a text that
says the same in words, and goes with its entry.
"""

from collections.abc import Collection, Iterable

from kb.answers import Diagram
from kb.faq.marked.markdown import diagrams_in
from kb.faq.models import FaqEntry


def diagrams_of(entries: Iterable[FaqEntry], document_ids: Collection[str]) -> tuple[Diagram, ...]:
    """The diagrams that `entries`, which answer today, have on the documents, each picture once."""
    found = (
        Diagram(caption=caption, url=url, entry_id=entry.id, document_id=entry.document_id)
        for entry in entries
        if entry.document_id is not None and entry.document_id in document_ids
        for caption, url in diagrams_in(entry.answer)
    )
    return tuple({(one.document_id, one.url): one for one in found}.values())
