"""Read files in separate, watched processes, several at once: a hostile file ends only its own process.

A process that takes too long for a page, or that dies, is replaced, and the file it was reading is refused
with a reason. Short plain texts are read in this process, because starting another one would take longer.
"""

import multiprocessing
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from ingest.limits import LIMITS, Limits, megabytes
from ingest.pipeline.reading import Reading, cut, fingerprint_of
from ingest.pipeline.reading_process import ReadReply, Task, perform
from ingest.sources.source import Source
from kb.embedding.embedder import Embedder
from kb.errors import DocumentError
from kb.models import Correction, PolicyDocument

_MOST_PROCESSES = 4
_LAST_LINE_BYTES = 300
_PLAIN_SUFFIXES = (".txt", ".md", ".markdown")
_PLAIN_BYTES = 300_000
_OTHER_FORMATS = (b"\0", b"%PDF-", b"PK\x03\x04", b"{\\rtf", b"<")


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
        self._limits = limits
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

    def read(self, task: Task) -> ReadReply:
        """The reply to `task`.

        Raises:
            _LostError: the process died or was too slow, and can no longer be used.
        """
        try:
            self._connection.send_bytes(task.model_dump_json(exclude_unset=True).encode())
            while self._connection.poll(self._limits.step_seconds):
                if content := self._connection.recv_bytes():
                    return ReadReply.model_validate_json(content)
        except (EOFError, OSError) as error:
            size = megabytes(self._limits.memory_bytes)
            raise _LostError(
                f"读这份文件时程序崩溃或内存超过 {size}{self._last_words()}，已跳过；请重新另存或拆分后再导入"
            ) from error
        seconds = f"{self._limits.step_seconds:.0f}"
        raise _LostError(f"读了 {seconds} 秒还没有读完一页，已放弃；请重新另存或拆分后再导入")

    def end(self) -> None:
        """Kill the process and its children."""
        if self._running.returncode is None:  # not waited for yet: the id still belongs to it
            with suppress(ProcessLookupError):
                os.killpg(self._running.pid, signal.SIGKILL)
            self._running.wait()
        self._connection.close()
        self._words.close()

    def _last_words(self) -> str:
        """The last line of its standard error, in brackets: for a Python exception its type and message."""
        if self._words.closed:  # ended by `Readers.close`
            return ""
        self._words.seek(0)
        lines = self._words.read()[-_LAST_LINE_BYTES:].decode("utf-8", "replace").split("\n")
        last_line = next((line.strip() for line in reversed(lines) if line.strip()), "")
        return f"（{last_line}）" if last_line else ""


class Readers:
    """Up to `count` reading processes, started when needed; as a context manager it ends them.

    Any thread may call `read`.
    """

    def __init__(self, count: int, limits: Limits = LIMITS) -> None:
        self._limits = limits
        self._idle: queue.SimpleQueue[_Process | None] = queue.SimpleQueue()
        self._all: set[_Process] = set()
        self._lock = threading.Lock()
        self._closed = False
        for _ in range(count):
            self._idle.put(None)

    def read(self, task: Task) -> PolicyDocument:
        """The document in a file.

        Raises:
            DocumentError: it cannot be read, or reading it took too much time or memory.
        """
        process = self._idle.get()
        try:
            process = process or self._start()
            reply = process.read(task)
            if reply.worn:
                process.end()
                process = None
        except _LostError as error:
            assert process is not None
            process.end()
            process = None
            raise DocumentError(str(error)) from error
        finally:
            self._idle.put(process)
        return _document_in(reply)

    def close(self) -> None:
        """End the processes; a `read` that still waits for one raises DocumentError."""
        with self._lock:
            self._closed = True
            for process in self._all:
                process.end()

    def __enter__(self) -> "Readers":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _start(self) -> _Process:
        with self._lock:
            if self._closed:
                raise DocumentError("导入已停止，没有读")
            process = _Process(self._limits)
            self._all.add(process)
            return process


def process_count() -> int:
    """How many files are read at once: at most four, and no more than there are processors."""
    return min(_MOST_PROCESSES, os.cpu_count() or 1)


def read_one(source: Source, document_id: str, correction: Correction, embedder: Embedder) -> Reading:
    """Read and cut a single source, as an ingest would.

    Raises:
        DocumentError: the source cannot be read, or has no text.
    """
    sha256 = source.sha256()
    task = Task(source=source, document_id=document_id, sha256=sha256, correction=correction)
    if is_plain(source):
        document = read_here(task)
    else:
        with Readers(1) as readers:
            document = readers.read(task)
    fingerprint = fingerprint_of(sha256, source.title, correction, embedder.name)
    return cut(document, source.document_id or source.name, fingerprint, embedder)


def read_here(task: Task) -> PolicyDocument:
    """Read a plain source (`is_plain`) in this process.

    Raises:
        DocumentError: the source cannot be read.
    """
    return _document_in(perform(task))


def is_plain(source: Source) -> bool:
    """Whether a source is a short plain text, by name and first bytes, so that reading it here is safe."""
    if source.text is not None:
        return len(source.text) <= _PLAIN_BYTES
    path = Path(source.path)
    if path.suffix.lower() not in _PLAIN_SUFFIXES:
        return False
    try:
        with path.open("rb") as file:
            content = file.read(_PLAIN_BYTES + 1)
    except OSError:
        return True  # nothing to read: the error is reported when it is read
    return len(content) <= _PLAIN_BYTES and not any(mark in content[:1024] for mark in _OTHER_FORMATS)


def _document_in(reply: ReadReply) -> PolicyDocument:
    if reply.document is None:
        raise DocumentError(reply.refused or "读不出来")
    return reply.document
