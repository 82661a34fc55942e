"""FAQ drafts that hold a citizen's words (FaqRecord.asked_at): what becomes of them when the time is over.

A draft that was never approved is deleted with all its versions. Approved words are the department's own
and stay, but the versions of before the first approval, in which the citizen's words stood, are deleted.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, delete, func, select, update

from kb.faq.models import FaqEntry, FaqStep
from kb.faq.vectors import vector_keys
from kb.hits import Chunk
from kb.storage.database import portions
from kb.storage.queue_tables import queue_groups
from kb.storage.tables import chunks, faq_entries, faq_vectors, faq_versions


def forget_drafts(connection: Connection, before: datetime) -> tuple[str, ...]:
    """Delete the words asked before `before` from FAQ drafts; return the ids of the entries that are gone."""
    is_old = faq_entries.c.asked_at < before
    first_approved = (
        select(faq_versions.c.entry_id, func.min(faq_versions.c.version).label("version"))
        .where(faq_versions.c.step == FaqStep.APPROVED.value)
        .group_by(faq_versions.c.entry_id)
        .subquery()
    )
    rows = (
        select(faq_entries.c.id, first_approved.c.version)
        .outerjoin(first_approved, first_approved.c.entry_id == faq_entries.c.id)
        .where(is_old)
        .order_by(faq_entries.c.id)
    )
    gone: list[str] = []
    for entry_id, approved in connection.execute(rows).all():
        is_earlier = faq_versions.c.entry_id == entry_id
        if approved is not None:
            is_earlier &= faq_versions.c.version < approved
        else:
            gone.append(entry_id)
        connection.execute(delete(faq_versions).where(is_earlier))
    for portion in portions(gone):
        connection.execute(delete(faq_entries).where(faq_entries.c.id.in_(portion)))
        is_linked = queue_groups.c.faq_id.in_(portion)
        connection.execute(update(queue_groups).where(is_linked).values(faq_id=None))
    connection.execute(update(faq_entries).where(is_old).values(asked_at=None))
    return tuple(gone)


def forget_vectors(connection: Connection, model: str) -> None:
    """Delete the vectors of wordings that no entry and no passage has any more; `model`: its name."""
    bodies = connection.scalars(select(faq_entries.c.body))
    # not by the catalogue: after a restore it is empty until the next start
    asked = connection.scalars(select(chunks.c.body).where(chunks.c.body.contains('"questions":["')))
    known = (words for body in asked for words in Chunk.model_validate_json(body).questions)
    kept = set(vector_keys(model, (*_wordings(bodies), *known)))
    gone = set(connection.scalars(select(faq_vectors.c.key))) - kept
    for portion in portions(gone):
        connection.execute(delete(faq_vectors).where(faq_vectors.c.key.in_(portion)))


def _wordings(bodies: Iterable[str]) -> Iterable[str]:
    for body in bodies:
        yield from FaqEntry.model_validate_json(body).wordings
