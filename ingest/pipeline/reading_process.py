"""The process in which files are read: a hostile file can break only this process.

    python -m ingest.pipeline.reading_process FD MEMORY

Over the socket FD it repeatedly receives a Task as JSON and answers with a ReadReply; for each page read in
between it sends an empty message. Its memory is limited to MEMORY bytes, it gives way to the service (nice),
and it ends with its parent.
"""

import ctypes
import os
import resource
import signal
import sys
from multiprocessing.connection import Connection
from pathlib import Path

from ingest import pace
from ingest.anatomy.document import build_document
from ingest.limits import LIMITS
from ingest.readers.read import RawText, read
from ingest.sources.side_file import override
from ingest.sources.source import Source
from kb.errors import DocumentError
from kb.models import Correction, Model, PolicyDocument

_PR_SET_PDEATHSIG = 1  # prctl(2)
_NICENESS = 5


class Task(Model):
    """A source to read, its id and content hash, and the correction to apply."""

    source: Source
    document_id: str
    sha256: str
    correction: Correction


class ReadReply(Model):
    """The document, or the reason why there is none; `worn`: this process should not read another file."""

    document: PolicyDocument | None = None
    refused: str | None = None
    worn: bool = False


def document_of(source: Source, document_id: str, sha256: str, correction: Correction) -> PolicyDocument:
    """Read `source` as a document and apply `correction`.

    Raises:
        DocumentError: the source cannot be read, or its text is too long.
    """
    raw = RawText(text=source.text) if source.text is not None else read(Path(source.path))
    if len(raw.text) > LIMITS.text_chars:
        raise DocumentError(f"文字超过 {LIMITS.text_chars:,} 字，不像政策文件；请拆分后再导入")
    document = build_document(
        raw,
        source=source.document_id or source.name,
        path=source.path,
        sha256=sha256,
        document_id=document_id,
        title=source.title,
    )
    return override(document, correction)


def perform(task: Task) -> ReadReply:
    """Read the source of `task`; an unreadable one gives a ReadReply with `refused`."""
    try:
        return ReadReply(document=document_of(task.source, task.document_id, task.sha256, task.correction))
    except DocumentError as error:
        return ReadReply(refused=str(error))
    except MemoryError:
        return ReadReply(refused="读这份文件需要的内存超过上限；请拆分后再导入", worn=True)
    except RecursionError:
        return ReadReply(refused="这份文件嵌套得太深或自我循环，读不出来；请重新另存后再导入")


def main(descriptor: int, memory: int) -> None:
    """Answer tasks until the other end closes."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    os.nice(_NICENESS)
    with Connection(descriptor) as parent:
        pace.watch(lambda: parent.send_bytes(b""))
        pace.step()  # the process has started: the time limit of the first page begins now
        while True:
            try:
                task = Task.model_validate_json(parent.recv_bytes())
            except EOFError:
                return
            parent.send_bytes(perform(task).model_dump_json().encode())


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
