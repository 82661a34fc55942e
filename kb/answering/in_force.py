"""Keeps answers to documents in force; an outdated document answers only when the question asks for it.

A question asks for it by a date, an edition or a status (the query's filters), or by its title. Otherwise its
passages are dropped. When they fit clearly better than every passage in force, nothing is kept: the passages
in force then only look like an answer.
"""

from kb.hits import Hits
from kb.language.normalise import canonical, short_title
from kb.models import DocumentSummary, Filters, Status

NEARLY = 0.9  # share of the best score; kb.retrieval.retriever has lowered outdated passages already


def in_force(text: str, filters: Filters, hits: Hits) -> Hits:
    """`hits` without the outdated documents that the query `text` does not ask for; may be empty."""
    if not hits.kept or filters.status or filters.date_from or filters.date_to or filters.document_ids:
        return hits
    kept = tuple(
        hit for hit in hits.kept if hit.document.status is Status.IN_FORCE or is_named(hit.document, text)
    )
    if kept and kept[0].score < NEARLY * hits.kept[0].score:
        kept = ()
    return hits.model_copy(update={"kept": kept})


def is_named(document: DocumentSummary, text: str) -> bool:
    """Whether the title of `document` stands in `text`, with or without 中华人民共和国."""
    title = short_title(document.title)
    return bool(title) and title in canonical(text)
