"""The parts of the room faq, over one database and one embedding model."""

from dataclasses import dataclass

from sqlalchemy import Engine

from kb.embedding.embedder import Embedder
from kb.faq.entries import FaqEntries
from kb.faq.feed import FaqFeed
from kb.faq.life import FaqLife
from kb.faq.marked.attachments import Attachments
from kb.faq.matching import Faq
from kb.faq.vectors import FaqVectors
from kb.staff.audit import Audit
from kb.storage.documents import Documents


@dataclass(frozen=True)
class FaqParts:
    """The matcher of approved entries, all entries, their life, the portal's feed, vectors, their files."""

    matcher: Faq
    entries: FaqEntries
    life: FaqLife
    feed: FaqFeed
    vectors: FaqVectors
    attachments: Attachments


def open_faq(
    engine: Engine, audit: Audit, documents: Documents, embedder: Embedder, embed_model: str
) -> FaqParts:
    """The room's parts; entries whose source no longer holds are put into review.

    `embed_model` is the name under which vectors of wordings are kept.
    """
    entries = FaqEntries(engine)
    vectors = FaqVectors(engine, embed_model, embedder.embed_queries)
    matcher = Faq(entries.approved(), vectors)
    life = FaqLife(engine, audit, documents, matcher, vectors)
    life.review()
    return FaqParts(
        matcher=matcher,
        entries=entries,
        life=life,
        feed=FaqFeed(engine, documents),
        vectors=vectors,
        attachments=Attachments(engine, audit),
    )
