"""The readable files under a folder, in a fixed order, and a reason for each refused entry.

Never followed: links that lead out of the folder an operator named (they would bring in unwanted files),
pipes and devices (reading them does not end). Names that cannot be shown on one line are refused.
"""

import os
import stat
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ingest.limits import LIMITS
from ingest.readers.read import SUPPORTED_SUFFIXES
from kb.models import Model

HIDDEN = (".", "~$")  # Word writes a ~$ file beside an open document
NOTES = ("readme.md", "sources.md", "license.md")  # about a collection, not part of it
_JSONL = "docs.jsonl"
_TURNING = frozenset(
    "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)  # "通知fdp.exe" would read exe.pdf


class Failure(Model):
    """A source that was not ingested, and why; `name` can be printed."""

    name: str
    reason: str


def walk(path: Path, failures: list[Failure]) -> Iterator[Path]:
    """The files of `path`: the file itself, or all files of a folder in readable formats.

    Refused entries are added to `failures`.
    """
    try:
        resolved = path.resolve()
        mode = resolved.stat().st_mode
    except FileNotFoundError:
        failures.append(Failure(name=printable(str(path)), reason="没有这个文件或目录"))
        return
    except (OSError, RuntimeError, ValueError) as error:  # no permission, circular links, a NUL in the name
        failures.append(Failure(name=printable(str(path)), reason=f"打不开：{_cause(error)}"))
        return
    if stat.S_ISDIR(mode):
        yield from _files(resolved, resolved, failures, 0)
    elif (reason := _refusal(resolved, resolved, mode)) is None:
        yield resolved
    else:
        failures.append(Failure(name=printable(path.name), reason=reason))


def printable(name: str) -> str:
    """A file name on one line; bytes that cannot be shown are escaped.

    >>> printable("通知\\\\n.txt".replace("\\\\n", chr(10)))
    '通知\\\\n.txt'
    """
    text = os.fsencode(name).decode("utf-8", "backslashreplace")
    return "".join(char if _is_shown(char) else char.encode("unicode_escape").decode() for char in text)


def _files(folder: Path, root: Path, failures: list[Failure], depth: int) -> Iterator[Path]:
    """The files of `folder` and of its subfolders; hidden entries are skipped."""
    if depth > LIMITS.folder_depth:
        failures.append(Failure(name=printable(folder.name), reason="目录层数太多，没有读；请整理后再导入"))
        return
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries if not entry.name.startswith(HIDDEN))
    except OSError as error:
        failures.append(Failure(name=printable(folder.name), reason=f"目录打不开：{_cause(error)}"))
        return
    for path in (folder / name for name in names):
        entry = _look_at(path, root)
        if entry.reason:
            failures.append(Failure(name=printable(path.name), reason=entry.reason))
        elif entry.is_folder:
            yield from _files(path, root, failures, depth + 1)
        elif entry.is_wanted:
            yield path


class _Entry(NamedTuple):
    """The kind of a folder entry; with a `reason` it is refused, and the other fields are false."""

    is_folder: bool = False
    is_wanted: bool = False
    reason: str = ""


def _look_at(path: Path, root: Path) -> _Entry:
    has_known_name = path.suffix.lower() in SUPPORTED_SUFFIXES or path.name == _JSONL
    try:
        is_link, mode = path.is_symlink(), path.stat().st_mode
    except OSError as error:
        return _Entry(reason=f"打不开：{_cause(error)}" if has_known_name else "")
    if stat.S_ISDIR(mode):
        if not is_link:
            return _Entry(is_folder=True)
        leads_away = not path.resolve().is_relative_to(root)
        return _Entry(reason="这是指向别处的目录链接，没有读；需要时请直接导入那个目录" if leads_away else "")
    if not has_known_name or path.name.lower() in NOTES:
        return _Entry()
    reason = _refusal(path, root, mode) or ""
    return _Entry(is_wanted=not reason, reason=reason)


def _refusal(path: Path, root: Path, mode: int) -> str | None:
    """Why a file must not be opened; None when it may be."""
    if not stat.S_ISREG(mode):
        return "这不是普通文件（是管道、设备或套接字），没有读"
    if not path.resolve().is_relative_to(root):
        return "这是指向目录之外的链接，没有读；需要时请直接导入它指向的文件"
    if not all(map(_is_shown, path.name)):
        return "文件名里有换行、控制字符，或不是 UTF-8 编码；请改名后再导入"
    return None


def _is_shown(char: str) -> bool:
    """Whether `char` is no control character, no surrogate and does not change the writing direction."""
    return unicodedata.category(char) not in ("Cc", "Cs", "Zl", "Zp") and char not in _TURNING


def _cause(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
