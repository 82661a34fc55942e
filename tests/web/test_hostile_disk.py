"""The program on a disk that is full, and on files that were damaged: it goes on, mends itself or says so."""

import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from copying import copy_of
from program import REPOSITORY, Program, environment, running
from small_disk import fill, free, small_disk

from ingest.pipeline.run import ingest
from kb.embedding.embedder import Embedder
from kb.knowledge_base import open_knowledge_base
from kb.settings import Settings

pytestmark = [pytest.mark.hostile, pytest.mark.slow]

QUESTION = "第3号地块养护经费是多少？"
ANSWER = "3万元"
LEFT = {"text": "公园几点关门？"}
COUNT = 40
MODEL, VECTORS = "models/*/model.safetensors", "index/*/segments/*/vector_storage-dense/vectors/chunk_0.mmap"


def notice(number: int) -> str:
    return (
        f"关于第{number}号地块绿化养护的通知\n一、养护标准\n第{number}号地块每月浇水{number}次，由区城管局检查。\n"
        f"二、经费\n第{number}号地块养护经费为{number}万元，由区财政局拨付。\n2022年5月{number % 28 + 1}日\n"
    )


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of notices."""
    folder = tmp_path_factory.mktemp("corpus")
    for number in range(1, COUNT + 1):
        (folder / f"通知{number:02}.txt").write_text(notice(number), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def stored(
    make_home: Callable[[], Path],
    embedder: Embedder,
    corpus: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """A KB_HOME with all notices, closed; only copies of it are used."""
    home = make_home()
    with open_knowledge_base(Settings(home=home), embedder=embedder) as kb:
        assert not ingest([corpus], kb, progress=False).failed
    return home


def assert_answers(program: Program) -> None:
    response = program.ask(QUESTION)
    assert response.status_code == 200, response.text
    assert ANSWER in response.json()["text"]


def assert_refused(response: httpx.Response) -> None:
    assert response.status_code == 507
    assert "磁盘空间不足" in response.json()["error"]


def bring_in(home: Path, file: Path) -> subprocess.CompletedProcess[str]:
    """`python -m ingest`, carried out by the running service."""
    command = [sys.executable, "-m", "ingest", str(file)]
    return subprocess.run(command, cwd=REPOSITORY, env=environment(home), capture_output=True, text=True)


def test_full_disk_is_survived_and_recovered_from(stored: Path, corpus: Path, tmp_path: Path):
    (tmp_path / "新.txt").write_text(notice(99), encoding="utf-8")
    with small_disk(tmp_path / "disk", 400) as disk:
        home = copy_of(stored, disk / "home")
        with running(home, corpus, tmp_path / "log") as program:
            program.wait_until_ready()
            assert_answers(program)
            for _ in range(2):
                fill(disk)
                for _ in range(3):
                    assert_answers(program)
                assert_refused(program.client.post("/api/questions", json=LEFT))
                refused = bring_in(home, tmp_path / "新.txt")
                assert refused.returncode == 1
                assert "磁盘空间不足" in refused.stderr
                assert program.client.get("/").status_code == 200
                ready = program.client.get("/readyz")
                assert (ready.status_code, ready.json()["parts"]["disk"]["state"]) == (200, "low")
                assert ready.json()["documents"] == COUNT
                free(disk)
                assert program.client.post("/api/questions", json=LEFT).status_code == 201
            assert bring_in(home, tmp_path / "新.txt").returncode == 0
            assert program.documents == COUNT + 1
            fill(disk)
            assert program.stop() == 0
        log = tmp_path / "log2"
        with running(home, corpus, log) as program:  # on the full disk
            assert program.client.get("/healthz").json() == {"status": "ok"}
            assert program.client.get("/").status_code == 200
            assert program.ask(QUESTION).status_code in (200, 503)
            free(disk)
            program.wait_until_ready()
            assert_answers(program)
            assert program.documents == COUNT + 1
            assert program.stop() == 0


def test_disk_that_fills_up_while_documents_come_in_loses_none(
    make_home: Callable[[], Path], embedder: Embedder, corpus: Path, tmp_path: Path
):
    home = make_home()
    with open_knowledge_base(Settings(home=home), embedder=embedder) as kb:
        assert not ingest([corpus / "通知03.txt"], kb, progress=False).failed
    with small_disk(tmp_path / "disk", 400) as disk:
        home = copy_of(home, disk / "home")
        with running(home, corpus, tmp_path / "log") as program:
            program.wait_until_ready()
            for _ in range(20):
                fill(disk)
                assert_answers(program)
                free(disk)
                time.sleep(0.2)
            program.wait_for(lambda: program.documents == COUNT)
            assert program.stop() == 0


def start(home: Path) -> subprocess.CompletedProcess[str]:
    """Run app.py, which must exit by itself."""
    command = [sys.executable, "app.py"]
    return subprocess.run(command, cwd=REPOSITORY, env=environment(home), capture_output=True, text=True)


def test_first_start_without_room_says_one_sentence(make_home: Callable[[], Path], tmp_path: Path):
    with small_disk(tmp_path / "disk", 64) as disk:
        result = start(copy_of(make_home(), disk / "home"))
        assert result.returncode == 1
        assert "磁盘空间不足" in result.stderr.splitlines()[-1]
        assert "Traceback" not in result.stderr


def spoil(file: Path) -> None:
    """Exchange 4,096 bytes in the middle of what a file holds."""
    held = min(file.stat().st_size, file.stat().st_blocks * 512)
    with file.open("r+b") as opened:
        opened.seek(max(0, held // 2 - 2_048))
        before = opened.read(4_096)
        opened.seek(-len(before), 1)
        opened.write(bytes(byte ^ 0x5A for byte in before))


def stop(program: Program) -> None:
    assert program.stop() == 0


@pytest.fixture(scope="module", params=[stop, Program.kill], ids=["stopped", "killed"])
def used(
    request: pytest.FixtureRequest,
    stored: Path,
    models_dir: Path,
    corpus: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """A KB_HOME that a service has used and left, with a model of its own; only copies of it are used."""
    folder = tmp_path_factory.mktemp("used")
    home = copy_of(stored, folder / "home")
    (home / "models").unlink()
    shutil.copytree(models_dir, home / "models")
    with running(home, corpus, folder / "log", console=False) as program:
        program.wait_until_ready()
        assert_answers(program)
        program.wait_for(lambda: list(home.glob("index/*/seal.json")))
        request.param(program)
    return home


@pytest.mark.parametrize(
    "pattern", ["models/*/model.safetensors", "index/*/segments/*/*-dense/*/chunk_0.mmap"]
)
def test_damaged_model_and_index_are_noticed_and_made_anew(
    used: Path, corpus: Path, tmp_path: Path, pattern: str
):
    home = copy_of(used, tmp_path / "home")
    (file,) = home.glob(pattern)
    spoil(file)
    with running(home, corpus, tmp_path / "log", console=False) as program:
        program.wait_until_ready()
        assert file.name in program.log
        assert "已损坏" in program.log
        assert_answers(program)
        assert program.documents == COUNT
        assert program.stop() == 0


def test_damaged_database_is_noticed_and_named(stored: Path, tmp_path: Path):
    home = copy_of(stored, tmp_path / "home")
    spoil(home / "kb.sqlite")
    result = start(home)
    assert result.returncode == 1
    (line,) = result.stderr.strip().splitlines()
    assert str(home / "kb.sqlite") in line
    assert "已损坏" in line
    assert "kb restore" in line


def test_restored_database_rebuilds_its_index_while_the_service_serves(
    stored: Path, corpus: Path, tmp_path: Path
):
    """From a backup, as the sentence on a damaged database says."""
    home, file = copy_of(stored, tmp_path / "home"), tmp_path / "backup.zip"

    def kb(*words: str) -> None:
        command = [sys.executable, "-m", "kb", *words]
        result = subprocess.run(
            command, cwd=REPOSITORY, env=environment(home), capture_output=True, text=True
        )
        assert result.returncode == 0, result.stderr

    kb("backup", str(file))
    spoil(home / "kb.sqlite")
    (home / "kb.sqlite").rename(home / "kb.sqlite.damaged")
    kb("restore", str(file))
    with running(home, corpus, tmp_path / "log", console=False) as program:
        assert program.client.get("/").status_code == 200
        assert program.client.post("/api/questions", json=LEFT).status_code == 201
        program.wait_until_ready()
        assert_answers(program)
        assert program.stop() == 0
