"""The one place that wires the parts together, and that repairs what a killed process left behind.

KB_HOME holds: lock, kb.sqlite (the truth), models/ (the unpacked embedding model), index/<model>/ (the vector
store, rebuilt from SQL whenever it is missing, damaged or made by another model).
"""

import hashlib
import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import strftime
from types import TracebackType

from kb.answer import Answerer
from kb.contacts import Contacts
from kb.database import open_database
from kb.departments import read_departments
from kb.documents import Documents
from kb.embedding import Embedder
from kb.errors import SettingsError, StoreError
from kb.faq import Faq
from kb.faq_entries import FaqEntries, FaqVectors
from kb.home import HomeLock
from kb.journal import Journal
from kb.models import Signal
from kb.qdrant_edge import QdrantEdgeStore
from kb.question_map import read_question_map
from kb.questions import Questions
from kb.rerank import Reranker
from kb.retrieve import Retriever
from kb.rewrite import read_synonyms
from kb.settings import Settings
from kb.starters import read_starters
from kb.store import Store, make_point
from kb.suggest import Suggestions
from kb.term_weights import TermWeights, read_question_words
from kb.tokens import TERMS
from kb.understanding import Understanding

logger = logging.getLogger(__name__)

_DATABASE = "kb.sqlite"
INDEX_VERSION = "1"  # raise it when the same chunk would be stored differently


@dataclass(frozen=True)
class KnowledgeBase:
    """Everything a program needs; a context manager that releases KB_HOME."""

    settings: Settings
    documents: Documents
    store: Store
    embedder: Embedder
    retriever: Retriever
    faq: Faq
    faq_entries: FaqEntries
    contacts: Contacts
    understanding: Understanding
    answerer: Answerer
    journal: Journal
    questions: Questions
    suggestions: Suggestions
    lock: HomeLock

    def close(self) -> None:
        """Flush the index and let another process use KB_HOME."""
        self.store.close()
        self.documents.close()
        self.lock.release()

    def __enter__(self) -> "KnowledgeBase":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_knowledge_base(settings: Settings, report: Callable[[str], None] = logger.info) -> KnowledgeBase:
    """The knowledge base in `settings.home`, made when missing, repaired when a process was killed in it.

    `report` is told in Chinese what takes long (unpacking the model, rebuilding the index).

    Raises:
        HomeInUseError: another process has it open.
        SettingsError, ModelError, StoreError: the folder, the model or the index cannot be used.
    """
    with ExitStack() as undo:
        lock = undo.enter_context(HomeLock(settings.home))
        engine = open_database(settings.home / _DATABASE)
        documents = Documents(engine, TERMS[Signal.WORD])
        undo.callback(documents.close)
        embedder = Embedder(
            settings.embed_model, settings.home / "models", settings.embed_dtype, _unpacking(report)
        )
        store = _open_index(settings.home / "index" / _index_name(settings), embedder.size, report)
        undo.callback(store.close)
        repair(documents, store, embedder, report)
        term_weights = TermWeights(documents, read_question_words())
        reranker = Reranker(settings.rerank_model) if settings.rerank_model else None
        question_map = read_question_map(settings.embed_model)
        retriever = Retriever(store, embedder, documents, term_weights, question_map, reranker)
        faq_entries = FaqEntries(engine)
        faq = Faq(faq_entries.approved(), FaqVectors(engine, settings.embed_model, embedder.embed_queries))
        understanding = Understanding(documents, read_synonyms(), read_departments())
        contacts = Contacts(engine)
        answerer = Answerer(documents, embedder, faq, retriever, understanding, contacts)
        journal = Journal(engine)
        suggestions = Suggestions(documents, faq, read_starters(), journal, answerer.answer)
        undo.pop_all()  # from here on it is KnowledgeBase.close that releases them
    return KnowledgeBase(
        settings,
        documents,
        store,
        embedder,
        retriever,
        faq,
        faq_entries,
        contacts,
        understanding,
        answerer,
        journal,
        Questions(engine, settings.reply_days),
        suggestions,
        lock,
    )


@contextmanager
def open_questions(settings: Settings) -> Iterator[Questions]:
    """The questions left in `settings.home`, without the lock: for staff, while the service runs.

    Raises:
        SettingsError: there is no knowledge base in that folder.
    """
    path = settings.home / _DATABASE
    if not path.exists():
        raise SettingsError(f"KB_HOME={settings.home} 里没有知识库；请用 KB_HOME 指定服务所用的目录")
    engine = open_database(path)
    try:
        yield Questions(engine, settings.reply_days)
    finally:
        engine.dispose()


def repair(documents: Documents, store: Store, embedder: Embedder, report: Callable[[str], None]) -> None:
    """Make the index hold exactly the chunks that SQL holds.

    Points without a chunk are left from an ingest that was killed; chunks without a point from a lost index.
    """
    indexed, registered = store.chunk_ids(), documents.chunk_ids()
    stray, missing = indexed - registered, registered - indexed
    if stray:
        store.remove(stray)
    if missing:
        report(f"索引缺 {len(missing)} 段，正在由原文重建……")
        for summary in documents.summaries():
            chunks = [chunk for chunk in documents.chunks_of(summary.id) if chunk.id_ in missing]
            document = documents.get(summary.id) if chunks else None
            if document is not None:
                vectors = embedder.embed_passages([chunk.indexed_text for chunk in chunks])
                store.upsert([make_point(document, c, v) for c, v in zip(chunks, vectors, strict=True)])
    if stray or missing:
        store.flush()


def _open_index(folder: Path, size: int, report: Callable[[str], None]) -> Store:
    """The index in `folder`; a damaged one is moved aside, as all of it can be rebuilt."""
    try:
        return QdrantEdgeStore(folder, size)
    except StoreError as error:
        if not folder.exists():
            raise
        aside = folder.with_name(f"{folder.name}.damaged-{strftime('%Y%m%d-%H%M%S')}")
        report(f"{error}；已移到 {aside}，正在重建")
        folder.rename(aside)
        return QdrantEdgeStore(folder, size)


def _index_name(settings: Settings) -> str:
    """One index per model and stored form: another KB_EMBED_MODEL never meets foreign vectors."""
    key = f"{settings.embed_model}\0{INDEX_VERSION}"
    return f"{Path(settings.embed_model).name}-{hashlib.sha256(key.encode()).hexdigest()[:8]}"


def _unpacking(report: Callable[[str], None]) -> Callable[[int, int], None]:
    """Progress of unpacking the bundled model, a line every quarter."""

    def tell(done: int, total: int) -> None:
        if done == 1 or done * 4 // total != (done - 1) * 4 // total:
            report(f"首次启动，正在解包向量模型：{done}/{total}")

    return tell
