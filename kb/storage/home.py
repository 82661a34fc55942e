"""KB_HOME: the one folder with all state, held by one process at a time, and closed to other users.

Qdrant Edge allows one open shard on a folder and does not check it, so the folder is locked here. The kernel
holds the lock (flock): it ends with the process, however the process ends. With PostgreSQL several processes
share the folder, each with a place of its own for its index; a command that needs it alone waits for none.
"""

import fcntl
import logging
import os
import secrets
import stat
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from kb.errors import HomeInUseError, SettingsError

logger = logging.getLogger(__name__)

KEY_BYTES = 32
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_MOST_PLACES = 256


class HomeLock:
    """Use of a KB_HOME, exclusive unless `shared` with others that share it; a context manager.

    `place` is a number that no other process has which shares it: 0, 1, 2 ...

    Raises (on creation):
        HomeInUseError: another process holds it; the message says which.
        SettingsError: the folder cannot be made or written.
    """

    def __init__(self, home: Path, *, shared: bool = False) -> None:
        path = home / "lock"
        try:
            home.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = open(path, "a+", encoding="utf-8")  # noqa: SIM115 (held until close)
        except OSError as error:
            raise SettingsError(f"KB_HOME={home} 不能写入：{error}；请换一个目录或修改权限") from error
        try:
            fcntl.flock(self._file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except OSError as error:
            self._file.seek(0)
            holder = self._file.read().strip() or "另一个进程"
            self._file.close()
            raise HomeInUseError(
                f"知识库目录 {home.resolve()} 正被{holder}使用；请先停止它，或用 KB_HOME 指定别的目录"
            ) from error
        self.place = 0
        self._own: int | None = None
        if shared:
            self.place, self._own = _take_place(home)
        with suppress(OSError):  # on a full disk: the lock holds all the same
            self._file.truncate(0)
            self._file.write(f"进程 {os.getpid()}（{' '.join(sys.argv) or 'python'}）")
            self._file.flush()

    def release(self) -> None:
        """Let others use the folder."""
        with suppress(OSError):  # words that did not fit on the disk
            self._file.close()
        if self._own is not None:
            os.close(self._own)
            self._own = None

    def __enter__(self) -> "HomeLock":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def _take_place(home: Path) -> tuple[int, int]:
    """The lowest number that no process on `home` has, and the descriptor that holds it.

    Raises:
        SettingsError: there are too many processes, or the folder cannot be written.
    """
    for place in range(_MOST_PLACES):
        try:
            descriptor = os.open(home / f"place-{place}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise SettingsError(f"KB_HOME={home} 不能写入：{error}；请换一个目录或修改权限") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            continue
        return place, descriptor
    raise SettingsError(f"KB_HOME={home} 已有 {_MOST_PLACES} 个进程在用，不能再开")


def keep_private() -> None:
    """Let only this user read what this process, and the processes it starts, will write."""
    os.umask(0o077)


def tighten(home: Path) -> None:
    """Take from other users all rights to `home` and everything in it; links are not followed.

    A folder of an earlier version, or one that was copied, is open to others. What belongs to another user
    cannot be changed and is logged.
    """
    foreign = []
    for folder, names, files in os.walk(home):
        for path in (folder, *(os.path.join(folder, name) for name in (*names, *files))):
            try:
                mode = os.lstat(path).st_mode
                if mode & _OTHERS and not stat.S_ISLNK(mode):
                    os.chmod(path, stat.S_IMODE(mode) & ~_OTHERS)
            except FileNotFoundError:
                continue
            except OSError:
                foreign.append(path)
    if foreign:
        logger.warning("%d files of %s stay open to other users, first %s", len(foreign), home, foreign[0])


def read_key(path: Path) -> bytes:
    """The secret key in `path`, KEY_BYTES long, generated when there is none; only this user may read it.

    The file gets its name when it is whole and on disk, so a crash or a full disk leaves no key or a good
    one. Of two processes that make it at the same time both get the same key.

    Raises:
        SettingsError: the file cannot be made or read, or is not a key of the right length.
    """
    try:
        if not path.exists():
            _make_key(path)
        key = path.read_bytes()
    except OSError as error:
        raise SettingsError(
            f"密钥文件 {path} 不能读写：{error.strerror or error}；请检查权限和磁盘空间"
        ) from error
    if len(key) != KEY_BYTES:
        raise SettingsError(
            f"密钥文件 {path} 有 {len(key)} 个字节，应为 {KEY_BYTES} 个，不能用来签名；"
            "请删除它再启动，会自动生成新的，工作人员须重新登录"
        )
    return key


def _make_key(path: Path) -> None:
    """Write a new key to `path`, unless another process does so first."""
    partial = path.with_name(f".{path.name}-{secrets.token_hex(8)}")
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(partial, path)  # unlike a rename it replaces no file
    finally:
        partial.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
