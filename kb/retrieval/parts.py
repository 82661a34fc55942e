"""The parts of the room retrieval: the index in KB_HOME and the way through it."""

from collections.abc import Callable
from dataclasses import dataclass

from kb.embedding.embedder import Embedder
from kb.embedding.question_map import read_question_map
from kb.reading.reader import Reader, open_reader
from kb.retrieval.index import index_folder
from kb.retrieval.live_index import LiveIndex
from kb.retrieval.reranker import Reranker
from kb.retrieval.retriever import Retriever
from kb.retrieval.shared.chunk_vectors import ChunkVectors
from kb.retrieval.shared.mirror import Mirror
from kb.retrieval.term_weights import TermWeights
from kb.settings import Settings
from kb.storage.parts import StorageParts


@dataclass(frozen=True)
class RetrievalParts:
    """The vector store, the retriever over it, and who reads the passages it finds for an answer."""

    store: LiveIndex
    retriever: Retriever
    reader: Reader | None

    def close(self) -> None:
        """Flush the index."""
        self.store.close()


def open_retrieval(
    settings: Settings,
    embedder: Embedder,
    excluded: Callable[[], frozenset[str]],
    report: Callable[[str], None],
    *,
    storage: StorageParts,
    wait: bool,
) -> RetrievalParts:
    """Open the index of `settings`; embed the chunks of `storage` that it lacks, in the background.

    `excluded` gives the ids of the documents that must not be found at the moment of a query; `report` is
    told in Chinese what takes long; `wait`: return when all is done. Where several processes share the
    database, each has an index of its own and follows the others' changes.

    Raises:
        ModelError, StoreError: the model or the index cannot be used; only with `wait`.
    """
    documents, folder = storage.documents, index_folder(settings, storage.lock.place)
    mirror = None
    if storage.sharing is not None:
        vectors = ChunkVectors(storage.engine, embedder, index_folder(settings).name)
        mirror = Mirror(storage.engine, documents, vectors)
    store = LiveIndex(folder, documents, embedder, storage.ingesting.here, report, mirror)
    retriever = Retriever(
        store=store,
        embedder=embedder,
        documents=documents,
        term_weights=TermWeights(documents),
        question_map=read_question_map(settings.embed_model),
        reranker=Reranker(settings.rerank_model) if settings.rerank_model else None,
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
    )
