"""ingest(paths, kb): set arithmetic over content hashes, one bad file never stops the rest.

    sources - registered with the same fingerprint = to read; read -> document -> chunks -> vectors -> store.

Replacing a document takes three steps, of which the middle one is the switch that readers see:
new points into the vector store (flushed), document and chunks into SQL in one transaction, stale points
out of the store. A kill between them leaves stray points, which the next start removes (kb.knowledge_base).
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

from ingest.chunk import chunk_document
from ingest.document import build_document
from ingest.progress import Progress
from ingest.read import RawText, read
from ingest.side_file import SideFile, override, read_side_file
from ingest.sources import Failure, Source, document_id_for, find_sources
from kb.errors import DocumentError
from kb.knowledge_base import KnowledgeBase
from kb.models import Chunk, DocumentSummary, Model, PolicyDocument, Status
from kb.store import make_fields, make_point

READING_VERSION = "3"  # raise it when the same file would be read or cut differently
_WINDOW = 192  # chunks embedded together: enough to sort by length, little enough to show progress


class IngestResult(Model):
    """What an ingest did; documents are named by file name (or docs.jsonl id)."""

    created: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    failed: tuple[Failure, ...] = ()
    chunks: int = 0
    seconds: float = 0.0

    def __str__(self) -> str:
        """The operator's sentence."""
        summary = (
            f"新增 {len(self.created)}，更新 {len(self.replaced)}，未变 {len(self.unchanged)}，"
            f"移除 {len(self.removed)}，失败 {len(self.failed)} 份；"
            f"新写入 {self.chunks} 段，用时 {self.seconds:.1f} 秒"
        )
        return "\n".join((summary, *(f"  失败：{f.name}：{f.reason}" for f in self.failed)))


@dataclass
class _Tally:
    """The result in the making."""

    created: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)
    chunks: int = 0


class _Read(Model):
    """A document that has been read and cut, waiting for its vectors."""

    document: PolicyDocument
    chunks: tuple[Chunk, ...]
    fingerprint: str
    name: str


def ingest(
    paths: Sequence[Path], kb: KnowledgeBase, *, prune: bool = False, progress: bool = True
) -> IngestResult:
    """Bring the documents under `paths` into `kb`; with `prune` also drop what has vanished from there.

    Unchanged documents cost one hash. A document that cannot be read is listed in `failed`, and what was
    stored of it before stays.
    """
    start = perf_counter()
    tally = _Tally()
    sources, failures = find_sources(paths)
    tally.failed.extend(failures)
    with Progress(len(sources), enabled=progress) as bar:
        window: list[_Read] = []
        for item in _read_changed(sources, kb, tally, bar):
            window.append(item)
            if sum(len(read_item.chunks) for read_item in window) >= _WINDOW:
                _store(window, kb, tally, bar)
                window = []
        _store(window, kb, tally, bar)
    if prune:
        _prune(paths, sources, kb, tally)
    _mark_older_editions(kb)
    return IngestResult(
        created=tuple(tally.created),
        replaced=tuple(tally.replaced),
        unchanged=tuple(tally.unchanged),
        removed=tuple(tally.removed),
        failed=tuple(tally.failed),
        chunks=tally.chunks,
        seconds=perf_counter() - start,
    )


def _read_changed(
    sources: Iterable[Source], kb: KnowledgeBase, tally: _Tally, bar: Progress
) -> Iterator[_Read]:
    """Each new or changed source, read and cut; the others are tallied."""
    registered = {summary.id: summary for summary in kb.documents.summaries()}
    owners = {summary.id: summary.path for summary in registered.values()}
    for source in sources:
        name = source.document_id or source.name
        try:
            sha256 = source.sha256()
            document_id = document_id_for(source, owners.items())
            known = registered.get(document_id)
            side_file = None if source.text is not None else read_side_file(Path(source.path))
            fingerprint = _fingerprint(source, sha256, side_file, kb)
            if known is not None and known.fingerprint == fingerprint and known.path == source.path:
                tally.unchanged.append(name)
                bar.skip()
                continue
            _refuse_foreign_id(source, owners.get(document_id))
            document = _read(source, document_id, sha256)
            if side_file is not None:
                document = override(document, side_file)
            yield _cut(document, name, fingerprint, kb)
            owners[document_id] = source.path
        except DocumentError as error:
            tally.failed.append(Failure(name=name, reason=str(error)))
            bar.skip()


def _fingerprint(source: Source, sha256: str, side_file: SideFile | None, kb: KnowledgeBase) -> str:
    """Changes whenever what is stored would: content, side file, reading code, embedding model."""
    overridden = side_file.model_dump_json() if side_file is not None else ""
    parts = (sha256, source.title or "", overridden, READING_VERSION, kb.embedder.name)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _refuse_foreign_id(source: Source, owner: str | None) -> None:
    """A docs.jsonl may not take over the id of a document that comes from elsewhere."""
    if owner is not None and source.document_id and owner != source.path and Path(owner).exists():
        raise DocumentError(f"编号 {source.document_id} 已被 {owner} 占用；请改用别的 doc_id")


def _read(source: Source, document_id: str, sha256: str) -> PolicyDocument:
    raw = RawText(text=source.text) if source.text is not None else read(Path(source.path))
    return build_document(
        raw,
        source=source.document_id or source.name,
        path=source.path,
        sha256=sha256,
        document_id=document_id,
        title=source.title,
    )


def _cut(document: PolicyDocument, name: str, fingerprint: str, kb: KnowledgeBase) -> _Read:
    chunks = chunk_document(document, kb.embedder.count_tokens)
    if not chunks:
        raise DocumentError("没有正文")
    return _Read(document=document, chunks=tuple(chunks), fingerprint=fingerprint, name=name)


def _store(window: Sequence[_Read], kb: KnowledgeBase, tally: _Tally, bar: Progress) -> None:
    """Embed what is new in the window, then switch its documents over one by one."""
    before = {item.document.id: kb.documents.chunk_ids(item.document.id) for item in window}
    fresh = [
        (item.document, chunk)
        for item in window
        for chunk in item.chunks
        if chunk.id_ not in before[item.document.id]
    ]
    vectors = kb.embedder.embed_passages([chunk.indexed_text for _, chunk in fresh])
    kb.store.upsert([make_point(*pair, vector) for pair, vector in zip(fresh, vectors, strict=True)])
    kb.store.flush()
    for item in window:
        old = before[item.document.id]
        kept = [chunk for chunk in item.chunks if chunk.id_ in old]
        kb.documents.replace(item.document, item.chunks, item.fingerprint)
        kb.store.set_fields({chunk.id_: make_fields(item.document, chunk) for chunk in kept})
        kb.store.remove(old - {chunk.id_ for chunk in item.chunks})
        (tally.replaced if old else tally.created).append(item.name)
        bar.done(item.name, len(item.chunks))
    tally.chunks += len(fresh)


def _prune(paths: Sequence[Path], sources: Sequence[Source], kb: KnowledgeBase, tally: _Tally) -> None:
    """Drop registered documents from under `paths` that are no longer among the sources."""
    roots = [path.resolve() for path in paths]
    files = {source.path for source in sources if source.document_id is None}
    lines = {source.document_id for source in sources if source.document_id is not None}
    for summary in kb.documents.summaries():
        path = Path(summary.path)
        under = any(path == root or root in path.parents for root in roots)
        if under and summary.path not in files and summary.id not in lines:
            stale = kb.documents.chunk_ids(summary.id)
            kb.documents.remove(summary.id)
            kb.store.remove(stale)
            tally.removed.append(summary.source)


def _mark_older_editions(kb: KnowledgeBase) -> None:
    """Of documents with the same title the newest stays in force, the others count as amended (已修改)."""
    editions: dict[str, list[DocumentSummary]] = defaultdict(list)
    for summary in kb.documents.summaries():
        if summary.dated is not None and summary.status in (Status.IN_FORCE, Status.AMENDED):
            editions[summary.title].append(summary)
    for same_title in editions.values():
        newest = max(summary.dated for summary in same_title if summary.dated is not None)
        for summary in same_title:
            status = Status.IN_FORCE if summary.dated == newest else Status.AMENDED
            if summary.status is not status:
                _set_status(summary.id, status, kb)


def _set_status(document_id: str, status: Status, kb: KnowledgeBase) -> None:
    kb.documents.set_status(document_id, status)
    document = kb.documents.get(document_id)
    if document is not None:
        chunks = kb.documents.chunks_of(document_id)
        kb.store.set_fields({chunk.id_: make_fields(document, chunk) for chunk in chunks})
