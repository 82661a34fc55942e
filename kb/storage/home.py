"""KB_HOME: the one folder with all state, held by one process at a time.

Qdrant Edge allows one open shard on a folder and does not check it, so the folder is locked here. The kernel
holds the lock (flock): it ends with the process, however the process ends.
"""

import fcntl
import os
import secrets
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from kb.errors import HomeInUseError, SettingsError

_KEY_BYTES = 32


class HomeLock:
    """Exclusive use of a KB_HOME; a context manager.

    Raises (on creation):
        HomeInUseError: another process holds it; the message says which.
        SettingsError: the folder cannot be made or written.
    """

    def __init__(self, home: Path) -> None:
        path = home / "lock"
        try:
            home.mkdir(parents=True, exist_ok=True)
            self._file = open(path, "a+", encoding="utf-8")  # noqa: SIM115 (held until close)
        except OSError as error:
            raise SettingsError(f"KB_HOME={home} 不能写入：{error}；请换一个目录或修改权限") from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.seek(0)
            holder = self._file.read().strip() or "另一个进程"
            self._file.close()
            raise HomeInUseError(
                f"知识库目录 {home.resolve()} 正被{holder}使用；请先停止它，或用 KB_HOME 指定别的目录"
            ) from error
        self._file.truncate(0)
        self._file.write(f"进程 {os.getpid()}（{' '.join(sys.argv) or 'python'}）")
        self._file.flush()

    def release(self) -> None:
        """Let others use the folder."""
        self._file.close()

    def __enter__(self) -> "HomeLock":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def read_key(path: Path) -> bytes:
    """The secret key in `path`, generated when there is none; only the user of the program may read it.

    Raises:
        SettingsError: the file cannot be made or read.
    """
    try:
        with suppress(FileExistsError):
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(descriptor, "wb") as file:
                file.write(secrets.token_bytes(_KEY_BYTES))
        return path.read_bytes()
    except OSError as error:
        raise SettingsError(f"密钥文件 {path} 不能读写：{error}；请修改权限") from error
