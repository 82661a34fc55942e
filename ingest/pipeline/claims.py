"""Which process brings in which source, where several ingest the same folder.

A claim is a lock among processes (kb.storage.sharing.keeper): it ends with the process, and what is left to
do is what the registry of documents does not hold. So there is no list of jobs beside the registry that could
say something else, and nothing to clean up after a killed process.
"""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from ingest.pipeline.plan import Work
from kb.errors import DocumentError
from kb.storage.parts import StorageParts

_PAUSE = 0.1  # seconds between two looks at what others still work on


class Claims:
    """The sources that this ingest has taken; without other processes it takes them all.

    `done_by_others` are the names of those that other processes brought in meanwhile. All methods raise
    StoreError when the database fails.
    """

    def __init__(self, storage: StorageParts) -> None:
        self.done_by_others: list[str] = []
        self._documents = storage.documents
        self._keeper = storage.sharing.keeper if storage.sharing else None
        self._taken: set[str] = set()
        self._others: list[Work] = []

    def take(self, work: Work) -> bool:
        """Take a source; False when another process has it, or has brought it in already.

        Raises:
            DocumentError: another process has given its id to another file since the plan was made.
        """
        if self._keeper is None:
            return True
        document_id = work.task.document_id
        if not self._keeper.take(_name(document_id)):
            self._others.append(work)
            return False
        self._taken.add(document_id)
        for stored in self._documents.summaries([document_id]):
            if stored.path != work.task.source.path and Path(stored.path).exists():
                self.give(document_id)
                raise DocumentError("同时导入了另一份同名的文件，本次没有导入；请再导入一次")
            if stored.fingerprint == work.fingerprint and stored.path == work.task.source.path:
                self.done_by_others.append(work.name)
                self.give(document_id)
                return False
        return True

    def give(self, document_id: str) -> None:
        """The document is stored, or cannot be."""
        if self._keeper is not None and document_id in self._taken:
            self._taken.discard(document_id)
            self._keeper.give(_name(document_id))

    def others_work(self, is_stopped: Callable[[], bool]) -> Sequence[Work]:
        """What other processes took, once none of them works on it any more; nothing if `is_stopped`."""
        work, self._others = tuple(self._others), []
        pause = threading.Event()  # never set: waiting for it is a sleep
        for one in work:
            while self._keeper is not None and not self._keeper.take(_name(one.task.document_id)):
                if is_stopped():
                    return ()
                pause.wait(_PAUSE)
            if self._keeper is not None:
                self._keeper.give(_name(one.task.document_id))
        return work

    def close(self) -> None:
        """Let others have what was taken and is not stored."""
        for document_id in tuple(self._taken):
            self.give(document_id)


def _name(document_id: str) -> str:
    return f"document {document_id}"
