"""A real file system of a few hundred megabytes, for tests that fill it."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """Context manager: a tmpfs of that size at `folder`; the test is skipped where mounting is forbidden."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(command, capture_output=True, text=True)
        refused = mounted.stderr.strip() if mounted.returncode else ""
    except FileNotFoundError as error:
        refused = str(error)
    if refused:
        pytest.skip(f"这里不能挂载文件系统（{refused}），没有试磁盘写满；请以 root 运行")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path) -> None:
    """Write until not another byte fits where `folder` lies."""
    with open(folder / "filler", "ab", buffering=0) as file:
        for size in (1 << 20, 4_096, 1):
            with suppress(OSError):
                while True:
                    file.write(b"x" * size)


def free(folder: Path) -> None:
    """Undo `fill`."""
    os.unlink(folder / "filler")
