"""The parts of the room retrieval: the index in KB_HOME and the way through it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from kb.embedding.embedder import Embedder
from kb.embedding.question_map import read_question_map
from kb.reading.reader import Reader, open_reader
from kb.retrieval.index import index_folder
from kb.retrieval.live_index import LiveIndex
from kb.retrieval.reranker import Reranker
from kb.retrieval.retriever import Retriever
from kb.retrieval.term_weights import TermWeights
from kb.settings import Settings
from kb.storage.documents import Documents


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
    documents: Documents,
    embedder: Embedder,
    excluded: Callable[[], frozenset[str]],
    report: Callable[[str], None],
    *,
    changing: AbstractContextManager[object],
    wait: bool,
) -> RetrievalParts:
    """Open the index of `settings`; embed the chunks of `documents` that it lacks, in the background.

    `excluded` gives the ids of the documents that must not be found at the moment of a query; `report` is
    told in Chinese what takes long; `changing` is held while documents change; `wait`: return when all is
    done.

    Raises:
        ModelError, StoreError: the model or the index cannot be used; only with `wait`.
    """
    store = LiveIndex(index_folder(settings), documents, embedder, changing, report)
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
