"""A folder of malicious files: each is refused by name with a reason, and the others are ingested."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import hostile
import psutil
import pytest

from ingest.limits import Limits
from ingest.pipeline.process_pool import Readers
from ingest.pipeline.reading_process import Task
from ingest.pipeline.run import ingest
from ingest.sources.source import Source, find_sources
from kb.embedding.embedder import Embedder
from kb.errors import DocumentError
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.models import Correction
from kb.settings import Settings

NOTICE = "关于停车收费的通知\n一、收费标准\n首小时收费五元。\n2022年5月1日\n"


@pytest.fixture
def own_kb(make_home: Callable[[], Path], embedder: Embedder) -> Iterator[KnowledgeBase]:
    with open_knowledge_base(Settings(home=make_home()), embedder=embedder) as opened:
        yield opened


def task_for(path: Path) -> Task:
    source = Source(path=str(path), name=path.name)
    return Task(source=source, document_id="d", sha256="0", correction=Correction())


@pytest.mark.slow
def test_hostile_files_refused_by_name_and_others_ingested(tmp_path: Path, own_kb: KnowledgeBase):
    names = hostile.fill(tmp_path)
    (tmp_path / "停车.txt").write_text(NOTICE, "utf-8")
    (tmp_path / ("长" * 80)).mkdir()
    (tmp_path / ("长" * 80) / f"{'很长的文件名' * 13}.txt").write_text(NOTICE.replace("五", "九"), "utf-8")
    start = time.monotonic()
    files = [
        tmp_path / name for name in hostile.CONTENTS
    ]  # passed by name as well, in case a folder skips their formats
    result = ingest([tmp_path, *files], own_kb, progress=False)
    assert {failure.name for failure in result.failed} == names
    assert all(failure.reason for failure in result.failed)
    assert {name[:2] for name in result.created} == {"停车", "很长"}
    assert time.monotonic() - start < 120
    (oversized_name,) = {row.name for row in result.rows if row.name.startswith("一个G")}
    assert "1074 MB" in next(failure.reason for failure in result.failed if failure.name == oversized_name)
    assert ingest([tmp_path], own_kb, progress=False).created == ()


@contextmanager
def as_somebody_else() -> Iterator[None]:
    """Run the block as an ordinary user, because no permission stops root."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65_534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_unreadable_folder_reported_and_unreadable_file_refused():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "秘密.txt").write_text(NOTICE, "utf-8")
        (folder / "秘密.txt").chmod(0)
        (folder / "锁").mkdir(mode=0)
        with as_somebody_else():
            sources, failures = find_sources([folder])
            with pytest.raises(DocumentError, match="读不出来"):
                sources[0].sha256()
        assert [failure.name for failure in failures] == ["锁"]
        (folder / "锁").chmod(0o700)


def test_link_within_folder_read_and_link_leading_out_refused(tmp_path: Path):
    inside, outside = tmp_path / "文件", tmp_path / "别处.txt"
    inside.mkdir()
    outside.write_text(NOTICE, "utf-8")
    (inside / "停车.txt").write_text(NOTICE, "utf-8")
    (inside / "同一份.txt").symlink_to(inside / "停车.txt")
    (inside / "外面.txt").symlink_to(outside)
    (inside / "~$停车.txt").write_text("x", "utf-8")
    sources, failures = find_sources([inside])
    assert [source.name for source in sources] == ["停车.txt", "同一份.txt"]
    assert [failure.name for failure in failures] == ["外面.txt"]


def test_slow_file_abandoned_and_next_file_read(tmp_path: Path):
    (tmp_path / "慢.txt").write_text(NOTICE * 20_000, "utf-8")
    (tmp_path / "快.txt").write_text(NOTICE, "utf-8")
    with Readers(1, len, Limits(step_seconds=0.001)) as readers, pytest.raises(DocumentError, match="已放弃"):
        readers.read(task_for(tmp_path / "慢.txt"))
    with Readers(1, len, Limits(step_seconds=60)) as readers:
        assert readers.read(task_for(tmp_path / "快.txt")).document.title == "关于停车收费的通知"


def test_memory_hungry_file_refused_and_next_file_read(tmp_path: Path):
    (tmp_path / "大.txt").write_text("很长的一段没有句号的话，" * 2_500_000, "utf-8")
    (tmp_path / "小.txt").write_text(NOTICE, "utf-8")
    with Readers(1, len, Limits(memory_bytes=400_000_000)) as readers:
        with pytest.raises(DocumentError, match="内存"):
            readers.read(task_for(tmp_path / "大.txt"))
        assert readers.read(task_for(tmp_path / "小.txt")).document.title == "关于停车收费的通知"


def test_killed_reading_process_costs_one_file(tmp_path: Path):
    (tmp_path / "停车.txt").write_text(NOTICE, "utf-8")
    task = task_for(tmp_path / "停车.txt")
    others = set(psutil.Process().children())
    with Readers(1, len, Limits(step_seconds=59)) as readers:  # limits of its own: a process of its own
        readers.read(task)
        (child,) = set(psutil.Process().children()) - others
        child.kill()
        with pytest.raises(DocumentError, match="崩溃"):
            readers.read(task)
        assert readers.read(task).document.title == "关于停车收费的通知"
    assert not child.is_running()
