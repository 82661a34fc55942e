"""A folder's seal: the checksum of every file in it, so that damage by a disk or a copy is noticed.

A seal says what the files were when it was set. Whoever changes a file breaks the seal first; a folder
without one is not known to be damaged, only unchecked.
"""

import errno
import hashlib
import json
import os
from contextlib import suppress
from pathlib import Path

_SEAL = "seal.json"
_PIECE = 1 << 16
_ZEROS = bytes(_PIECE)


def set_seal(folder: Path) -> None:
    """Seal `folder` as it is now. What was written to its files must be on disk already.

    Raises:
        OSError: a file cannot be read, or the seal not written.
    """
    content = json.dumps(_digests(folder), indent=0, sort_keys=True).encode()
    partial = folder / f".{_SEAL}"
    with open(partial, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(folder / _SEAL)


def break_seal(folder: Path) -> None:
    """Remove the seal, because files are about to be changed."""
    (folder / _SEAL).unlink(missing_ok=True)


def is_sealed(folder: Path) -> bool:
    """Whether `folder` has a seal that can be read, be it right or wrong."""
    return _sealed(folder) is not None


def damaged_files(folder: Path) -> list[str]:
    """The files, relative to `folder`, that are not as they were sealed, missing and new ones included.

    Without a seal that can be read every file counts as damaged.

    Raises:
        OSError: a file cannot be read.
    """
    sealed, found = _sealed(folder) or {}, _digests(folder)
    return sorted(name for name in sealed.keys() | found.keys() if sealed.get(name) != found.get(name))


def _sealed(folder: Path) -> dict[str, str] | None:
    with suppress(OSError, ValueError):
        content = json.loads((folder / _SEAL).read_bytes())
        if isinstance(content, dict):
            return content
    return None


def _digests(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file() and path.name not in (_SEAL, f".{_SEAL}"))
    return {path.relative_to(folder).as_posix(): _digest(path) for path in files}


def _digest(path: Path) -> str:
    """SHA-256 of a file's size and of its pieces that are not all zero, each with its place.

    So a hole and zeros are the same, and the holes of sparse files are not read.
    """
    digest = hashlib.sha256()
    with open(path, "rb", buffering=0) as file:
        size = os.fstat(file.fileno()).st_size
        digest.update(size.to_bytes(8, "little"))
        place = _next_data(file.fileno(), 0, size)
        while place < size:
            piece = os.pread(file.fileno(), _PIECE, place)
            if not piece:
                break
            if piece != _ZEROS[: len(piece)]:
                digest.update(place.to_bytes(8, "little"))
                digest.update(piece)
            place = _next_data(file.fileno(), place + _PIECE, size)
    return digest.hexdigest()


def _next_data(descriptor: int, place: int, size: int) -> int:
    """The first piece from `place` on that is not in a hole; `size` when there is none."""
    if place >= size:
        return size
    try:
        return os.lseek(descriptor, place, os.SEEK_DATA) // _PIECE * _PIECE
    except OSError as error:
        return size if error.errno == errno.ENXIO else place  # a hole to the end, or no holes here
