"""Opens, repairs and rebuilds the vector store in KB_HOME/index from the chunks that SQL holds."""

import hashlib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from shutil import rmtree
from time import strftime

from kb.embedding.embedder import Embedder, Vectors
from kb.errors import NoSpaceError, StoreError
from kb.hits import Chunk
from kb.retrieval.filter_fields import mend_fields
from kb.retrieval.probe import require_sound
from kb.retrieval.qdrant_edge import QdrantEdgeStore
from kb.retrieval.store import Store, make_point
from kb.seal import break_seal, damaged_files, is_sealed, set_seal
from kb.settings import Settings
from kb.space import MIB, Reservation
from kb.storage.documents import Documents

_STAMP = "holds.txt"  # in the folder of the index: the state of the documents that it holds
_BATCH = 96  # passages embedded together: enough to keep several threads busy
INDEX_VERSION = "1"  # raise it when the same chunk would be stored differently


def index_folder(settings: Settings, place: int = 0) -> Path:
    """Folder of the index; each model and INDEX_VERSION has its own, so vectors of two models never mix.

    `place` is that of the process among those that share KB_HOME (kb.storage.home).
    """
    key = f"{settings.embed_model}\0{INDEX_VERSION}"
    name = f"{Path(settings.embed_model).name}-{hashlib.sha256(key.encode()).hexdigest()[:8]}"
    return settings.home / (f"index-{place}" if place else "index") / name


def drop_copies(settings: Settings) -> None:
    """Delete the indexes of further processes; each makes its own from SQL at its next start."""
    for folder in settings.home.glob("index-*"):
        rmtree(folder, ignore_errors=True)


class EdgeFolder:
    """The Place of the embedded index: a folder with a seal and a note while the index rests."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def open(self, size: int, report: Callable[[str], None]) -> Store:
        """The index in the folder; a damaged one is moved aside for an empty one."""
        return open_index(self._folder, size, report)

    def noted(self) -> str | None:
        """The state of the documents that the index says it holds."""
        try:
            return (self._folder / _STAMP).read_text(encoding="ascii")
        except (OSError, ValueError):
            return None

    def change(self) -> None:
        """Break the seal and take the note away."""
        break_seal(self._folder)
        (self._folder / _STAMP).unlink(missing_ok=True)

    def rest(self, holds: str | None) -> None:
        """Note what the index holds, if that is known, and seal the folder."""
        if holds is not None:
            (self._folder / _STAMP).write_text(holds, encoding="ascii")
        set_seal(self._folder)

    def release(self, store: Store | None, holds: str | None) -> None:
        """Close `store` and seal the folder; closing writes to it."""
        if store is not None:
            break_seal(self._folder)
            store.close()
            self.rest(holds)


def open_index(folder: Path, size: int, report: Callable[[str], None]) -> Store:
    """The index in `folder`; a damaged one is moved aside for an empty one, to be filled from SQL.

    An index with a seal must be as it was sealed; one without is read whole.

    Raises:
        NoSpaceError: the disk has no room for it.
        StoreError: the folder cannot be used.
    """
    if not folder.exists():
        return QdrantEdgeStore(folder, size)
    try:
        _require_sound(folder, size)
        return QdrantEdgeStore(folder, size)
    except NoSpaceError:
        raise
    except StoreError as error:
        aside = _move_aside(folder, "damaged")
        report(f"{error}；已移到 {aside}，正在重建")
    try:
        return QdrantEdgeStore(folder, size)
    except NoSpaceError:
        rmtree(aside)  # it takes the room that its successor needs
        return QdrantEdgeStore(folder, size)


def _require_sound(folder: Path, size: int) -> None:
    """Raise StoreError if the index in `folder` is damaged, NoSpaceError if it cannot be opened anyway.

    Its seal is broken then: Edge writes to its files when it opens them.
    """
    try:
        if is_sealed(folder):
            if damaged := damaged_files(folder):
                raise StoreError(f"向量库 {folder} 的 {len(damaged)} 个文件已损坏（{damaged[0]}）")
            Reservation(folder).renew(MIB)
            break_seal(folder)
        else:
            require_sound(folder, size)
    except OSError as error:
        raise StoreError(f"向量库 {folder} 读不出来：{error}") from error


class Repairing:
    """Makes the index hold exactly the chunks that SQL holds; `done` of `total` missing ones are in it.

    A killed ingest leaves points without a chunk, or with the fields of before; a lost index leaves chunks
    without a point. Documents may change meanwhile, under the lock `changing`. `vectors_of` gives the vectors
    of chunks.
    """

    def __init__(
        self,
        documents: Documents,
        vectors_of: Callable[[Sequence[Chunk]], Vectors],
        changing: AbstractContextManager[object],
    ) -> None:
        self._documents = documents
        self._vectors_of = vectors_of
        self._changing = changing
        self.done = self.total = 0

    def run(self, store: Store, report: Callable[[str], None], is_stopped: Callable[[], bool]) -> None:
        """Remove stray points and embed missing ones, until there are none or `is_stopped`.

        Raises:
            ModelError, StoreError: the model or the index cannot be used.
        """
        before: set[str] = set()
        while missing := self._compare(store):
            if missing == before:
                raise StoreError(f"索引里存不进 {len(missing)} 段，如 {min(missing)}")
            before = missing
            self.done, self.total = 0, len(missing)
            report(f"索引缺 {len(missing)} 段，正在由原文重建……")
            for summary in self._documents.summaries():
                chunks = [chunk for chunk in self._documents.chunks_of(summary.id) if chunk.id_ in missing]
                for start in range(0, len(chunks), _BATCH):
                    if is_stopped():
                        return
                    part = chunks[start : start + _BATCH]
                    self._put(store, summary.id, part)
                    self.done += len(part)
        with self._changing:
            mend_fields(self._documents, store)

    def _compare(self, store: Store) -> set[str]:
        """Remove the points without a chunk; return the ids of the chunks without a point."""
        with self._changing:
            indexed, registered = store.chunk_ids(), self._documents.chunk_ids()
            if stray := indexed - registered:
                store.remove(stray)
            if stray or self.total:
                store.flush()
            return registered - indexed

    def _put(self, store: Store, document_id: str, chunks: Sequence[Chunk]) -> None:
        """Embed chunks of a document and store those that it still has then."""
        vectors = self._vectors_of(chunks)
        with self._changing:
            document = self._documents.get(document_id)
            still = self._documents.chunk_ids_of([document_id])[document_id]
            if document is not None:
                pairs = zip(chunks, vectors, strict=True)
                store.upsert([make_point(document, c, v) for c, v in pairs if c.id_ in still])


def rebuild(documents: Documents, embedder: Embedder, folder: Path) -> Path | None:
    """Rebuild the index in `folder` from SQL; return where the old one was moved, None when there was none.

    The old index stays in place until the new one is complete. A process killed between the two moves leaves
    no index in place; the next start makes one.

    Raises:
        StoreError: the new index cannot be written.
    """
    fresh = folder.with_name(f"{folder.name}.new")
    rmtree(fresh, ignore_errors=True)  # left by a killed rebuild
    store = QdrantEdgeStore(fresh, embedder.size)
    try:
        for summary in documents.summaries():
            refill(documents, store, embedder, summary.id)
    finally:
        store.close()
    set_seal(fresh)
    aside = _move_aside(folder, "replaced") if folder.exists() else None
    fresh.rename(folder)
    return aside


def passage_vectors(embedder: Embedder, chunks: Sequence[Chunk]) -> Vectors:
    """Vectors of `chunks` by the model, in their order; ModelError when it cannot be loaded."""
    return embedder.embed_passages([chunk.indexed_text for chunk in chunks])


def refill(documents: Documents, store: Store, embedder: Embedder, document_id: str) -> None:
    """Embed all chunks of a document and store them, replacing the points that have their ids.

    Raises:
        ModelError, StoreError: the model or the index cannot be used.
    """
    chunks, document = documents.chunks_of(document_id), documents.get(document_id)
    if document is not None:
        vectors = passage_vectors(embedder, chunks)
        store.upsert([make_point(document, c, v) for c, v in zip(chunks, vectors, strict=True)])


def _move_aside(folder: Path, why: str) -> Path:
    """Give `folder` another name; of those moved aside for the same reason only this one stays."""
    for earlier in folder.parent.glob(f"{folder.name}.{why}-*"):
        rmtree(earlier, ignore_errors=True)
    aside = folder.with_name(f"{folder.name}.{why}-{strftime('%Y%m%d-%H%M%S')}")
    folder.rename(aside)
    return aside
