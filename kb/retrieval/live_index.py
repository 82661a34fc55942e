"""The index while the program runs: opened, mended and rebuilt in the background, sealed while it rests.

Searches wait for nobody: until the index holds what SQL holds they raise NotReadyError. Documents may change
meanwhile: what is written goes into the index under construction, and the end of the work compares the two
again. An index at rest says which state of the documents it holds; one that holds theirs is opened without a
comparison. Whatever fails is tried again, so a disk with room, a mended model or a server that is back brings
the answers back.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from time import monotonic

from kb.embedding.embedder import Embedder
from kb.errors import KbError, StoreAwayError, StoreError
from kb.models import Filters, Signal
from kb.retrieval.index import Repairing, passage_vectors
from kb.retrieval.index_state import IndexState, Phase, not_ready
from kb.retrieval.shared.mirror import Mirror
from kb.retrieval.store import Fields, Place, Point, QueryVectors, ScoredId, Store
from kb.storage.documents import Documents
from kb.storage.sharing.keeper import Mutex

logger = logging.getLogger(__name__)

_RETRY = 15.0  # seconds until what has failed is tried again
_REST = 1.0  # seconds without a write after which the index is sealed
_SEAL_RETRY = 60.0


class LiveIndex:
    """A Store that may still be opening or under construction; `start` begins the work.

    `place` is where it is kept; `changing` is the lock that whoever changes documents in this process holds;
    `report` is told in Chinese what takes long; `opening` is held while the index is opened and filled. With
    a `mirror` the index follows what other processes change, after `renew`.
    """

    def __init__(
        self,
        place: Place,
        documents: Documents,
        embedder: Embedder,
        changing: AbstractContextManager[object],
        report: Callable[[str], None],
        mirror: Mirror | None = None,
        opening: Mutex | None = None,
    ) -> None:
        self._place = place
        self._mirror = mirror
        self._changing = changing
        self._opening = opening or Mutex("index")
        self._embedder = embedder
        self._report = report
        self._documents = documents
        self._holds: str | None = None  # the state of the documents that it surely holds
        vectors_of = mirror.vectors.of if mirror else partial(passage_vectors, embedder)
        self._repairing = Repairing(documents, vectors_of, changing)
        self._store: Store | None = None
        self._error: KbError | None = None
        self._is_ready = False
        self._writing = threading.RLock()
        self._sealed = False
        self._written_at = 0.0
        self._begun_at = monotonic()
        self._tried = threading.Event()
        self._stop, self._woken = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._work, name="index", daemon=True)

    def start(self) -> None:
        """Open and mend the index in the background."""
        self._thread.start()

    def renew(self) -> None:
        """Another process may have changed documents: follow soon."""
        self._documents.renew()
        self._woken.set()

    def wait(self) -> None:
        """Return when the index is ready.

        Raises:
            ModelError, StoreError: the first attempt to make it ready has failed; more follow.
        """
        self._tried.wait()
        error = self._error
        if error is not None and not self._is_ready:
            raise error

    @property
    def state(self) -> IndexState:
        """The phase and how far it is."""
        done, total = self._repairing.done, self._repairing.total
        if self._is_ready:
            return IndexState(phase=Phase.READY)
        if self._error is not None:
            return IndexState(phase=Phase.FAILED, failure=self._error.operator)
        if not total:
            return IndexState(phase=Phase.OPENING)
        spent = monotonic() - self._begun_at
        left = round(spent / done * (total - done)) if done else None
        return IndexState(phase=Phase.BUILDING, done=done, total=total, seconds_left=left)

    def require_room(self) -> None:
        """Raise NoSpaceError when a write would be refused, NotReadyError before the index is open."""
        self._open().require_room()

    def upsert(self, points: Sequence[Point]) -> None:
        """Add points, replacing those with the same chunk id."""
        with self._changed() as store:
            store.upsert(points)

    def remove(self, chunk_ids: Iterable[str]) -> None:
        """Remove chunks by id; unknown ids are ignored."""
        with self._changed() as store:
            store.remove(chunk_ids)

    def set_fields(self, fields: Mapping[str, Fields]) -> None:
        """Rewrite the filter fields of chunks; those not rebuilt yet get theirs from SQL when they are."""
        with self._changed() as store:
            known = fields.keys() if self._is_ready else store.chunk_ids()
            store.set_fields({chunk_id: fields[chunk_id] for chunk_id in fields if chunk_id in known})

    def chunk_ids(self) -> set[str]:
        """Every id in the index."""
        return self._open().chunk_ids()

    def fields(self) -> dict[str, Fields]:
        """The filter fields of every chunk in the index, by chunk id."""
        return self._open().fields()

    def search(
        self, query: QueryVectors, filters: Filters, limit: int, without: Set[str] = frozenset()
    ) -> dict[Signal, tuple[ScoredId, ...]]:
        """The best chunks as Store.search gives them; NotReadyError while the index lacks any."""
        if not self._is_ready:
            raise not_ready(self.state)
        try:
            return self._open().search(query, filters, limit, without)
        except StoreAwayError as error:
            self._lose(error)
            raise not_ready(self.state) from error

    @contextmanager
    def following(self) -> Iterator[None]:
        """Around a change of documents: at the end of the block the index has followed it.

        What other processes changed before is followed first: the change meets the points that it is about.
        An index that has followed every change need not be compared with SQL when it is opened next.
        """
        while self._is_ready and not self._follow_some():
            pass
        held, before = self._holds, self._documents.state()
        self._holds = None
        marks = self._mirror.marks() if self._mirror else None
        yield
        if self._mirror is not None and marks is not None:
            self._mirror.own(marks)
        if held == before:
            self._holds = self._documents.state()

    def flush(self) -> None:
        """Return when everything written is on disk."""
        with self._writing:
            self._open().flush()

    def close(self) -> None:
        """Stop the work, flush, seal and release the index; a failure is logged, as SQL has everything."""
        self._stop.set()
        self._woken.set()
        if self._thread.ident is not None:
            self._thread.join()
        with self._writing:
            store, self._store, self._is_ready = self._store, None, False
            try:
                self._place.release(store, self._holds)
            except (OSError, KbError) as error:
                logger.warning("the index is closed without a seal: %s", error)

    def _open(self) -> Store:
        store = self._store
        if store is None:
            raise not_ready(self.state)
        return store

    @contextmanager
    def _changed(self) -> Iterator[Store]:
        """The store, for a change; the seal is broken before."""
        with self._writing:
            store = self._open()
            self._holds = None
            try:
                self._place.change()
                self._sealed = False
                yield store
            except StoreAwayError as error:
                self._lose(error)
                raise
            finally:
                self._written_at = monotonic()

    def _lose(self, error: StoreAwayError) -> None:
        """The index cannot be reached: nothing is found until the thread has opened and compared it again."""
        was_ready, self._is_ready = self._is_ready, False
        self._fail(error)
        if was_ready:
            self._woken.set()

    def _work(self) -> None:
        """The thread: make the index ready, again whenever that fails; follow; seal it whenever it rests."""
        while not self._stop.is_set():
            if self._is_ready:
                pause = _REST if self._follow() and self._seal() else _SEAL_RETRY
            else:
                pause = 0.0 if self._make_ready() else _RETRY
                self._tried.set()
            if self._woken.wait(pause):
                self._woken.clear()

    def _make_ready(self) -> bool:
        """Open the index and fill it; whether that is done, or given up because the program ends."""
        try:
            while not self._opening.acquire(timeout=_REST):  # another process does it
                if self._stop.is_set():
                    return True
            try:
                self._open_and_fill()
            finally:
                self._opening.release()
        except KbError as error:
            self._fail(error)
        except Exception as error:
            logger.exception("the index cannot be made ready")
            self._fail(StoreError(f"索引打不开：{error!r}"))
        return self._is_ready or self._stop.is_set()

    def _open_and_fill(self) -> None:
        if self._store is None:
            self._store = self._place.open(self._embedder.size, self._report)
        self._begun_at = monotonic()
        self._error = None
        marks = self._mirror.marks() if self._mirror else {}  # not newer than `state`
        state = self._documents.state()
        if not state or self._place.noted() != state:
            self._repairing.run(self, self._report, self._stop.is_set)
        if self._mirror is not None:
            self._mirror.begin(marks)
        self._is_ready = not self._stop.is_set()
        self._holds = state if self._is_ready else None

    def _follow(self) -> bool:
        """Follow what other processes changed; False when that fails."""
        is_done = self._mirror is None
        while not is_done and not self._stop.is_set():
            try:
                with self._changing:
                    is_done = self._follow_some()
            except KbError as error:
                logger.warning("changes by others are not in the index yet: %s", error)
                return False
        return True

    def _follow_some(self) -> bool:
        """Follow some of what others changed; whether that was all."""
        if self._mirror is None or (state := self._documents.state()) == self._holds:
            return True
        is_done = self._mirror.follow(self)
        self._holds = state if is_done else None
        return is_done

    def _fail(self, error: KbError) -> None:
        if self._error is None or self._error.operator != error.operator:
            logger.error("%s", error.operator)
        self._error = error
        if isinstance(error, StoreAwayError):
            self._store = None  # what comes back may be another index

    def _seal(self) -> bool:
        """Seal the index unless it was written to just now; False when that fails."""
        with self._writing:
            if self._sealed or self._store is None or monotonic() < self._written_at + _REST:
                return True
            try:
                self._store.flush()
                self._place.rest(self._holds)
            except (OSError, KbError) as error:
                logger.warning("the index stays without a seal: %s", error)
                return False
            self._sealed = True
            return True
