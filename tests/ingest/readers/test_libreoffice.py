"""Files of older programs: converted by the real LibreOffice, refused with advice where it is missing."""

import io
import os
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from openpyxl import Workbook
from word_files import libreoffice, needs_libreoffice, of_paragraphs, saved

from ingest.limits import Limits
from ingest.pipeline.process_pool import Readers
from ingest.pipeline.reading_process import Task
from ingest.readers import libreoffice as reader
from ingest.readers.read import read
from ingest.sources.source import Source
from kb.errors import DocumentError
from kb.models import Correction

LINES = (
    "第一条 为了规范物业管理活动，制定本条例。",
    "第二条 业主享有下列权利：",
    "（一）提议召开业主大会会议；",
)


def in_format(folder: Path, suffix: str) -> Path:
    """LINES as LibreOffice saves them in the format of `suffix`."""
    target = {".wps": "doc"}.get(suffix, suffix[1:])
    path = folder / f"物业管理条例{suffix}"
    path.write_bytes(libreoffice(saved(of_paragraphs(*LINES)), ".docx", folder, target))
    return path


@needs_libreoffice
@pytest.mark.parametrize("suffix", [".doc", ".wps", ".rtf", ".odt"])
def test_text_read_from_older_word_formats(tmp_path: Path, suffix: str):
    assert read(in_format(tmp_path, suffix)).text.splitlines() == list(LINES)


@needs_libreoffice
@pytest.mark.parametrize("suffix", [".xls", ".ods"])
def test_cells_read_from_older_sheet_formats(tmp_path: Path, suffix: str):
    book = Workbook()
    for row in (("单位", "完成率"), ("区医保局", 0.125), ("区民政局", 0.5)):
        book.active.append(row)
    for row in book.active["B2:B3"]:
        row[0].number_format = "0.0%"
    xlsx_path = tmp_path / "台账.xlsx"
    book.save(xlsx_path)
    path = tmp_path / f"台账{suffix}"
    path.write_bytes(libreoffice(xlsx_path.read_bytes(), ".xlsx", tmp_path, suffix[1:]))
    assert read(path).text.splitlines() == ["单位：区医保局；完成率：12.5%", "单位：区民政局；完成率：50.0%"]


@needs_libreoffice
def test_strict_open_xml_document_read(tmp_path: Path):
    """What Word saves as "Strict Open XML Document" has other names for the same things (ISO/IEC 29500-1)."""
    buffer = io.BytesIO()
    names = (
        (
            b"http://schemas.openxmlformats.org/wordprocessingml/2006",
            b"http://purl.oclc.org/ooxml/wordprocessingml",
        ),
        (
            b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
            b"http://purl.oclc.org/ooxml/officeDocument/relationships",
        ),
    )
    with (
        zipfile.ZipFile(io.BytesIO(saved(of_paragraphs(*LINES)))) as old,
        zipfile.ZipFile(buffer, "w") as new,
    ):
        for name in old.namelist():
            part = old.read(name)
            for transitional, strict in names:
                part = part.replace(transitional, strict)
            new.writestr(name, part)
    path = tmp_path / "物业管理条例.docx"
    path.write_bytes(buffer.getvalue())
    assert read(path).text.splitlines() == list(LINES)


@needs_libreoffice
def test_damaged_doc_refused(tmp_path: Path):
    path = in_format(tmp_path, ".doc")
    path.write_bytes(path.read_bytes()[:1500] + "WordDocument".encode("utf-16-le"))
    with pytest.raises(DocumentError, match="打不开这份文件（旧版 Word"):
        read(path)


def test_missing_libreoffice_refusal_names_install_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    path = tmp_path / "通知.rtf"
    path.write_bytes(rb"{\rtf1\ansi hello}")
    with pytest.raises(
        DocumentError, match=r"没有安装；请由管理员执行 apt-get install libreoffice-writer-nogui"
    ):
        read(path)


def test_hanging_conversion_killed_with_child_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    hanging_program(tmp_path, monkeypatch)
    monkeypatch.setattr(reader, "_SECONDS", 1.0)
    path = tmp_path / "通知.rtf"
    path.write_bytes(rb"{\rtf1\ansi hello}")
    start = time.monotonic()
    with pytest.raises(DocumentError, match="超过 1 秒，已停止"):
        read(path)
    assert time.monotonic() - start < 20
    assert has_ended(int((tmp_path / "pid").read_text()))


@pytest.mark.hostile
def test_conversion_ends_with_its_reading_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    hanging_program(tmp_path, monkeypatch)
    path = tmp_path / "通知.rtf"
    path.write_bytes(rb"{\rtf1\ansi hello}")
    task = Task(
        source=Source(path=str(path), name=path.name), document_id="d", sha256="0", correction=Correction()
    )
    others = set(psutil.Process().children())
    with Readers(1, len, Limits(step_seconds=58)) as readers, ThreadPoolExecutor(1) as thread:
        reading = thread.submit(readers.read, task)
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text().strip():
            time.sleep(0.05)
        (child,) = set(psutil.Process().children()) - others
        child.kill()
        with pytest.raises(DocumentError, match="崩溃"):
            reading.result()
    assert has_ended(int((tmp_path / "pid").read_text()))


def hanging_program(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a LibreOffice that never finishes first in PATH; it writes the id of its child process to `pid`."""
    program = folder / "soffice"
    program.write_text(f"#!/bin/sh\nsleep 300 &\necho $! > {folder}/pid\nwait\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def has_ended(process: int) -> bool:
    """Whether a process ends within five seconds; until its parent waits for it, it stays a zombie."""
    stat = Path("/proc", str(process), "stat")
    for _ in range(50):
        try:
            if stat.read_text().split()[2] == "Z":
                return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.1)
    return False
