"""The parts of the room storage, over one engine: whoever opens it here closes it here.

KB_HOME holds: lock, session.key and accounts.key (secrets of sign-in), kb.sqlite (the truth, unless
KB_DATABASE_URL names another database), models/ (the unpacked embedding model), index/<model>/ (the vector
store, rebuilt from SQL when it is missing or damaged). With KB_DATABASE_URL several processes share it; all
but one have an index-<place>/ of their own.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass

from sqlalchemy import Engine

from kb.errors import SettingsError
from kb.language.tokens import TERMS
from kb.models import Signal
from kb.settings import Settings
from kb.storage.catalogue import fill
from kb.storage.database import open_database
from kb.storage.document_edits import DocumentEdits
from kb.storage.documents import Documents
from kb.storage.home import HomeLock, read_key, tighten
from kb.storage.sharing.changes import Kept
from kb.storage.sharing.keeper import Keeper, Mutex
from kb.storage.sharing.parts import Sharing, open_sharing

logger = logging.getLogger(__name__)

_DATABASE = "kb.sqlite"
KEY = "accounts.key"  # seals the secrets of the second step, digests addresses


@dataclass(frozen=True)
class StorageParts:
    """The database, the documents in it, and the lock on KB_HOME; `key` is the content of its KEY.

    `ingesting` is held while documents are changed, `starting` while a process makes what is made once: one
    thread of one process at a time does that. `sharing` is None without KB_DATABASE_URL: there is no other
    process.
    """

    lock: HomeLock
    engine: Engine
    documents: Documents
    edits: DocumentEdits
    key: bytes
    sharing: Sharing | None
    ingesting: Mutex
    starting: Mutex

    def follow(self, renewals: Mapping[Kept, Callable[[], object]]) -> None:
        """From now on call the renewal of whatever another process has changed."""
        if self.sharing is not None:
            self.sharing.changes.follow(renewals)

    def secret(self, name: str) -> bytes | None:
        """The random key of this name that all processes use; None without other processes.

        Raises:
            StoreError: the database fails.
        """
        return self.sharing.secret(name) if self.sharing else None

    def leads(self, work: str) -> bool:
        """Whether this process is the one that does `work`, which only one may do at a time.

        Raises:
            StoreError: the database fails.
        """
        return self.sharing is None or self.sharing.keeper.leads(work)

    def mutex(self, name: str) -> Mutex:
        """A new lock among all threads of all processes that make one of this name."""
        return Mutex(name, self.sharing.keeper if self.sharing else None)

    def close(self) -> None:
        """Close the database and let another process use KB_HOME."""
        if self.sharing is not None:
            self.sharing.close()
        self.engine.dispose()
        self.lock.release()


def open_storage(settings: Settings, report: Callable[[str], None] = logger.info) -> StorageParts:
    """Lock `settings.home`, close it to other users, and open its database, made when missing.

    `report` is told in Chinese what takes long.

    Raises:
        HomeInUseError: another process has it open.
        SettingsError, StoreError: the folder or the database cannot be used.
    """
    is_shared = settings.database_url is not None
    with ExitStack() as undo:
        lock = undo.enter_context(HomeLock(settings.home, shared=is_shared))
        tighten(settings.home)
        engine = connect(settings, checked=True)
        undo.callback(engine.dispose)
        key = read_key(settings.home / KEY)
        keeper = Keeper(engine) if is_shared else None
        sharing = open_sharing(engine, keeper, key) if keeper else None
        if sharing is not None:
            undo.callback(sharing.close)
        starting = Mutex("starting", keeper)
        with starting:
            fill(engine, report)
        documents = Documents(engine, TERMS[Signal.WORD])
        undo.pop_all()  # from here on it is StorageParts.close that releases them
    return StorageParts(
        lock=lock,
        engine=engine,
        documents=documents,
        edits=DocumentEdits(engine),
        key=key,
        sharing=sharing,
        ingesting=Mutex("ingesting", keeper),
        starting=starting,
    )


@contextmanager
def open_sql(settings: Settings) -> Iterator[Engine]:
    """The database alone, without the lock, which is held only while tables are brought up to date.

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


def connect(
    settings: Settings,
    alone: Callable[[], AbstractContextManager[object]] = nullcontext,
    *,
    checked: bool = False,
) -> Engine:
    """The database that `settings` name, its tables up to date.

    `alone`, `checked` and the errors are those of kb.storage.database.open_database.
    """
    url = settings.database_url.get_secret_value() if settings.database_url else None
    return open_database(settings.home / _DATABASE, url, alone, checked=checked)
