"""Files that staff upload in the console, until the page that asked for them has read them.

    KB_HOME/uploads/OWNER/RANDOM/DIGEST/NAME    OWNER stands for the account, DIGEST for the content

The folder is also Gradio's (GRADIO_TEMP_DIR): Gradio reads and serves whatever lies in it, to anybody. So
every path that a browser names is compared with the owner's folder: by web.edge.console_gate before Gradio
sees it, and by `taken` before the file is read.
"""

import hashlib
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from kb.errors import InputError
from kb.staff.permissions import Action, Staff, may

UPLOADS = "uploads"
_BLOCK = 4096  # bytes
_GONE = "上传的文件已经不在了，请重新选择文件。"
_ACTIONS = (Action.DOCUMENT_EDIT, Action.FAQ_EDIT, Action.CONTACTS)  # those that read an uploaded file


def may_upload(staff: Staff) -> bool:
    """Whether there is anything that `staff` may upload a file for."""
    return any(may(staff, action) for action in _ACTIONS)


def uploads_folder(home: Path) -> Path:
    """The folder of all uploads, made if missing; only the user of the program may enter it."""
    folder = home.resolve() / UPLOADS
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder


def folder_of(home: Path, name: str) -> Path:
    """The folder of the account `name`: a digest, because a name may be "..", or one that Gradio uses."""
    return home.resolve() / UPLOADS / hashlib.sha256(name.encode()).hexdigest()[:32]


def new_folder(home: Path, name: str) -> Path:
    """A new folder for an upload of the account `name`."""
    owner = folder_of(home, name)
    folder = owner / secrets.token_hex(8)
    for path in (owner, folder):
        path.mkdir(mode=0o700, exist_ok=True)
    return folder


def is_own(home: Path, name: str, path: object) -> bool:
    """Whether `path` is the absolute path of a file in the folder of the account `name`, links followed.

    The file need not exist: it may have been read and deleted.
    """
    if not isinstance(path, str) or not os.path.isabs(path):
        return False
    try:
        return folder_of(home, name) in Path(path).resolve().parents
    except (OSError, ValueError):  # a name too long, a NUL
        return False


@contextmanager
def taken(home: Path, name: str, path: object) -> Iterator[Path]:
    """Context manager: the uploaded file at `path`, deleted at the end, however that comes about.

    Raises:
        InputError: the account `name` has no such file.
    """
    if not is_own(home, name, path):
        raise InputError(_GONE)
    file = Path(str(path))
    if not file.is_file():
        raise InputError(_GONE)
    try:
        yield file
    finally:
        file.unlink(missing_ok=True)
        with suppress(OSError):  # other files of the same upload are still there
            file.parent.rmdir()
            file.parent.parent.rmdir()


def used(home: Path, name: str) -> int:
    """The bytes that the uploads of the account `name` take; a small file takes a block."""
    return sum(max(status.st_size, _BLOCK) for _, status in _files(folder_of(home, name)))


def purge(home: Path, before: datetime) -> None:
    """Delete uploads older than `before` that no page has read, and folders left empty since then."""
    folder = home.resolve() / UPLOADS
    for file, status in _files(folder):
        if status.st_mtime < before.timestamp():
            file.unlink(missing_ok=True)
    for parent, _, _ in os.walk(folder, topdown=False):
        with suppress(OSError):  # not empty, or gone
            if Path(parent) != folder and os.lstat(parent).st_mtime < before.timestamp():
                os.rmdir(parent)


def discard(folder: Path) -> None:
    """Delete what an upload that failed left in `folder`."""
    shutil.rmtree(folder, ignore_errors=True)


def _files(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """The regular files under `folder`, while others come and go."""
    for parent, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                status = os.lstat(os.path.join(parent, name))
                if stat.S_ISREG(status.st_mode):
                    yield Path(parent, name), status
