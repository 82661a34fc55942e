"""Files of older or other office programs (DOC, WPS, XLS, ET, RTF, ODT, ODS), converted by LibreOffice.

LibreOffice is not part of this project: where it is not installed, such a file is refused and the message
says what to install. Each run is headless and has its own temporary profile, so that several can run at once
without sharing settings; a run that does not finish is killed with its child processes, and so is one whose
reading process ends. Macros are not run
(a fresh profile allows none), links are not followed.
"""

import os
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from enum import Enum
from pathlib import Path

from ingest.limits import LIMITS
from kb.errors import DocumentError

_PROGRAMS = ("soffice", "libreoffice")
_SECONDS = LIMITS.step_seconds / 2  # so that it ends before the reading process itself is stopped
# Runs a program, and kills it with all its child processes when standard input is closed. PR_SET_PDEATHSIG
# would reach only the first of them: soffice is a script that starts a program that starts another one.
_WATCHED = """
exec 3<&0
(read -r _ <&3; kill -9 0) &
watcher=$!
"$@" </dev/null 3<&-
kill -9 $watcher
"""
_INSTALL = "apt-get install libreoffice-writer-nogui libreoffice-calc-nogui"


class Target(Enum):
    """The format a file is converted into: (suffix, filter of LibreOffice)."""

    WORD = ("docx", "docx:Office Open XML Text")
    EXCEL = ("xlsx", "xlsx:Calc Office Open XML")


def converted(content: bytes, suffix: str, target: Target, kind: str) -> bytes:
    """Convert `content` of a file with `suffix` into DOCX or XLSX; `kind` names its format in messages.

    Raises:
        DocumentError: LibreOffice is not installed, or cannot read the file, or does not finish.
    """
    program = next((program_path for name in _PROGRAMS if (program_path := shutil.which(name))), None)
    if program is None:
        target_suffix = target.value[0]
        raise DocumentError(
            f"这是{kind}，要靠 LibreOffice 转换，而本机没有安装；"
            f"请由管理员执行 {_INSTALL}，或另存为 {target_suffix} 后再导入"
        )
    with tempfile.TemporaryDirectory(prefix="office-") as folder:
        source = Path(folder, f"source{suffix}")
        source.write_bytes(content)
        _run(program, source, Path(folder), target, kind)
        result = Path(folder, "out", f"source.{target.value[0]}")
        if not result.is_file():
            raise DocumentError(
                f"LibreOffice 打不开这份文件（{kind}），可能已损坏或有密码；"
                f"请用原来的软件另存为 {target.value[0]} 后再导入"
            )
        return result.read_bytes()


def _run(program: str, source: Path, folder: Path, target: Target, kind: str) -> None:
    command = [
        program,
        f"-env:UserInstallation={(folder / 'profile').as_uri()}",
        "--headless",
        "--norestore",
        "--nolockcheck",
        "--convert-to",
        target.value[1],
        "--outdir",
        str(folder / "out"),
        str(source),
    ]
    watched = ["/bin/sh", "-c", _WATCHED, "sh", *command]
    environment = {"PATH": os.environ.get("PATH", ""), "HOME": str(folder), "LANG": "C.UTF-8"}
    quiet = subprocess.DEVNULL
    # Its standard input is a pipe that closes when this process ends, in whatever way.
    process = subprocess.Popen(
        watched,
        stdin=subprocess.PIPE,
        stdout=quiet,
        stderr=quiet,
        env=environment,
        start_new_session=True,
    )
    try:
        process.wait(_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise DocumentError(
            f"LibreOffice 转换这份文件（{kind}）超过 {_SECONDS:.0f} 秒，已停止；"
            f"请用原来的软件另存为 {target.value[0]} 后再导入"
        ) from error
    finally:
        _kill(process)


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """Kill the program and its child processes, unless they have already ended."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdin is not None:
        process.stdin.close()
