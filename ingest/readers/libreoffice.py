"""Files of older or other office programs (DOC, WPS, XLS, ET, RTF, ODT, ODS), converted by LibreOffice.

LibreOffice is no part of this project: where it is not installed such a file is refused, with what to
install. It runs without a window, in a profile of its own that is thrown away, so that several run side by
side and none sees another's settings; one that does not finish is killed with all that it started. Macros
are not run (a fresh profile allows none), links are not followed.
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
_SECONDS = LIMITS.step_seconds / 2  # before the process that reads is stopped itself
_INSTALL = "apt-get install libreoffice-writer-nogui libreoffice-calc-nogui"


class Target(Enum):
    """What a file is converted into: the ending and the filter of LibreOffice."""

    WORD = ("docx", "docx:Office Open XML Text")
    EXCEL = ("xlsx", "xlsx:Calc Office Open XML")


def converted(content: bytes, suffix: str, target: Target, kind: str) -> bytes:
    """`content`, which a file with `suffix` would hold, as DOCX or XLSX; `kind` is what people call it.

    Raises:
        DocumentError: LibreOffice is not installed, or cannot read the file, or does not finish.
    """
    program = next((found for name in _PROGRAMS if (found := shutil.which(name))), None)
    if program is None:
        saved = target.value[0]
        raise DocumentError(
            f"这是{kind}，要靠 LibreOffice 转换，而本机没有安装；"
            f"请由管理员执行 {_INSTALL}，或另存为 {saved} 后再导入"
        )
    with tempfile.TemporaryDirectory(prefix="office-") as folder:
        source = Path(folder, f"source{suffix}")
        source.write_bytes(content)
        _run(program, source, Path(folder), target, kind)
        made = Path(folder, "out", f"source.{target.value[0]}")
        if not made.is_file():
            raise DocumentError(
                f"LibreOffice 打不开这份文件（{kind}），可能已损坏或有密码；"
                f"请用原来的软件另存为 {target.value[0]} 后再导入"
            )
        return made.read_bytes()


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
    environment = {"PATH": os.environ.get("PATH", ""), "HOME": str(folder), "LANG": "C.UTF-8"}
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(
        command, stdin=quiet, stdout=quiet, stderr=quiet, env=environment, start_new_session=True
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
    """End the program and all that it started; what has ended by itself is let be."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
