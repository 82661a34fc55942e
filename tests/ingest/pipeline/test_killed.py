"""kill -9 during an ingest: every document reported as stored is there, the next start repairs the rest."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.pipeline.run import ingest
from kb.embedding.embedder import Embedder
from kb.knowledge_base import open_knowledge_base
from kb.models import Filters
from kb.settings import Settings

pytestmark = pytest.mark.hostile

DOCUMENTS = 120


def notice(number: int) -> str:
    return (
        f"关于第{number}号地块绿化养护的通知\n一、养护标准\n第{number}号地块每月浇水{number}次，由区城管局检查。\n"
        f"二、经费\n第{number}号地块养护经费为{number}万元，由区财政局拨付。\n2022年5月{number % 28 + 1}日\n"
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(1, DOCUMENTS + 1):
        (tmp_path / f"通知{number:03}.txt").write_text(notice(number), encoding="utf-8")
    return tmp_path


def start_ingest(folder: Path, home: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "ingest", str(folder)],
        env={**os.environ, "KB_HOME": str(home)},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )


def kill_after(process: subprocess.Popen[str], reports: int) -> list[str]:
    """Read `reports` lines on stored documents, kill the process, return all documents reported by then."""
    assert process.stderr is not None
    done: list[str] = []
    for line in process.stderr:
        if match := re.match(r"已入库：(\S+\.txt)", line):
            done.append(match[1])
        if len(done) == reports:
            os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stderr.close()
    return done


@pytest.mark.slow
@pytest.mark.parametrize("reports", [1, 65])
def test_killed_ingest_loses_no_reported_document(
    folder: Path, make_home: Callable[[], Path], reports: int, embedder: Embedder
):
    home = make_home()
    done = kill_after(start_ingest(folder, home), reports)
    assert reports <= len(done) < DOCUMENTS, "killed too late for the test to mean anything"
    with open_knowledge_base(Settings(home=home), embedder=embedder) as kb:
        stored = {summary.source for summary in kb.storage.documents.summaries()}
        assert stored >= set(done)
        assert kb.retrieval.store.chunk_ids() == kb.storage.documents.chunk_ids()
        number = int(done[-1][2:5])
        hits = kb.retrieval.retriever.retrieve(f"第{number}号地块养护经费", Filters(), 1).kept
        assert f"{number}万元" in hits[0].chunk.text
        result = ingest([folder], kb, progress=False)
        assert len(result.unchanged) == len(stored)
        assert len(result.created) == DOCUMENTS - len(stored)


@pytest.mark.slow
def test_second_process_refused_with_id_of_holder(
    folder: Path, make_home: Callable[[], Path], embedder: Embedder
):
    home = make_home()
    with open_knowledge_base(Settings(home=home), embedder=embedder) as kb:
        ingest([folder / "通知001.txt"], kb, progress=False)
        other = start_ingest(folder, home)
        _, message = other.communicate()
        assert other.returncode == 1
        assert f"进程 {os.getpid()}" in message
        assert "Traceback" not in message
        assert len(kb.storage.documents.summaries()) == 1


def test_lost_index_rebuilt_from_sql(folder: Path, make_home: Callable[[], Path], embedder: Embedder):
    home = make_home()
    with open_knowledge_base(Settings(home=home), embedder=embedder) as kb:
        ingest([folder / "通知007.txt"], kb, progress=False)
    shutil.rmtree(home / "index")
    with open_knowledge_base(Settings(home=home), embedder=embedder) as kb:
        assert "7万元" in kb.retrieval.retriever.retrieve("养护经费", Filters(), 1).kept[0].chunk.text


def test_damaged_index_moved_aside_and_rebuilt(
    folder: Path, make_home: Callable[[], Path], embedder: Embedder
):
    home = make_home()
    with open_knowledge_base(Settings(home=home), embedder=embedder) as kb:
        ingest([folder / "通知007.txt"], kb, progress=False)
    (config,) = (home / "index").glob("*/edge_config.json")
    config.write_text("{ broken", encoding="utf-8")
    sentences: list[str] = []
    with open_knowledge_base(Settings(home=home), sentences.append, embedder=embedder) as kb:
        assert "7万元" in kb.retrieval.retriever.retrieve("养护经费", Filters(), 1).kept[0].chunk.text
    assert any("重建" in sentence for sentence in sentences)
    assert list((home / "index").glob("*.damaged-*"))
