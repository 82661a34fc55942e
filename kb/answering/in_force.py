"""An answer comes from documents in force; from an older one only when it is asked for.

It is asked for by a date, an edition or a status (the query's filters), or by its very title. Otherwise its
passages do not answer. When they fit clearly better than any passage in force nothing answers: what is in
force then only looks like an answer.
"""

from kb.language.normalise import canonical, short_title
from kb.models import DocumentSummary, Filters, Hits, Status

NEARLY = 0.9  # of the best score, to which outdated passages come lowered already (kb.retrieval.retriever)


def in_force(text: str, filters: Filters, hits: Hits) -> Hits:
    """`hits` without those of outdated documents that the query `text` does not ask for; may be empty."""
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
