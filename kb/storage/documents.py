"""The registry of documents and the chunks cut from them: the truth the vector store indexes.

A document and its chunks are replaced in one transaction. That commit is the moment at which readers see the
new version, whatever the vector store still holds (kb.retrieval.retriever drops unregistered hits).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar, cast

from sqlalchemy import ColumnElement, Connection, Engine, delete, insert, select, true, update

from kb.hits import Chunk
from kb.models import DocumentSummary, PolicyDocument, Standing, Status
from kb.storage import catalogue, tables
from kb.storage.database import insert_over, portions, reading, transaction
from kb.storage.document_rows import SUMMARY_COLUMNS, chunk_row, document_row, head_json, summary_of

T = TypeVar("T")


class Documents:
    """Documents and chunks in SQL; `terms_of` cuts a text into the terms whose frequency is counted.

    All methods raise StoreError when the database fails.
    """

    def __init__(self, engine: Engine, terms_of: Callable[[str], Iterable[str]]) -> None:
        self._engine = engine
        self._terms_of = terms_of
        self._revision = 0  # goes up with every change
        self._own: str | None = None  # the state of the collection after this object's last change
        self._kept: dict[str, tuple[int, object]] = {}

    @property
    def revision(self) -> int:
        """A number that every change of a document raises: what was computed before is then out of date."""
        return self._revision

    def state(self) -> str:
        """A word that every change of a document makes another, kept in SQL; "" before the first."""
        with reading(self._engine) as connection:
            return catalogue.state(connection)

    def renew(self) -> None:
        """Raise the revision if another process has changed documents."""
        if (state := self.state()) != self._own:
            self._own = state
            self._revision += 1

    def get(self, document_id: str) -> PolicyDocument | None:
        """The whole document, or None."""
        query = select(tables.documents.c.body).where(tables.documents.c.id == document_id)
        with reading(self._engine) as connection:
            body = connection.scalar(query)
        return None if body is None else PolicyDocument.model_validate_json(body)

    def summaries(self, ids: Iterable[str] | None = None) -> list[DocumentSummary]:
        """All documents, kept like `vocabulary`, or those among `ids`; newest first, then by title."""
        if ids is None:
            return list(self._keep(self._all_summaries))
        return self._summaries(tables.documents.c.id.in_(list(ids)))

    def _all_summaries(self) -> Sequence[DocumentSummary]:
        return self._summaries(true())

    def _summaries(self, which: ColumnElement[bool]) -> list[DocumentSummary]:
        table = tables.documents.c
        columns = [table[name] for name in (*SUMMARY_COLUMNS, "status", "chunk_count", "standing")]
        rows = select(*columns).where(which).order_by(table.dated.desc().nulls_last(), table.title)
        with reading(self._engine) as connection:
            return [summary_of(row) for row in connection.execute(rows).mappings()]

    def chunk_count(self) -> int:
        """Number of chunks of all documents."""
        with reading(self._engine) as connection:
            return catalogue.total(connection)

    def chunk_ids(self) -> set[str]:
        """Ids of all chunks."""
        with reading(self._engine) as connection:
            return set(connection.scalars(select(tables.chunks.c.id)))

    def chunk_ids_of(self, document_ids: Sequence[str]) -> dict[str, set[str]]:
        """Ids of the chunks of each of these documents; an unknown document has none."""
        table = tables.chunks.c
        by_document: dict[str, set[str]] = {document_id: set() for document_id in document_ids}
        with reading(self._engine) as connection:
            for ids in portions(document_ids):
                rows = select(table.document_id, table.id).where(table.document_id.in_(ids))
                for row in connection.execute(rows):
                    by_document[row.document_id].add(row.id)
        return by_document

    def chunks(self, ids: Iterable[str]) -> dict[str, Chunk]:
        """The chunks that exist among `ids`, by id."""
        by_id: dict[str, Chunk] = {}
        table = tables.chunks.c
        with reading(self._engine) as connection:
            for part in portions(ids):
                for row in connection.execute(select(table.id, table.body).where(table.id.in_(part))):
                    by_id[row.id] = Chunk.model_validate_json(row.body)
        return by_id

    def chunks_of(self, document_id: str) -> list[Chunk]:
        """A document's chunks in reading order."""
        table = tables.chunks.c
        rows = select(table.body).where(table.document_id == document_id).order_by(table.position)
        with reading(self._engine) as connection:
            return [Chunk.model_validate_json(body) for body in connection.scalars(rows)]

    def replace(
        self,
        document: PolicyDocument,
        chunks: Sequence[Chunk],
        fingerprint: str,
        also: Callable[[Connection], None] | None = None,
    ) -> None:
        """Add or replace one document with its chunks; `also` as in `replace_all`."""
        self.replace_all([(document, chunks, fingerprint)], also)

    def replace_all(
        self,
        replacements: Sequence[tuple[PolicyDocument, Sequence[Chunk], str]],
        also: Callable[[Connection], None] | None = None,
    ) -> None:
        """Add or replace documents with their chunks and fingerprints; no document may be given twice.

        All in one transaction, as each transaction costs a write that is waited for. `also` runs in the same
        transaction; when it fails nothing is stored.
        """
        documents = [document_row(one, len(chunks), mark) for one, chunks, mark in replacements]
        rows = [chunk_row(i, chunk) for _, chunks, _ in replacements for i, chunk in enumerate(chunks)]
        counts = self._terms_in(chunk.indexed_text for _, chunks, _ in replacements for chunk in chunks)
        with transaction(self._engine) as connection:
            counts.subtract(self._forget(connection, [document.id for document, _, _ in replacements]))
            if documents:
                connection.execute(insert(tables.documents), documents)
            if rows:
                connection.execute(insert(tables.chunks), rows)
                catalogue.enter(connection, [chunk for _, chunks, _ in replacements for chunk in chunks])
            self._count_terms(connection, counts)
            self._own = catalogue.renew(connection)
            if also is not None:
                also(connection)
        self._revision += 1

    def remove(self, document_id: str, also: Callable[[Connection], None] | None = None) -> None:
        """Delete a document and its chunks; `also` runs in the same transaction."""
        with transaction(self._engine) as connection:
            counts = self._forget(connection, [document_id])
            self._count_terms(connection, {term: -count for term, count in counts.items()})
            self._own = catalogue.renew(connection)
            if also is not None:
                also(connection)
        self._revision += 1

    def heads(self) -> list[PolicyDocument]:
        """All documents by id, without text and outline; kept like `vocabulary`.

        Their validity is computed from these.
        """
        return list(self._keep(self._all_heads))

    def _all_heads(self) -> Sequence[PolicyDocument]:
        table = tables.documents.c
        rows = select(table.head, table.id).order_by(table.id)
        with reading(self._engine) as connection:
            stored = [(row.id, row.head) for row in connection.execute(rows)]
        read = PolicyDocument.model_validate_json
        made = (read(head) if head else self._head(document_id) for document_id, head in stored)
        return [head for head in made if head is not None]

    def set_validity(
        self, document_id: str, status: Status, standing: Standing | None, doubts: tuple[str, ...]
    ) -> None:
        """Change a document's validity, the reason for it, and the doubts that staff should look at."""
        document = self.get(document_id)
        if document is None:
            return
        changed = document.model_copy(update={"status": status, "standing": standing, "doubts": doubts})
        values = {
            "status": status.value,
            "body": changed.model_dump_json(),
            "head": head_json(changed),
            "standing": standing.model_dump_json() if standing else None,
        }
        changing = update(tables.documents).where(tables.documents.c.id == document_id).values(values)
        with transaction(self._engine) as connection:
            connection.execute(changing)
            self._own = catalogue.renew(connection)
        self._revision += 1

    def _head(self, document_id: str) -> PolicyDocument | None:
        document = self.get(document_id)
        return document and PolicyDocument.model_validate_json(head_json(document))

    def term_counts(self, terms: Iterable[str]) -> dict[str, int]:
        """Number of chunks that hold each term; terms that occur nowhere are left out."""
        table = tables.term_counts.c
        with reading(self._engine) as connection:
            rows = connection.execute(select(table.term, table.chunks).where(table.term.in_(list(terms))))
            return {row.term: row.chunks for row in rows if row.chunks > 0}

    def vocabulary(self) -> Mapping[str, int]:
        """Every term -> number of chunks; kept until the revision rises."""
        return self._keep(self._all_terms)

    def _all_terms(self) -> Mapping[str, int]:
        table = tables.term_counts.c
        with reading(self._engine) as connection:
            rows = connection.execute(select(table.term, table.chunks).where(table.chunks > 0))
            return {row.term: row.chunks for row in rows}

    def units(self) -> tuple[str, ...]:
        """Every unit that a chunk names as 牵头单位 or 责任单位, sorted; kept like `vocabulary`."""
        return self._keep(self._all_units)

    def _all_units(self) -> tuple[str, ...]:
        with reading(self._engine) as connection:
            return catalogue.units(connection)

    def assigned(self) -> tuple[Chunk, ...]:
        """Every chunk that names units, document by document in reading order; kept like `vocabulary`."""
        return self._keep(self._all_assigned)

    def _all_assigned(self) -> tuple[Chunk, ...]:
        with reading(self._engine) as connection:
            return tuple(map(Chunk.model_validate_json, catalogue.assigned(connection)))

    def asked(self) -> list[Chunk]:
        """Every chunk that is known to answer questions, document by document in reading order."""
        with reading(self._engine) as connection:
            return list(map(Chunk.model_validate_json, catalogue.asked(connection)))

    def _keep(self, read: Callable[[], T]) -> T:
        """What `read` gives, read again only when documents have changed since."""
        kept = self._kept.get(read.__name__)
        if kept is not None and kept[0] == self._revision:
            return cast("T", kept[1])
        current = self._revision  # before the rows: a change meanwhile makes them out of date
        self._kept[read.__name__] = (current, found := read())
        return found

    def chunks_with(self, substring: str) -> int:
        """Number of chunks with `substring` in title, headings or text, punctuation left aside."""
        return sum(self.documents_with(substring).values())

    def documents_with(self, substring: str) -> dict[str, int]:
        """Document id -> number of its chunks with `substring`; documents without one are left out."""
        with reading(self._engine) as connection:
            return catalogue.holding(connection, substring)

    def heads_a_part(self, name: str) -> bool:
        """Whether `name` stands in the title of a document, or in a heading inside one."""
        if any(name in summary.title for summary in self.summaries()):
            return True
        body = tables.chunks.c.body
        with reading(self._engine) as connection:
            holding = sorted(catalogue.holding(connection, name))
            theirs = (tables.chunks.c.document_id.in_(ids) for ids in portions(holding))
            rows = (select(body).where(one, body.contains(name, autoescape=True)) for one in theirs)
            chunks = (Chunk.model_validate_json(each) for row in rows for each in connection.scalars(row))
            return any(name in heading for chunk in chunks for heading in chunk.heading_path)

    def attached(self) -> Mapping[str, tuple[str, ...]]:
        """Document id -> titles of the texts that it carries or has attached; kept like `vocabulary`."""
        return self._keep(self._all_attached)

    def _all_attached(self) -> Mapping[str, tuple[str, ...]]:
        rows = select(tables.documents.c.head).where(tables.documents.c.head.contains('"attached":["'))
        with reading(self._engine) as connection:
            heads = [PolicyDocument.model_validate_json(row.head) for row in connection.execute(rows)]
        return {head.id: head.attached for head in heads}

    def _forget(self, connection: Connection, document_ids: Sequence[str]) -> Counter[str]:
        """Delete documents and their chunks; the number of deleted chunks that held each term."""
        forgotten: list[Chunk] = []
        for ids in portions(document_ids):
            is_theirs = tables.chunks.c.document_id.in_(ids)
            bodies = connection.scalars(select(tables.chunks.c.body).where(is_theirs))
            forgotten += map(Chunk.model_validate_json, bodies)
            connection.execute(delete(tables.chunks).where(is_theirs))
            connection.execute(delete(tables.documents).where(tables.documents.c.id.in_(ids)))
        catalogue.strike(connection, forgotten)
        return self._terms_in(chunk.indexed_text for chunk in forgotten)

    def _terms_in(self, texts: Iterable[str]) -> Counter[str]:
        """The number of texts that hold each term."""
        return Counter(term for text in texts for term in set(self._terms_of(text)))

    def _count_terms(self, connection: Connection, steps: Mapping[str, int]) -> None:
        """Add `steps[term]` to the stored count of each term."""
        rows = [{"term": term, "chunks": step} for term, step in steps.items() if step]
        if not rows:
            return
        table = tables.term_counts
        new = insert_over(connection, table)
        added = {"chunks": table.c.chunks + new.excluded.chunks}
        connection.execute(new.on_conflict_do_update(index_elements=["term"], set_=added), rows)
