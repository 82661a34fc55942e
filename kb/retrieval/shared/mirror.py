"""Brings the index of this process up to date with the documents that other processes changed.

What an index holds of a document follows from the document's fingerprint and its validity. So the documents
to look at are those for which these differ from what the index was last given, however many notifications
were lost meanwhile; a document looked at in vain costs a read.
"""

from collections.abc import Mapping

from sqlalchemy import Engine, select

from kb.retrieval.shared.chunk_vectors import ChunkVectors
from kb.retrieval.store import Store, make_fields, make_point
from kb.storage import tables
from kb.storage.database import reading
from kb.storage.documents import Documents

_PORTION = 32  # documents followed before somebody else may change any

Marks = Mapping[str, str]  # document id -> what decides about its points


class Mirror:
    """What the index of this process was given, document by document; `vectors` are those of all processes.

    Its methods are called while no thread of this process changes documents. They raise StoreError when the
    index or the database fails, ModelError when the model does.
    """

    def __init__(self, engine: Engine, documents: Documents, vectors: ChunkVectors) -> None:
        self.vectors = vectors
        self._engine = engine
        self._documents = documents
        self._given: dict[str, str] = {}
        self._ids: dict[str, set[str]] | None = None  # of each document in the index; read when first needed

    def marks(self) -> Marks:
        """The documents as SQL has them now."""
        self._documents.renew()
        table = tables.documents.c
        rows = select(table.id, table.fingerprint + " " + table.status)
        with reading(self._engine) as connection:
            return {document_id: mark for document_id, mark in connection.execute(rows)}

    def begin(self, given: Marks) -> None:
        """The index holds the documents as they were at `given`, or as they became since."""
        self._given, self._ids = dict(given), None

    def own(self, before: Marks) -> None:
        """This process has changed documents since `before`, alone, and its index with them."""
        now = self.marks()
        changed = _differing(before, now)
        for document_id in changed:
            self._set(document_id, now)
        if self._ids is not None:
            self._ids |= self._documents.chunk_ids_of(list(changed))

    def follow(self, index: Store) -> bool:
        """Give `index` some of the documents that others changed; whether these were all."""
        now = self.marks()
        changed = sorted(_differing(self._given, now))
        for document_id in changed[:_PORTION]:
            self._give(index, document_id)
            self._set(document_id, now)
        if changed:
            index.flush()
        return len(changed) <= _PORTION

    def _give(self, index: Store, document_id: str) -> None:
        """Let `index` hold exactly the points of a document; their fields are written anew."""
        ids = self._indexed(index)
        document, chunks = self._documents.get(document_id), self._documents.chunks_of(document_id)
        held = ids.get(document_id, set())
        now = set() if document is None else {chunk.id_ for chunk in chunks}
        if document is not None:
            new = [chunk for chunk in chunks if chunk.id_ not in held]
            pairs = zip(new, self.vectors.of(new), strict=True) if new else ()
            index.upsert([make_point(document, chunk, vector) for chunk, vector in pairs])
            kept = {chunk.id_: make_fields(document, chunk) for chunk in chunks if chunk.id_ in held}
            index.set_fields(kept)
        index.remove(held - now)
        ids[document_id] = now

    def _indexed(self, index: Store) -> dict[str, set[str]]:
        if self._ids is None:
            self._ids = {}
            for chunk_id, fields in index.fields().items():
                self._ids.setdefault(fields.document_id, set()).add(chunk_id)
        return self._ids

    def _set(self, document_id: str, now: Marks) -> None:
        if document_id in now:
            self._given[document_id] = now[document_id]
        else:
            self._given.pop(document_id, None)


def _differing(before: Marks, now: Marks) -> set[str]:
    """The documents that are not the same in both."""
    return {one for one in before.keys() | now.keys() if before.get(one) != now.get(one)}
