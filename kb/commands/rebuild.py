"""Work on a whole knowledge base: rebuild, back up, restore.

Rebuilt is what comes from SQL: the vector index and the vectors of approved entries. This is for an index
that opens but is suspect (a wrong disk, a copied folder); what is merely missing is repaired at each start
(kb.retrieval.index.Repairing).
"""

import shutil
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine

from kb.citizens.journal import Journal
from kb.citizens.left_questions import Questions
from kb.commands.backup import Manifest, restore_backup, write_backup
from kb.commands.terminal import ProgressStep, Terminal
from kb.faq.entries import FaqEntries
from kb.faq.vectors import FaqVectors
from kb.knowledge_base import KnowledgeBase, load_embedder
from kb.language.tokens import TERMS
from kb.models import Model, Signal
from kb.queue.grouping import purge_groups
from kb.retention import Purged, purge, wipe_owed
from kb.retrieval.index import drop_copies, index_folder, refill
from kb.retrieval.parts import rebuild_index
from kb.retrieval.shared.chunk_vectors import ChunkVectors
from kb.settings import Settings
from kb.staff.audit import Audit
from kb.storage.catalogue import fill
from kb.storage.database import transaction
from kb.storage.documents import Documents
from kb.storage.home import HomeLock
from kb.storage.parts import connect, open_sql


class Rebuilt(Model):
    """What was rebuilt; `moved_to`: folder or collection of the former index, which may be deleted."""

    documents: int
    chunks: int
    wordings: int  # of approved entries
    moved_to: str | None

    def __str__(self) -> str:
        counts = f"已重建索引：文件 {self.documents} 份，段落 {self.chunks} 段，问法 {self.wordings} 条"
        return counts + (f"；原来的索引在 {self.moved_to}，可以删除" if self.moved_to else "")


def rebuild_all(settings: Settings, report: Callable[[str], None]) -> Rebuilt:
    """Rebuild the index and the vectors from SQL; `report` is told in Chinese what takes long.

    Raises:
        HomeInUseError: another process has the knowledge base open.
        SettingsError, ModelError, StoreError: there is no knowledge base, or the model or the disk fails.
    """
    with open_sql(settings) as engine, HomeLock(settings.home):
        fill(engine, report, anew=True)
        documents = Documents(engine, TERMS[Signal.WORD])
        embedder = load_embedder(settings, report)
        report(f"正在由原文重建 {documents.chunk_count()} 段的索引……")
        drop_copies(settings)
        if settings.database_url is not None:
            ChunkVectors(engine, embedder, index_folder(settings).name).forget()
        aside = rebuild_index(settings, documents, embedder, lambda done, total: None)
        report("正在重新计算常见问答的向量……")
        vectors = FaqVectors(engine, settings.embed_model, embedder.embed_queries)
        wordings = [words for entry in FaqEntries(engine).approved() for words in entry.wordings]
        return Rebuilt(
            documents=len(documents.summaries()),
            chunks=documents.chunk_count(),
            wordings=_vectors_anew(vectors, wordings, documents),
            moved_to=aside,
        )


def _vectors_anew(vectors: FaqVectors, wordings: Sequence[str], documents: Documents) -> int:
    """Compute the vectors of entries' `wordings` and of known questions again; the number of the former."""
    count = vectors.rebuild(wordings)
    vectors([words for chunk in documents.asked() for words in chunk.questions])
    return count


def rebuild_open(kb: KnowledgeBase, terminal: Terminal) -> Rebuilt:
    """Write every point and every vector again in a knowledge base that goes on answering.

    An index in KB_HOME stays in its folder, so this mends wrong points, not a damaged folder; if stopped
    early, the documents done so far are mended. One on a server is built anew beside the one in use, and
    switched in when it is whole.

    Raises:
        ModelError, StoreError: the model or the disk cannot be used.
    """
    total = len(kb.storage.documents.summaries())

    def step(done: int, total: int) -> None:
        note = f"{done}/{total} 份"
        terminal.step(ProgressStep(what="重建索引", share=done / total, note=note))

    former = None
    if kb.retrieval.server is None:
        _rewrite(kb, terminal, step)
    else:
        former = kb.retrieval.server.rebuild(
            kb.storage.documents,
            kb.embedder,
            step,
            changing=kb.storage.ingesting,
            is_stopped=lambda: terminal.stopped,
        )
    entries = kb.faq.entries.approved()
    spoken = [words for entry in entries for words in entry.wordings]
    wordings = _vectors_anew(kb.faq.vectors, spoken, kb.storage.documents)
    kb.faq.matcher.replace(entries)
    chunks = kb.storage.documents.chunk_count()
    return Rebuilt(documents=total, chunks=chunks, wordings=wordings, moved_to=former)


def _rewrite(kb: KnowledgeBase, terminal: Terminal, step: Callable[[int, int], None]) -> None:
    """Write every point of the open index again, until the terminal is stopped."""
    summaries = kb.storage.documents.summaries()
    for done, summary in enumerate(summaries, start=1):
        if terminal.stopped:
            break
        with kb.storage.ingesting:
            refill(kb.storage.documents, kb.retrieval.store, kb.embedder, summary.id)
        step(done, len(summaries))
    with kb.storage.ingesting:
        kb.retrieval.store.remove(kb.retrieval.store.chunk_ids() - kb.storage.documents.chunk_ids())
        kb.retrieval.store.flush()


def backup_home(settings: Settings, file: Path, now: datetime) -> Manifest:
    """Write the whole database to `file`; the service may run.

    Raises:
        DatasetError: the file cannot be written, or exists already.
        SettingsError, StoreError: there is no knowledge base, or it cannot be read.
    """
    with open_sql(settings) as engine:
        return write_backup(engine, file, now, settings.retention_days)


class Restored(Model):
    """The manifest of a restored backup, its age, and what was deleted because its time was over."""

    manifest: Manifest
    age_days: int
    purged: Purged


def restore_home(settings: Settings, file: Path, replace: bool, now: datetime) -> Restored:
    """Replace the whole database by what `file` holds, all or nothing; then delete what should be gone.

    The index is deleted: filters look at fields of its points that the restored documents may not have.

    Raises:
        HomeInUseError: another process has the knowledge base open.
        DatasetError: the file is no whole backup, or, without `replace`, the database is not empty.
        SettingsError, StoreError: the database cannot be opened or written.
    """

    def drop_index() -> None:
        shutil.rmtree(settings.home / "index", ignore_errors=True)
        drop_copies(settings)

    with HomeLock(settings.home):
        engine = connect(settings)
        try:
            manifest = restore_backup(engine, file, replace, drop_index)
            purged = _purge(engine, settings, now)
        finally:
            engine.dispose()
    return Restored(manifest=manifest, age_days=manifest.age_days(now), purged=purged)


def _purge(engine: Engine, settings: Settings, now: datetime) -> Purged:
    """Delete the words of citizens whose time is over, in a database that nobody else has open."""
    before = now - timedelta(days=settings.retention_days)

    def groups(until: datetime) -> None:
        with transaction(engine) as connection:
            purge_groups(connection, until)

    purged = purge(
        engine,
        journal=Journal(engine),
        questions=Questions(engine, settings.reply_days),
        purge_groups=groups,
        audit=Audit(engine),
        embed_model=settings.embed_model,
        before=before,
        now=now,
    )
    wipe_owed(engine)
    return purged
