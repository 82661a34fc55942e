"""ingest(paths, kb): bring in everything under the paths; a bad file never stops the rest.

    plan -> reading processes -> embedding thread -> switch

The last three work at the same time, a window of chunks apart: while one window is embedded, the one before
it is stored and the one after it is read. `kb.ingesting` is held for a window at a time, so that staff who
correct a document wait for seconds, not for the whole folder. A kill loses only windows not yet stored.

Edits by staff (kb.storage.document_edits) are applied here too: a corrected document stays corrected, a
removed one stays out.

Of several processes that ingest the same folder each takes the sources that no other has taken
(ingest.pipeline.claims); at the end it waits for the others, and takes over what one of them left undone.
"""

import ctypes
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing
from datetime import date
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

from ingest.pipeline.claims import Claims
from ingest.pipeline.plan import Plan, Work, make_plan
from ingest.pipeline.process_pool import Readers, process_count
from ingest.pipeline.progress import Progress
from ingest.pipeline.reading import Reading, correction_of
from ingest.pipeline.result import FileOutcome, IngestResult, ResultRow, failed_row, read_row, rows_of
from ingest.pipeline.storing import embed_fresh, remove, settle_validity, switch
from kb.commands.terminal import Console, Silence, Terminal
from kb.embedding.embedder import Vectors
from kb.errors import DocumentError
from kb.knowledge_base import KnowledgeBase
from kb.storage.document_edits import DocumentEdit

_WINDOW = 192  # chunks embedded together: enough to sort by length, few enough to lose in a kill
_FIRST_WINDOW = 32  # chunks of the first window: few, so that embedding starts at once
_AHEAD = 3  # sources handed out for each reading process: enough that none idles, few enough for memory


class _Read(NamedTuple):
    """A source after reading: its document, or the reason why there is none, and the seconds it took."""

    work: Work
    reading: Reading | None
    reason: str
    seconds: float


def ingest(
    paths: Sequence[Path],
    kb: KnowledgeBase,
    *,
    prune: bool = False,
    progress: bool = True,
    terminal: Terminal | None = None,
) -> IngestResult:
    """Bring the documents under `paths` into `kb`; with `prune` also remove those that have vanished there.

    An unchanged document costs one hash. A document that cannot be read is listed in `failed`, and its stored
    version stays. The ingest ends early when `terminal` is stopped; every stored document is then complete.
    """
    if terminal is not None:
        return _ingest(paths, kb, prune, terminal)
    if not progress:
        return _ingest(paths, kb, prune, Silence())
    console = Console()
    with console.shown():
        return _ingest(paths, kb, prune, console)


def _ingest(paths: Sequence[Path], kb: KnowledgeBase, prune: bool, terminal: Terminal) -> IngestResult:
    start = perf_counter()
    before = _states(kb)
    plan = make_plan(paths, kb.storage.documents.summaries(), kb.storage.edits.all(), kb.embedder.name, prune)
    claims = Claims(kb.storage)
    rows: list[ResultRow] = []
    left = plan
    while left.work:
        run = _Run(kb, left, terminal, claims)
        run.store_all()
        rows += run.rows
        left = left.model_copy(update={"work": claims.others_work(lambda: terminal.stopped)})
    plan = plan.model_copy(update={"unchanged": (*plan.unchanged, *claims.done_by_others)})
    with kb.storage.ingesting:
        removed = [] if terminal.stopped else _remove(plan, kb)
        inferred = settle_validity(kb, date.today())
        if removed or inferred or any(row.outcome is not FileOutcome.FAILED for row in rows):
            kb.faq.life.review()
        kb.faq.life.review({document_id for document_id, _ in before ^ _states(kb)})
    return IngestResult.of((*rows, *removed, *rows_of(plan)), perf_counter() - start, terminal.stopped)


class _Run:
    """Carries out a plan; `rows` are its results so far."""

    def __init__(self, kb: KnowledgeBase, plan: Plan, terminal: Terminal, claims: Claims) -> None:
        self.rows: list[ResultRow] = []
        self._kb = kb
        self._claims = claims
        self._work = {work.task.document_id: work for work in plan.work}
        self._given_up = False
        self._terminal = terminal
        self._progress = Progress({key: work.size for key, work in self._work.items()}, terminal)

    def store_all(self) -> None:
        """Read, embed and store everything in the plan."""
        # Two threads, so that the next window's batches are ready when a window runs out of them.
        with (
            closing(self._claims),
            ThreadPoolExecutor(2, "window") as embedding,
            closing(self._windows()) as windows,
        ):
            try:
                self._store(windows, embedding)
            except BaseException:
                self._given_up = True  # the vectors are no longer needed
                raise

    def _store(self, windows: Iterator[list[_Read]], embedding: ThreadPoolExecutor) -> None:
        waiting: tuple[list[_Read], Future[dict[str, Vectors]]] | None = None
        for window in windows:
            readings = [item.reading for item in window if item.reading]
            following = window, embedding.submit(embed_fresh, readings, self._kb, self._check)
            if waiting:
                self._switch(*waiting)
            waiting = following
        if waiting:
            self._switch(*waiting)

    def _check(self, _done: int, _of: int) -> None:
        """Called between two batches of an embedding; ends it when its vectors are no longer needed."""
        if self._given_up:
            raise InterruptedError

    def _windows(self) -> Generator[list[_Read]]:
        """The read documents in windows, each with enough chunks to embed together."""
        window: list[_Read] = []
        chunks, enough = 0, _FIRST_WINDOW
        for item in self._read_all():
            if item.reading is None:
                self._fail(item, item.reason)
                continue
            window.append(item)
            chunks += len(item.reading.chunks)
            if chunks >= enough:
                yield window
                window, chunks, enough = [], 0, _WINDOW
        if window:
            yield window

    def _read_all(self) -> Iterator[_Read]:
        """Yield every source of the plan as soon as it is read; a few are read ahead."""
        work = filter(self._is_mine, self._work.values())
        if not self._work:
            return
        count = process_count()
        # The processes are ended before the threads that wait for them.
        with (
            ThreadPoolExecutor(count, "reading") as threads,
            Readers(count, self._kb.embedder.count_tokens) as readers,
        ):
            running: set[Future[_Read]] = set()
            while not self._terminal.stopped:
                for item in islice(work, _AHEAD * count - len(running)):
                    running.add(threads.submit(self._read, item, readers))
                if not running:
                    return
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
            threads.shutdown(wait=False, cancel_futures=True)

    def _is_mine(self, work: Work) -> bool:
        """Whether this process brings in the source; another one then does not."""
        try:
            is_mine = self._claims.take(work)
        except DocumentError as error:
            self._fail(_Read(work, None, "", 0.0), str(error))
            return False
        if not is_mine:
            self._progress.failed(work.task.document_id)
        return is_mine

    def _read(self, work: Work, readers: Readers) -> _Read:
        start = perf_counter()
        try:
            reading = readers.read(work.task, work.name, work.fingerprint)
        except DocumentError as error:
            return _Read(work, None, str(error), perf_counter() - start)
        return _Read(work, reading, "", perf_counter() - start)

    def _switch(self, window: Sequence[_Read], vectors: Future[dict[str, Vectors]]) -> None:
        """Store a window, except documents that staff edited while the window was read."""
        chunk_vectors = vectors.result()
        with self._kb.storage.ingesting:
            edits = self._kb.storage.edits.all()
            holds = [_holds(item.work, edits) for item in window]
            ready = [item for item, holding in zip(window, holds, strict=True) if holding]
            stored = switch([item.reading for item in ready if item.reading], chunk_vectors, self._kb)
        for item, stored_one in zip(ready, stored, strict=True):
            assert item.reading is not None
            outcome = FileOutcome.CREATED if stored_one.is_new else FileOutcome.REPLACED
            self.rows.append(read_row(item.reading, outcome, stored_one.fresh, item.seconds))
            self._progress.done(stored_one.document_id, stored_one.name, stored_one.chunks)
            self._claims.give(stored_one.document_id)
        give_back_memory()
        for item, holding in zip(window, holds, strict=True):
            if not holding:
                self._fail(item, "导入过程中有人修改了这份文件的信息，本次没有更新；请再导入一次")

    def _fail(self, item: _Read, reason: str) -> None:
        self.rows.append(failed_row(item.work.name, item.work.task.source.path, reason, item.seconds))
        self._progress.failed(item.work.task.document_id)
        self._claims.give(item.work.task.document_id)


def give_back_memory() -> None:
    """Return freed memory to the system; glibc keeps it for each thread: 90 MiB after 150 documents."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # other C libraries have none
    if trim is not None:
        trim(0)


def _holds(work: Work, edits: Mapping[str, DocumentEdit]) -> bool:
    """Whether a document's edits are still those with which it was read."""
    edit = edits.get(work.task.document_id)
    if edit is not None and edit.removed:
        return False
    return correction_of(work.task.source, edit.correction if edit else None) == work.task.correction


def _remove(plan: Plan, kb: KnowledgeBase) -> list[ResultRow]:
    """Remove the vanished documents; one row for each."""
    for summary in plan.vanished:
        remove(summary.id, kb)
    return [
        ResultRow(name=summary.source, path=summary.path, outcome=FileOutcome.REMOVED)
        for summary in plan.vanished
    ]


def _states(kb: KnowledgeBase) -> set[tuple[str, str]]:
    """Each document's id with a text that changes when its content or its validity does."""
    return {
        (summary.id, f"{summary.fingerprint} {summary.status}")
        for summary in kb.storage.documents.summaries()
    }
