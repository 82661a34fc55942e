"""Free disk space: whether there is enough for a write, and files whose blocks are theirs already.

The vector index lies in sparse files that are mapped into memory. The system gives a hole its block when it
is first touched; when the disk is full at that moment, the process ends at once (SIGBUS), perhaps by a mere
search or flush. So every hole gets its block before a file is used (posix_fallocate), and new files get
theirs right after the write that made them: docs/decisions, "A full disk".
"""

import errno
import os
from collections.abc import Iterator
from pathlib import Path

from kb.errors import NoSpaceError

MIB = 1 << 20
LEAST = 16 * MIB  # below this nothing new is accepted; what is left is for finishing and deleting
_BLOCK = 512  # bytes of a unit of st_blocks (stat(2))
_FULL = (errno.ENOSPC, errno.EDQUOT)
_UNSUPPORTED = (errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS)  # by file systems that copy on write


def free_bytes(folder: Path) -> int:
    """Bytes that a user without privileges may still write where `folder` lies.

    Raises:
        OSError: there is no such folder.
    """
    state = os.statvfs(folder)
    return state.f_bavail * state.f_frsize


def require_space(folder: Path, wanted: int = LEAST) -> None:
    """Raise NoSpaceError if fewer than `wanted` bytes are free where `folder` lies."""
    free = free_bytes(folder)
    if free < wanted:
        raise NoSpaceError(
            f"磁盘空间不足：{folder} 所在的磁盘还剩 {free // MIB} MB，至少要 {-(-wanted // MIB)} MB；"
            "请清理磁盘，腾出空间后自动恢复，不必重启"
        )


def is_full(error: BaseException) -> bool:
    """Whether `error` says that the disk is full or a quota is used up."""
    return isinstance(error, OSError) and error.errno in _FULL


class Reservation:
    """The blocks of all files in a folder that may hold sparse files, mapped into memory."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sizes: dict[str, int] = {}  # of the files whose blocks are reserved

    def renew(self, margin: int) -> None:
        """Give every hole its block; afterwards `margin` bytes are free at least.

        No other thread may write to the folder meanwhile.

        Raises:
            NoSpaceError: there is not enough space; no block was taken.
        """
        holed = list(self._holed())
        require_space(self._folder, margin + sum(missing for _, _, missing in holed))
        for path, size, _ in holed:
            try:
                allocate(path, size)
            except OSError as error:
                if is_full(error):
                    raise NoSpaceError(f"磁盘空间不足：{path} 的空间留不出来（{error.strerror}）") from error
                if error.errno not in _UNSUPPORTED:
                    raise
            self._sizes[path] = size

    def _holed(self) -> Iterator[tuple[str, int, int]]:
        """Path, size and missing bytes of each file that is new, has grown, or has holes."""
        for folder, _, names in os.walk(self._folder):
            for name in names:
                path = os.path.join(folder, name)
                try:
                    state = os.stat(path)
                except FileNotFoundError:  # just replaced
                    continue
                missing = max(0, state.st_size - state.st_blocks * _BLOCK)
                if state.st_size and (missing or self._sizes.get(path) != state.st_size):
                    yield path, state.st_size, missing


def allocate(path: str, size: int) -> None:
    """Give the first `size` bytes of a file their blocks; what it holds stays as it is."""
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        os.posix_fallocate(descriptor, 0, size)
    finally:
        os.close(descriptor)
