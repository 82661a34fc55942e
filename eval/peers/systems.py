"""The systems that are compared: each takes documents in, and gives the best five passages for a question.

ours           the knowledge base as it is installed, without the reader
llama_index    llama-index as its documentation begins: SentenceSplitter and VectorStoreIndex, all defaults
qdrant_local   the same nodes in llama-index's Qdrant store, in qdrant-client's local mode
bm25_rrf       the same nodes by BM25 over jieba words and by vectors, joined by reciprocal ranks (k = 60)

All embed with the bundled model. The peers get the texts that our readers made of the files, which spares
them the reading, and their vectors are computed once for the three of them, as they have the same nodes.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from time import process_time

import bm25s
import numpy as np
from llama_index.core import Document, StorageContext, VectorStoreIndex
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.schema import BaseNode, MetadataMode
from llama_index.vector_stores.qdrant import QdrantVectorStore
from pydantic import PrivateAttr
from qdrant_client import QdrantClient

from kb.embedding.embedder import Embedder, Vectors
from kb.knowledge_base import KnowledgeBase
from kb.language.tokens import words
from kb.models import Filters, Model, Question

TOP = 5
_RANKED = 50  # by each of the two lists that are joined
_RRF = 60  # Cormack, Clarke & Buettcher (2009)


class Text(Model):
    """A document as our readers read it."""

    id: str
    text: str


class Passage(Model):
    """A passage found, and the document it is from."""

    document: str
    text: str


Search = Callable[[str], list[Passage]]


class Remembered(BaseEmbedding):
    """Our embedder in llama-index's clothes; vectors of passages that are known are not computed again."""

    _embedder: Embedder = PrivateAttr()
    _known: dict[str, Vectors] = PrivateAttr()

    def __init__(self, embedder: Embedder, known: dict[str, Vectors]) -> None:
        super().__init__(model_name=embedder.name)
        self._embedder, self._known = embedder, known

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return [self._known[text].tolist() for text in texts]

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_query_embedding(self, query: str) -> list[float]:
        vector: list[float] = self._embedder.embed_query(query).tolist()
        return vector

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_query_embedding(query)


def ours(kb: KnowledgeBase) -> Search:
    """Our own retrieval, as the answerer uses it."""

    def search(question: str) -> list[Passage]:
        answer = kb.answerer.answer(Question(text=question))
        kept = kb.retrieval.retriever.retrieve(answer.rewritten or question, Filters(), TOP).kept
        return [Passage(document=hit.chunk.document_id, text=hit.chunk.text) for hit in kept]

    return search


def split(texts: Sequence[Text]) -> list[BaseNode]:
    """The nodes of llama-index's default splitter."""
    documents = [Document(text=text.text, id_=text.id) for text in texts]
    return SentenceSplitter().get_nodes_from_documents(documents)


def embedded(nodes: Sequence[BaseNode], embedder: Embedder) -> tuple[list[str], Vectors, float]:
    """The texts of the nodes, their vectors, and the processor seconds that these took."""
    contents = [node.get_content(MetadataMode.EMBED) for node in nodes]
    embedder.embed_passages(contents[:1])  # loads the model
    begin = process_time()
    vectors = embedder.embed_passages(contents)
    return contents, vectors, process_time() - begin


def llama_index(nodes: Sequence[BaseNode], embedding: Remembered, _folder: Path) -> Search:
    """llama-index's default index, in memory."""
    return _searching(VectorStoreIndex(nodes=list(nodes), embed_model=embedding))


def qdrant_local(nodes: Sequence[BaseNode], embedding: Remembered, folder: Path) -> Search:
    """llama-index's Qdrant store over qdrant-client's local mode."""
    client = QdrantClient(path=str(folder / "qdrant"))
    # Indexes of documents' ids have no effect in local mode, which says so.
    store = QdrantVectorStore(collection_name="peers", client=client, index_doc_id=False)
    context = StorageContext.from_defaults(vector_store=store)
    return _searching(VectorStoreIndex(nodes=list(nodes), embed_model=embedding, storage_context=context))


def bm25_rrf(nodes: Sequence[BaseNode], embedding: Remembered, _folder: Path) -> Search:
    """BM25 and cosines over the same nodes, joined by reciprocal ranks."""
    contents = [node.get_content(MetadataMode.EMBED) for node in nodes]
    vectors = np.array(embedding.get_text_embedding_batch(contents), dtype=np.float32)
    index = bm25s.BM25()
    index.index([words(content) for content in contents], show_progress=False)

    def search(question: str) -> list[Passage]:
        terms = words(question)
        lists = (
            index.get_scores(terms) if terms else np.zeros(len(contents)),
            vectors @ np.array(embedding.get_query_embedding(question), dtype=np.float32),
        )
        joined: dict[int, float] = {}
        for scores in lists:
            for rank, place in enumerate(np.argsort(-scores)[:_RANKED], start=1):
                joined[int(place)] = joined.get(int(place), 0.0) + 1 / (_RRF + rank)
        best = sorted(joined, key=lambda place: -joined[place])[:TOP]
        return [_passage(nodes[place]) for place in best]

    return search


PEERS: dict[str, Callable[[Sequence[BaseNode], Remembered, Path], Search]] = {
    "llama_index": llama_index,
    "qdrant_local": qdrant_local,
    "bm25_rrf": bm25_rrf,
}


def _searching(index: VectorStoreIndex) -> Search:
    retriever = index.as_retriever(similarity_top_k=TOP)

    def search(question: str) -> list[Passage]:
        return [_passage(found.node) for found in retriever.retrieve(question)]

    return search


def _passage(node: BaseNode) -> Passage:
    return Passage(document=node.ref_doc_id or "", text=node.get_content(MetadataMode.NONE))
