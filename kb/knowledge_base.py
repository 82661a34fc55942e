"""The one place that wires the parts together, and that repairs what a killed process left behind.

KB_HOME holds: lock, kb.sqlite (the truth), models/ (the unpacked embedding model), index/<model>/ (the vector
store, rebuilt from SQL whenever it is missing, damaged or made by another model).
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING

from sqlalchemy import Engine

from kb.answering.answerer import Answerer
from kb.answering.assignments import Assignments
from kb.answering.generating import Generating
from kb.citizens.journal import Journal
from kb.citizens.left_questions import Questions
from kb.citizens.starters import read_starters
from kb.citizens.suggestions import Suggestions
from kb.controls.store import Column
from kb.desk.assistant import Assistant
from kb.desk.search import Desk
from kb.embedding.embedder import Embedder
from kb.embedding.question_map import read_question_map
from kb.errors import SettingsError
from kb.faq.entries import FaqEntries
from kb.faq.feed import FaqFeed
from kb.faq.life import FaqLife
from kb.faq.matching import Faq
from kb.faq.vectors import FaqVectors
from kb.language.tokens import TERMS
from kb.llm.options import llm_options
from kb.metrics import Meters
from kb.models import Signal
from kb.question.condense import Condensing
from kb.question.departments import read_departments
from kb.question.rewrite import read_synonyms
from kb.question.understanding import Understanding
from kb.queue.grouping import Grouping
from kb.queue.worklist import Queue
from kb.reports.figures import FigureReader
from kb.reports.ledger import Ledger
from kb.retrieval.index import index_folder, open_index, repair
from kb.retrieval.reranker import Reranker
from kb.retrieval.retriever import Retriever
from kb.retrieval.store import Store
from kb.retrieval.term_weights import TermWeights
from kb.settings import Settings
from kb.staff.audit import Audit
from kb.staff.contacts import Contacts
from kb.staff.passwords import Passwords
from kb.staff.sign_in import SignIn
from kb.staff.users import Users
from kb.storage.database import open_database
from kb.storage.document_edits import DocumentEdits
from kb.storage.documents import Documents
from kb.storage.home import HomeLock

if TYPE_CHECKING:
    from kb.llm.language_model import LanguageModel

logger = logging.getLogger(__name__)

_DATABASE = "kb.sqlite"


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
    faq_life: FaqLife
    faq_feed: FaqFeed
    contacts: Contacts
    understanding: Understanding
    answerer: Answerer
    journal: Journal
    questions: Questions
    suggestions: Suggestions
    audit: Audit
    queue: Queue
    figures: FigureReader
    ledger: Ledger
    desk: Desk
    column: Column
    document_edits: DocumentEdits
    users: Users
    sign_in: SignIn
    meters: Meters
    model: "LanguageModel | None"  # None: answers are quoted
    assistant: Assistant | None
    faq_vectors: FaqVectors
    lock: HomeLock
    ingesting: threading.RLock = field(
        default_factory=threading.RLock
    )  # one thread at a time changes documents

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
        engine = connect(settings)
        documents = Documents(engine, TERMS[Signal.WORD])
        undo.callback(documents.close)
        embedder = Embedder(
            settings.embed_model, settings.home / "models", settings.embed_dtype, unpacking(report)
        )
        store = open_index(index_folder(settings), embedder.size, report)
        undo.callback(store.close)
        repair(documents, store, embedder, report)
        term_weights = TermWeights(documents)
        reranker = Reranker(settings.rerank_model) if settings.rerank_model else None
        question_map = read_question_map(settings.embed_model)
        audit = Audit(engine)
        column = Column(engine, audit, documents)
        retriever = Retriever(
            store,
            embedder,
            documents,
            term_weights,
            question_map,
            reranker,
            lambda: column.rules().excluded,
        )
        faq_entries = FaqEntries(engine)
        faq_vectors = FaqVectors(engine, settings.embed_model, embedder.embed_queries)
        faq = Faq(faq_entries.approved(), faq_vectors)
        faq_life = FaqLife(engine, audit, documents, faq, faq_vectors)
        faq_life.review()
        departments = read_departments()
        understanding = Understanding(documents, read_synonyms(), departments)
        contacts = Contacts(engine, audit)
        assignments = Assignments(documents, departments)
        meters = Meters()
        model = open_model(settings, meters)
        answerer = Answerer(
            documents,
            embedder,
            faq,
            retriever,
            understanding,
            contacts,
            assignments,
            column.rules,
            Generating(model, documents.get) if model else None,
            Condensing(model) if model else None,
        )
        passwords = Passwords()
        journal = Journal(engine)
        suggestions = Suggestions(documents, faq, read_starters(), journal, answerer.quote, column.rules)
        grouping = Grouping(engine, settings.embed_model, embedder.embed_queries)
        queue = Queue(engine, grouping, audit, lambda: faq.entries)
        undo.pop_all()  # from here on it is KnowledgeBase.close that releases them
    return KnowledgeBase(
        settings,
        documents,
        store,
        embedder,
        retriever,
        faq,
        faq_entries,
        faq_life,
        FaqFeed(engine, documents),
        contacts,
        understanding,
        answerer,
        journal,
        Questions(engine, settings.reply_days),
        suggestions,
        audit,
        queue,
        FigureReader(engine, queue),
        Ledger(engine, audit),
        Desk(documents, faq, retriever, embedder, understanding),
        column,
        DocumentEdits(engine),
        Users(engine, audit, passwords),
        SignIn(engine, audit, passwords),
        meters,
        model,
        Assistant(model, answerer.ask_quoting, documents.get, engine, audit) if model else None,
        faq_vectors,
        lock,
    )


def open_model(settings: Settings, meters: Meters) -> "LanguageModel | None":
    """The language model that `settings` name, if they name one.

    Only then is its client imported: that takes two seconds.
    """
    options = llm_options(settings)
    if options is None:
        return None
    from kb.llm.language_model import LanguageModel

    return LanguageModel(options, meters)


@contextmanager
def open_questions(settings: Settings) -> Iterator[Questions]:
    """The questions left in `settings.home`, without the lock: for staff, while the service runs.

    Raises:
        SettingsError: there is no knowledge base in that folder.
    """
    with open_sql(settings) as engine:
        yield Questions(engine, settings.reply_days)


@contextmanager
def open_accounts(settings: Settings) -> Iterator[Users]:
    """The accounts of staff, in the same way."""
    with open_sql(settings) as engine:
        yield Users(engine, Audit(engine), Passwords())


@contextmanager
def open_audit(settings: Settings) -> Iterator[Audit]:
    """The audit log, in the same way."""
    with open_sql(settings) as engine:
        yield Audit(engine)


@contextmanager
def open_sql(settings: Settings) -> Iterator[Engine]:
    """The SQL side alone, without the lock, which is held only while tables are brought up to date.

    Raises:
        SettingsError: there is no knowledge base in KB_HOME.
        HomeInUseError: the tables are of an older version, and a program of that version has it open.
    """
    if not holds_knowledge_base(settings):
        raise SettingsError(f"KB_HOME={settings.home} 里没有知识库；请用 KB_HOME 指定服务所用的目录")
    engine = connect(settings, lambda: HomeLock(settings.home))
    try:
        yield engine
    finally:
        engine.dispose()


def holds_knowledge_base(settings: Settings) -> bool:
    """Whether there is a database already; nothing is made or opened."""
    return settings.database_url is not None or (settings.home / _DATABASE).exists()


def connect(settings: Settings, alone: Callable[[], AbstractContextManager[object]] = nullcontext) -> Engine:
    """The database that `settings` name, its tables up to date; `alone` and errors as in kb.storage.database."""
    url = settings.database_url.get_secret_value() if settings.database_url else None
    return open_database(settings.home / _DATABASE, url, alone)


def unpacking(report: Callable[[str], None]) -> Callable[[int, int], None]:
    """Progress of unpacking the bundled model, a line every quarter."""

    def tell(done: int, total: int) -> None:
        if done == 1 or done * 4 // total != (done - 1) * 4 // total:
            report(f"首次启动，正在解包向量模型：{done}/{total}")

    return tell
