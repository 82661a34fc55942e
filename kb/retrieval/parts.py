"""The parts of the room retrieval: the index in KB_HOME and the way through it."""

from collections.abc import Callable
from dataclasses import dataclass

from kb.embedding.embedder import Embedder
from kb.embedding.question_map import read_question_map
from kb.retrieval.index import index_folder, open_index, repair
from kb.retrieval.reranker import Reranker
from kb.retrieval.retriever import Retriever
from kb.retrieval.store import Store
from kb.retrieval.term_weights import TermWeights
from kb.settings import Settings
from kb.storage.documents import Documents


@dataclass(frozen=True)
class RetrievalParts:
    """The vector store, and the retriever over it."""

    store: Store
    retriever: Retriever

    def close(self) -> None:
        """Flush the index."""
        self.store.close()


def open_retrieval(
    settings: Settings,
    documents: Documents,
    embedder: Embedder,
    excluded: Callable[[], frozenset[str]],
    report: Callable[[str], None],
) -> RetrievalParts:
    """Open the index of `settings`; embed the chunks of `documents` that it lacks.

    `excluded` gives the ids of the documents that must not be found at the moment of a query; `report` is
    told in Chinese what takes long.

    Raises:
        ModelError, StoreError: the model or the index cannot be used.
    """
    store = open_index(index_folder(settings), embedder.size, report)
    try:
        repair(documents, store, embedder, report)
        reranker = Reranker(settings.rerank_model) if settings.rerank_model else None
        retriever = Retriever(
            store=store,
            embedder=embedder,
            documents=documents,
            term_weights=TermWeights(documents),
            question_map=read_question_map(settings.embed_model),
            reranker=reranker,
            excluded=excluded,
        )
    except BaseException:
        store.close()
        raise
    return RetrievalParts(store=store, retriever=retriever)
