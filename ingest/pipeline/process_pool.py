"""Read and cut documents in separate, watched processes, several at once: a hostile one ends only its own.

A process that takes too long for a page or for a whole file, or that dies, is replaced, and the file it was
reading is refused with a reason. Every text goes this way, the shortest note as well: patterns search it, and
in this process a pattern that does not end would hold Python's lock, and with it the service.
"""

import atexit
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic
from types import TracebackType

from ingest.limits import LIMITS, Limits, megabytes
from ingest.pipeline.reading import Reading, fingerprint_of
from ingest.pipeline.reading_process import COUNT, WORK, CountTokens, ReadReply, Task
from ingest.sources.source import Source, size_of
from kb.embedding.embedder import Embedder
from kb.errors import DocumentError
from kb.files.limited_process import last_line
from kb.hits import Chunk
from kb.models import Correction, PolicyDocument

_MOST_PROCESSES = 4
_KEEP_SECONDS = 60.0
_MOST_IN_LINE = 8
_MOST_REPLY_BYTES = 200_000_000  # a document at all limits takes a tenth


class _LostError(Exception):
    """A reading process can no longer be used; the message says why."""


class _Process:
    """One reading process and the connection to it."""

    def __init__(self, limits: Limits) -> None:
        ours, theirs = multiprocessing.Pipe()
        command = [
            sys.executable,
            "-m",
            "ingest.pipeline.reading_process",
            str(theirs.fileno()),
            str(limits.memory_bytes),
        ]
        self._connection = ours
        self._is_worn = False
        self._lock = threading.Lock()  # once one thread has waited for it, its id may be another's
        self.limits = limits
        self._words = tempfile.TemporaryFile()  # noqa: SIM115 (its standard error, read after it has died)
        self._running = subprocess.Popen(
            command,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._words,
            start_new_session=True,  # Ctrl-C does not reach it, and its children can be ended with it
            cwd=Path(__file__).parents[2],  # the package's folder, in case it is not installed
        )
        theirs.close()

    def read(self, work: Task | PolicyDocument, count_tokens: CountTokens) -> ReadReply:
        """The reply to `work`; `count_tokens` answers what the process asks.

        Raises:
            _LostError: the process died or was too slow, and can no longer be used.
        """
        seconds = self.limits.seconds_for(_size(work))
        deadline = monotonic() + seconds
        try:
            self._connection.send_bytes(WORK.dump_json(work, exclude_unset=True))
            while self._connection.poll(min(self.limits.step_seconds, max(0.0, deadline - monotonic()))):
                content = self._connection.recv_bytes(_MOST_REPLY_BYTES)
                if content.startswith(COUNT):
                    self._connection.send_bytes(b"%d" % count_tokens(content[len(COUNT) :].decode()))
                elif content:
                    reply = ReadReply.model_validate_json(content)
                    self._is_worn = reply.worn
                    return reply
        except (EOFError, OSError) as error:
            size = megabytes(self.limits.memory_bytes)
            raise _LostError(
                f"读这份文件时程序崩溃或内存超过 {size}{self._last_words()}，已跳过；请重新另存或拆分后再导入"
            ) from error
        if monotonic() >= deadline:
            raise _LostError(f"读了 {seconds:.0f} 秒还没有读完，已放弃；请重新另存或拆分后再导入")
        step = f"{self.limits.step_seconds:.0f}"
        raise _LostError(f"读了 {step} 秒还没有读完一页，已放弃；请重新另存或拆分后再导入")

    @property
    def is_worn(self) -> bool:
        """Whether it should not read another file, or cannot, because it has ended."""
        with self._lock:
            return self._is_worn or self._running.poll() is not None

    def kill(self) -> None:
        """Kill the process and its children; whoever reads from it meets the end of its connection."""
        with self._lock:
            if self._running.returncode is None:  # not waited for yet: the id still belongs to it
                with suppress(ProcessLookupError):
                    os.killpg(self._running.pid, signal.SIGKILL)
                self._running.wait()

    def end(self) -> None:
        """Kill it and close its connection.

        subtle: only the thread that reads from it may, or the one that holds it idle. The number of a
        connection closed under its reader goes to the next socket or file of this service, and the reader
        would read from that, or close it again.
        """
        self.kill()
        self._connection.close()
        self._words.close()

    def _last_words(self) -> str:
        """The last line of its standard error, in brackets: for a Python exception its type and message."""
        self._words.seek(0)
        return last_line(self._words.read())


class _Kept:
    """Idle processes, kept for a minute for the next reading, because a new one takes a second to start."""

    def __init__(self) -> None:
        self._idle: list[_Process] = []
        self._lock = threading.Lock()
        self._expiry: threading.Timer | None = None
        # subtle: a process ends with the thread that started it (PR_SET_PDEATHSIG), so one thread starts all.
        self._starter = ThreadPoolExecutor(1, "reader-starter")
        atexit.register(self.end_all)

    def take(self, limits: Limits) -> _Process:
        """A process with these limits, a kept one if there is one."""
        with self._lock:
            fitting = next((p for p in self._idle if p.limits == limits and not p.is_worn), None)
            if fitting is not None:
                self._idle.remove(fitting)
                return fitting
        return self._starter.submit(_Process, limits).result()

    def give(self, process: _Process) -> None:
        """Keep `process`, which has nothing to do, in place of the oldest; end it when it is worn."""
        with self._lock:
            if process.is_worn:
                process.end()
                return
            self._idle.append(process)
            if len(self._idle) > process_count():
                self._idle.pop(0).end()
            if self._expiry is not None:
                self._expiry.cancel()
            self._expiry = threading.Timer(_KEEP_SECONDS, self.end_all)
            self._expiry.daemon = True
            self._expiry.start()

    def end_all(self) -> None:
        """End the kept processes."""
        with self._lock:
            for process in self._idle:
                process.end()
            self._idle.clear()


class Readers:
    """Reads up to `count` documents at once; any thread may call `read`. A context manager: `close` ends it.

    `count_tokens` gives the tokens the embedding model sees for a text.
    """

    def __init__(self, count: int, count_tokens: CountTokens, limits: Limits = LIMITS) -> None:
        self._count_tokens = count_tokens
        self._limits = limits
        self._turns = threading.BoundedSemaphore(count)
        self._at_work: set[_Process] = set()
        self._lock = threading.Lock()
        self._closed = False

    def read(self, work: Task | PolicyDocument, name: str = "", fingerprint: str = "") -> Reading:
        """The document in a source, or the one given, cut into chunks.

        Raises:
            DocumentError: it cannot be read, has no text, or took too much time or memory.
        """
        with self._turns, self._process() as process:
            reply = process.read(work, self._count_tokens)
        if reply.document is None:
            raise DocumentError(reply.refused or "读不出来")
        chunks = tuple(map(Chunk.of, reply.stretches))
        return Reading(document=reply.document, chunks=chunks, fingerprint=fingerprint, name=name)

    def close(self) -> None:
        """End the processes at work; a `read` that still waits for its turn raises DocumentError."""
        with self._lock:
            self._closed = True
            for process in self._at_work:
                process.kill()

    @contextmanager
    def _process(self) -> Iterator[_Process]:
        """A process for one reading; kept for the next one, or ended where this one failed."""
        with self._lock:
            if self._closed:
                raise DocumentError("导入已停止，没有读")
            process = _kept.take(self._limits)
            self._at_work.add(process)
        try:
            yield process
        except BaseException as error:
            process.end()  # it may still be at work, or wait for an answer
            if isinstance(error, _LostError):
                raise DocumentError(str(error)) from error
            raise
        finally:
            with self._lock:
                self._at_work.remove(process)
                _kept.give(process)

    def __enter__(self) -> "Readers":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def process_count() -> int:
    """How many files are read at once: at most four, and no more than there are processors."""
    return min(_MOST_PROCESSES, os.cpu_count() or 1)


_kept = _Kept()
# All requests of staff together read this many documents at once, besides an ingest; more of them wait, but
# only a few, because each that waits occupies one of the service's threads.
_turns = threading.BoundedSemaphore(process_count())
_in_line = threading.BoundedSemaphore(_MOST_IN_LINE)


def read_one(source: Source, document_id: str, correction: Correction, embedder: Embedder) -> Reading:
    """Read and cut a single source for staff, as an ingest would.

    Raises:
        DocumentError: the source cannot be read, or has no text, or too many others are being read.
    """
    sha256 = source.sha256()
    task = Task(source=source, document_id=document_id, sha256=sha256, correction=correction)
    fingerprint = fingerprint_of(sha256, source.title, correction, embedder.name)
    return _read_for_staff(task, source.document_id or source.name, fingerprint, embedder)


def cut_one(document: PolicyDocument, name: str, fingerprint: str, embedder: Embedder) -> Reading:
    """Cut a document whose metadata has changed.

    Raises:
        DocumentError: the document has no text, or too many others are being read.
    """
    return _read_for_staff(document, name, fingerprint, embedder)


def _read_for_staff(work: Task | PolicyDocument, name: str, fingerprint: str, embedder: Embedder) -> Reading:
    if not _in_line.acquire(blocking=False):
        raise DocumentError("正在读取的文件太多，请过几分钟再试")
    try:
        with _turns, Readers(1, embedder.count_tokens) as readers:
            return readers.read(work, name, fingerprint)
    finally:
        _in_line.release()


def _size(work: Task | PolicyDocument) -> int:
    """Bytes of a file or a text, which limit the time for reading it."""
    return size_of(work.source) if isinstance(work, Task) else len(work.text.encode())
