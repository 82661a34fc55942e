"""Opens, repairs and rebuilds the vector store in KB_HOME/index from the chunks that SQL holds."""

import hashlib
from collections.abc import Callable, Set
from pathlib import Path
from shutil import rmtree
from time import strftime

from kb.embedding.embedder import Embedder
from kb.errors import StoreError
from kb.retrieval.filter_fields import mend_fields
from kb.retrieval.qdrant_edge import QdrantEdgeStore
from kb.retrieval.store import Store, make_point
from kb.settings import Settings
from kb.storage.documents import Documents

INDEX_VERSION = "1"  # raise it when the same chunk would be stored differently


def index_folder(settings: Settings) -> Path:
    """Folder of the index; each model and INDEX_VERSION has its own, so vectors of two models never mix."""
    key = f"{settings.embed_model}\0{INDEX_VERSION}"
    name = f"{Path(settings.embed_model).name}-{hashlib.sha256(key.encode()).hexdigest()[:8]}"
    return settings.home / "index" / name


def open_index(folder: Path, size: int, report: Callable[[str], None]) -> Store:
    """The index in `folder`; a damaged one is moved aside for an empty one, which `repair` fills from SQL."""
    try:
        return QdrantEdgeStore(folder, size)
    except StoreError as error:
        if not folder.exists():
            raise
        aside = _move_aside(folder, "damaged")
        report(f"{error}；已移到 {aside}，正在重建")
        return QdrantEdgeStore(folder, size)


def repair(documents: Documents, store: Store, embedder: Embedder, report: Callable[[str], None]) -> None:
    """Make the index hold exactly the chunks that SQL holds, with the fields that SQL has.

    A killed ingest leaves points without a chunk, or with the fields of before; a lost index leaves chunks
    without a point.
    """
    indexed, registered = store.chunk_ids(), documents.chunk_ids()
    stray, missing = indexed - registered, registered - indexed
    if stray:
        store.remove(stray)
    if missing:
        report(f"索引缺 {len(missing)} 段，正在由原文重建……")
        _fill(documents, store, embedder, missing)
    if stray or missing:
        store.flush()
    mend_fields(documents, store)


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
        _fill(documents, store, embedder, documents.chunk_ids())
    finally:
        store.close()
    aside = _move_aside(folder, "replaced") if folder.exists() else None
    fresh.rename(folder)
    return aside


def refill(documents: Documents, store: Store, embedder: Embedder, document_id: str) -> None:
    """Embed all chunks of a document and store them, replacing the points that have their ids.

    Raises:
        ModelError, StoreError: the model or the index cannot be used.
    """
    _put(documents, store, embedder, document_id, documents.chunk_ids_of([document_id])[document_id])


def _fill(documents: Documents, store: Store, embedder: Embedder, wanted: Set[str]) -> None:
    """Embed the chunks with ids in `wanted` and store them, one document at a time."""
    for summary in documents.summaries():
        _put(documents, store, embedder, summary.id, wanted)


def _put(documents: Documents, store: Store, embedder: Embedder, document_id: str, wanted: Set[str]) -> None:
    chunks = [chunk for chunk in documents.chunks_of(document_id) if chunk.id_ in wanted]
    document = documents.get(document_id) if chunks else None
    if document is not None:
        vectors = embedder.embed_passages([chunk.indexed_text for chunk in chunks])
        store.upsert([make_point(document, c, v) for c, v in zip(chunks, vectors, strict=True)])


def _move_aside(folder: Path, why: str) -> Path:
    aside = folder.with_name(f"{folder.name}.{why}-{strftime('%Y%m%d-%H%M%S')}")
    folder.rename(aside)
    return aside
