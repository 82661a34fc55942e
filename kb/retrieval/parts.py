"""The parts of the room retrieval: the index, in KB_HOME or on a server, and the way through it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from kb.embedding.embedder import Embedder
from kb.embedding.question_map import read_question_map
from kb.reading.reader import Reader, open_reader
from kb.retrieval.index import EdgeFolder, index_folder, rebuild
from kb.retrieval.live_index import LiveIndex
from kb.retrieval.questions.known import Embed, KnownQuestions
from kb.retrieval.reranker import Reranker
from kb.retrieval.retriever import Retriever
from kb.retrieval.shared.chunk_vectors import ChunkVectors
from kb.retrieval.shared.mirror import Mirror
from kb.retrieval.store import Point
from kb.retrieval.term_weights import TermWeights
from kb.settings import Settings
from kb.storage.documents import Documents
from kb.storage.parts import StorageParts

if TYPE_CHECKING:
    from kb.retrieval.server.place import ServerPlace


@dataclass(frozen=True)
class RetrievalParts:
    """The vector store, the retriever over it, and who reads the passages it finds for an answer.

    `known` are the questions that passages are known to answer; `server` is where the store lies, if not in
    KB_HOME; `vectors` are those that processes with an index each share.
    """

    store: LiveIndex
    retriever: Retriever
    reader: Reader | None
    known: KnownQuestions
    server: "ServerPlace | None" = None
    vectors: ChunkVectors | None = None

    def share(self, connection: Connection, points: Sequence[Point]) -> None:
        """Let other processes have the vectors of `points`, in the transaction of `connection`."""
        if self.vectors is not None:
            self.vectors.keep(connection, points)

    def purge(self) -> None:
        """Delete the shared vectors of chunks that there are no more; StoreError when that fails."""
        if self.vectors is not None:
            self.vectors.purge()

    def close(self) -> None:
        """Flush the index."""
        self.store.close()


def open_retrieval(
    settings: Settings,
    embedder: Embedder,
    excluded: Callable[[], frozenset[str]],
    report: Callable[[str], None],
    *,
    embed_questions: Embed,
    storage: StorageParts,
    wait: bool,
) -> RetrievalParts:
    """Open the index of `settings`; embed the chunks of `storage` that it lacks, in the background.

    `excluded` gives the ids of the documents that must not be found at the moment of a query; `report` is
    told in Chinese what takes long; `embed_questions` gives the vectors of known questions; `wait`: return
    when all is done. Where several processes share the database, each has an index of its own in KB_HOME and
    follows the others' changes; the index on a server is one for all.

    Raises:
        ModelError, StoreError: the model or the index cannot be used; only with `wait`.
    """
    documents = storage.documents
    server = open_server(settings)
    mirror: Mirror | None = None
    if server is None and storage.sharing is not None:
        name, alone = index_folder(settings).name, storage.mutex("vectors")
        mirror = Mirror(storage.engine, documents, ChunkVectors(storage.engine, embedder, name, alone))
    store = LiveIndex(
        server or EdgeFolder(index_folder(settings, storage.lock.place)),
        documents,
        embedder,
        storage.ingesting.here if mirror else storage.ingesting,
        report,
        mirror,
        storage.mutex("index") if server else None,
    )
    known = KnownQuestions(documents, embed_questions)
    retriever = Retriever(
        store=store,
        embedder=embedder,
        documents=documents,
        term_weights=TermWeights(documents),
        question_map=read_question_map(settings.embed_model),
        reranker=Reranker(settings.rerank_model) if settings.rerank_model else None,
        known=known,
        excluded=excluded,
    )
    reader = open_reader(settings.reader, embedder)
    store.start()
    try:
        if wait:
            store.wait()
    except BaseException:
        store.close()
        raise
    return RetrievalParts(
        store=store,
        retriever=retriever,
        reader=reader,
        known=known,
        server=server,
        vectors=mirror.vectors if mirror else None,
    )


def open_server(settings: Settings) -> "ServerPlace | None":
    """The index on the server that `settings` name, if they name one.

    Only then is its client imported: that takes over a second.
    """
    if settings.qdrant_url is None:
        return None
    from kb.retrieval.server.place import server_place

    return server_place(settings, settings.qdrant_url)


def rebuild_index(
    settings: Settings, documents: Documents, embedder: Embedder, step: Callable[[int, int], None]
) -> str | None:
    """Rebuild the index that nobody here has open; return where the former one is kept, if there was one.

    `step` is told the documents done and their total, where the index is on a server.

    Raises:
        ModelError, StoreError: the model or the index cannot be used; the former index stays in use.
    """
    server = open_server(settings)
    if server is None:
        aside = rebuild(documents, embedder, index_folder(settings))
        return None if aside is None else str(aside)
    try:
        return server.rebuild(documents, embedder, step)
    finally:
        server.release(None, None)
