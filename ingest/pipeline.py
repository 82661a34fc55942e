"""ingest(paths, kb): set arithmetic over content hashes, one bad file never stops the rest.

    sources - registered with the same fingerprint = to read; read -> document -> chunks -> vectors -> store.

Reading is in ingest.reading, the switch to the new version in ingest.storing. What staff said about documents
(kb.document_edits) holds here as well: a corrected document stays corrected, a removed one stays out.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from time import perf_counter

from ingest.progress import Progress
from ingest.reading import Reading, correction_of, fingerprint_of, read_source
from ingest.sources import Failure, Source, document_id_for, find_sources
from ingest.storing import remove, settle_validity, store
from kb.errors import DocumentError
from kb.knowledge_base import KnowledgeBase
from kb.models import Model

_WINDOW = 192  # chunks embedded together: enough to sort by length, little enough to show progress


class IngestResult(Model):
    """What an ingest did; documents are named by file name (or docs.jsonl id)."""

    created: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()  # removed by staff: not read
    failed: tuple[Failure, ...] = ()
    chunks: int = 0
    seconds: float = 0.0

    def __str__(self) -> str:
        """The operator's sentence."""
        withheld = f"管理员已移除而不导入 {len(self.withheld)}，" if self.withheld else ""
        summary = (
            f"新增 {len(self.created)}，更新 {len(self.replaced)}，未变 {len(self.unchanged)}，"
            f"移除 {len(self.removed)}，{withheld}失败 {len(self.failed)} 份；"
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
    withheld: list[str] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)
    chunks: int = 0


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
    with kb.ingesting, Progress(len(sources), enabled=progress) as bar:
        before = _states(kb)
        window: list[Reading] = []
        for item in _read_changed(sources, kb, tally, bar):
            window.append(item)
            if sum(len(read_item.chunks) for read_item in window) >= _WINDOW:
                _store(window, kb, tally, bar)
                window = []
        _store(window, kb, tally, bar)
        if prune:
            _prune(paths, sources, kb, tally)
        inferred = settle_validity(kb, date.today())
        if tally.created or tally.replaced or tally.removed or inferred:
            kb.faq_life.review()
        kb.faq_life.review({document_id for document_id, _ in before ^ _states(kb)})
    return IngestResult(
        created=tuple(tally.created),
        replaced=tuple(tally.replaced),
        unchanged=tuple(tally.unchanged),
        removed=tuple(tally.removed),
        withheld=tuple(tally.withheld),
        failed=tuple(tally.failed),
        chunks=tally.chunks,
        seconds=perf_counter() - start,
    )


def _states(kb: KnowledgeBase) -> set[tuple[str, str]]:
    """Every document with what changes when its text or its validity does."""
    return {(each.id, f"{each.fingerprint} {each.status}") for each in kb.documents.summaries()}


def _read_changed(
    sources: Iterable[Source], kb: KnowledgeBase, tally: _Tally, bar: Progress
) -> Iterator[Reading]:
    """Each new or changed source, read and cut; the others are tallied."""
    edits = kb.document_edits.all()
    registered = {summary.id: summary for summary in kb.documents.summaries()}
    owners = {summary.id: summary.path for summary in registered.values()}
    for source in sources:
        name = source.document_id or source.name
        try:
            sha256 = source.sha256()
            document_id = document_id_for(source, owners.items())
            known, edit = registered.get(document_id), edits.get(document_id)
            if edit is not None and edit.removed:
                tally.withheld.append(name)
                bar.skip()
                continue
            correction = correction_of(source, edit.correction if edit else None)
            fingerprint = fingerprint_of(sha256, source.title, correction, kb.embedder)
            if known is not None and known.fingerprint == fingerprint and known.path == source.path:
                tally.unchanged.append(name)
                bar.skip()
                continue
            _refuse_foreign_id(source, owners.get(document_id))
            yield read_source(source, document_id, sha256, correction, kb.embedder)
            owners[document_id] = source.path
        except DocumentError as error:
            tally.failed.append(Failure(name=name, reason=str(error)))
            bar.skip()


def _refuse_foreign_id(source: Source, owner: str | None) -> None:
    """A docs.jsonl may not take over the id of a document that comes from elsewhere."""
    if owner is not None and source.document_id and owner != source.path and Path(owner).exists():
        raise DocumentError(f"编号 {source.document_id} 已被 {owner} 占用；请改用别的 doc_id")


def _store(window: Sequence[Reading], kb: KnowledgeBase, tally: _Tally, bar: Progress) -> None:
    """Store a window of readings and tally them."""
    for stored in store(window, kb):
        (tally.created if stored.is_new else tally.replaced).append(stored.name)
        tally.chunks += stored.fresh
        bar.done(stored.name, stored.chunks)


def _prune(paths: Sequence[Path], sources: Sequence[Source], kb: KnowledgeBase, tally: _Tally) -> None:
    """Drop registered documents from under `paths` that are no longer among the sources."""
    roots = [path.resolve() for path in paths]
    files = {source.path for source in sources if source.document_id is None}
    lines = {source.document_id for source in sources if source.document_id is not None}
    for summary in kb.documents.summaries():
        path = Path(summary.path)
        under = any(path == root or root in path.parents for root in roots)
        if under and summary.path not in files and summary.id not in lines:
            remove(summary.id, kb)
            tally.removed.append(summary.source)
