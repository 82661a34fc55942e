"""Reads a whole index in a process of its own, so that a damaged one cannot end the service.

    python -m kb.retrieval.probe FOLDER SIZE PARENT

Edge trusts its files: a wrong length in one may make it take all memory, or read outside of a mapping. Only
an index without a seal (the process was killed while it wrote) is read like this.
"""

import os
import subprocess
import sys
from pathlib import Path

from kb.errors import NoSpaceError, StoreError
from kb.files.limited_process import end_with_parent
from kb.retrieval.qdrant_edge import QdrantEdgeStore

_DAMAGED, _NO_SPACE = 3, 4  # exit codes
_SECONDS = 600.0


def require_sound(folder: Path, size: int) -> None:
    """Read every point of the index in `folder`, whose vectors have `size` dimensions.

    Raises:
        NoSpaceError: the disk has no room to open it.
        StoreError: it is damaged.
    """
    command = [
        sys.executable,
        "-m",
        "kb.retrieval.probe",
        str(folder.absolute()),
        str(size),
        str(os.getpid()),
    ]
    root = Path(__file__).parents[2]  # the package's folder, in case it is not installed
    try:
        result = subprocess.run(command, cwd=root, capture_output=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise StoreError(f"向量库 {folder} 读了 {_SECONDS:.0f} 秒还没有读完，可能已损坏") from error
    words = result.stdout.decode("utf-8", "replace").strip()
    if result.returncode == _NO_SPACE:
        raise NoSpaceError(words)
    if result.returncode:
        raise StoreError(words or f"向量库 {folder} 已损坏，读它的进程异常退出（{result.returncode}）")


def main(folder: str, size: str, parent: str) -> int:
    """Read the index; the exit code says what was found, a sentence on stdout what is wrong."""
    end_with_parent()
    if os.getppid() != int(parent):  # it ended before: the index may be another process's by now
        return 1
    try:
        store = QdrantEdgeStore(Path(folder), int(size))
        store.check()
        store.close()
    except NoSpaceError as error:
        print(error)
        return _NO_SPACE
    except StoreError as error:
        print(error)
        return _DAMAGED
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
