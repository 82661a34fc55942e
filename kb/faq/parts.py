"""The parts of the room faq, over one database and one embedding model."""

from dataclasses import dataclass

from sqlalchemy import Engine, func, select

from kb.embedding.embedder import Embedder
from kb.faq.entries import FaqEntries
from kb.faq.feed import FaqFeed
from kb.faq.life import FaqLife
from kb.faq.marked.attachments import Attachments
from kb.faq.matching import Faq
from kb.faq.vectors import FaqVectors
from kb.staff.audit import Audit
from kb.storage import tables
from kb.storage.database import reading
from kb.storage.documents import Documents


class Renewal:
    """Brings the matchers up to date with what other processes did to entries since it was made or called.

    On SQLite there are no other processes.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._known = self._as_stored()

    def __call__(self, life: FaqLife) -> None:
        """Tell `life` which entries are new, changed or gone; raise StoreError when the database fails."""
        now, known = self._as_stored(), self._known
        changed = [entry_id for entry_id in now.keys() | known if now.get(entry_id) != known.get(entry_id)]
        if changed:
            life.tell(changed)
        self._known = now

    def _as_stored(self) -> dict[str, tuple[int, str]]:
        """Version and digest of each entry: a quote that moved leaves the version."""
        if self._engine.dialect.name == "sqlite":
            return {}
        table = tables.faq_entries.c
        rows = select(table.id, table.version, func.md5(table.body))
        with reading(self._engine) as connection:
            return {entry_id: (version, digest) for entry_id, version, digest in connection.execute(rows)}


@dataclass(frozen=True)
class FaqParts:
    """The matcher of approved entries, all entries, their life, the portal's feed, vectors, their files.

    `renew` follows what other processes do to entries.
    """

    matcher: Faq
    entries: FaqEntries
    life: FaqLife
    feed: FaqFeed
    vectors: FaqVectors
    attachments: Attachments
    renewal: Renewal

    def renew(self) -> None:
        """Match the entries as SQL has them now.

        Raises:
            StoreError, ModelError: they cannot be read or embedded.
        """
        self.renewal(self.life)


def open_faq(
    engine: Engine, audit: Audit, documents: Documents, embedder: Embedder, embed_model: str
) -> FaqParts:
    """The room's parts; entries whose source no longer holds are put into review.

    `embed_model` is the name under which vectors of wordings are kept.
    """
    renewal = Renewal(engine)  # before the entries are read
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
        renewal=renewal,
    )
