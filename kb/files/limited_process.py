"""A process of its own for one file, with limits on memory and time: a hostile file ends only that process.

The module that reads calls `confine` first, then reads the file from its standard input and writes what it
found to its standard output. One file is read at a time, so that several cannot fill the memory together.
"""

import ctypes
import os
import resource
import signal
import subprocess
import sys
import threading
from pathlib import Path

from kb.errors import DocumentError
from kb.files.limits import megabytes
from kb.models import Model

_PR_SET_PDEATHSIG = 1  # prctl(2)
_NICENESS = 5
_LAST_LINE_BYTES = 300
_ROOT = Path(__file__).parents[2]  # where the packages are, in case they are not installed
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}  # each thread of numpy reserves memory
_reading = threading.Lock()


class ProcessLimits(Model):
    """What the reading of one file may take: bytes of memory, seconds in all."""

    memory_bytes: int = 600_000_000  # a list of 9 MB takes 140 MB
    seconds: float = 60.0  # a list of 9 MB takes 8, while others use the processors


def end_with_parent() -> None:
    """Let the kernel kill this process when the thread that started it ends."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def confine(memory: int) -> None:
    """Limit this process to `memory` bytes, let it give way to others, and end it with its parent."""
    end_with_parent()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    os.nice(_NICENESS)


def run_confined(module: str, arguments: tuple[str, ...], content: bytes, limits: ProcessLimits) -> bytes:
    """What `python -m MODULE MEMORY ARGUMENTS` writes when it reads `content`.

    Raises:
        DocumentError: it died, took too long, or another file was being read for as long as this may take.
    """
    command = [sys.executable, "-m", module, str(limits.memory_bytes), *arguments]
    if not _reading.acquire(timeout=limits.seconds):
        raise DocumentError("正在读别人上传的一份大文件，这一份没有读；请过一会儿再试")
    try:
        done = subprocess.run(
            command,
            input=content,
            capture_output=True,
            timeout=limits.seconds,
            cwd=_ROOT,
            env={**os.environ, **_ONE_THREAD},
            start_new_session=True,  # Ctrl-C does not reach it
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise DocumentError(
            f"读了 {limits.seconds:.0f} 秒还没有读完，已放弃；请删去多余的内容或拆分后再导入"
        ) from error
    finally:
        _reading.release()
    if done.returncode:
        size = megabytes(limits.memory_bytes)
        raise DocumentError(
            f"读这份文件时程序崩溃或内存超过 {size}{last_line(done.stderr)}；请重新另存或拆分后再导入"
        )
    return done.stdout


def last_line(output: bytes) -> str:
    """The last line of an output, in brackets: for a Python exception its type and message."""
    lines = output[-_LAST_LINE_BYTES:].decode("utf-8", "replace").split("\n")
    last_line = next((line.strip() for line in reversed(lines) if line.strip()), "")
    return f"（{last_line}）" if last_line else ""
