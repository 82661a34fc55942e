"""Backup of the whole with PostgreSQL, and the drill that restores it beside the service."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from postgres import Cluster
from program import REPOSITORY, environment
from staffing import make_staff

from ingest.pipeline.run import ingest
from kb.embedding.embedder import Embedder
from kb.knowledge_base import open_knowledge_base
from kb.settings import Settings
from kb.staff.permissions import OPERATOR, Role

NOTICE = "关于下达道路养护经费的通知\n\n一、安排养护经费7万元。\n\n二、由区交通局负责实施。\n"


def run(home: Path, url: str | None, script: str, *words: str) -> subprocess.CompletedProcess[str]:
    variables = {**environment(home), "KB_READER": "off", **({"KB_DATABASE_URL": url} if url else {})}
    command = [sys.executable, f"scripts/{script}.py", *words]
    return subprocess.run(command, cwd=REPOSITORY, env=variables, capture_output=True, text=True)


@pytest.fixture(scope="module")
def url(cluster: Cluster) -> str:
    return cluster.new_database()


@pytest.fixture(scope="module")
def home(
    make_home: Callable[[], Path], embedder: Embedder, tmp_path_factory: pytest.TempPathFactory, url: str
) -> Path:
    """A knowledge base on PostgreSQL with a document, an account, an original and a key."""
    made = make_home()
    file = tmp_path_factory.mktemp("corpus") / "道路养护.txt"
    file.write_text(NOTICE, encoding="utf-8")
    with open_knowledge_base(Settings(home=made, database_url=url), embedder=embedder) as kb:
        assert not ingest([file], kb, progress=False).failed
        now = datetime.now(UTC)
        kb.staff.users.add(OPERATOR, make_staff(Role.EDITOR), "Long-Enough-1", now, must_change=False)
    (made / "documents").mkdir(exist_ok=True)
    (made / "documents" / "道路养护.txt").write_text(NOTICE, encoding="utf-8")
    (made / "accounts.key").write_bytes(b"k" * 32)
    return made


@pytest.fixture(scope="module")
def backup(home: Path, url: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    parent = tmp_path_factory.mktemp("backups")
    result = run(home, url, "backup_all", str(parent))
    assert result.returncode == 0, result.stderr
    (folder,) = parent.iterdir()
    return folder


def test_backup_holds_everything_and_is_closed_to_others(backup: Path):
    manifest = json.loads((backup / "manifest.json").read_text(encoding="utf-8"))
    assert set(manifest["files"]) == {"database.dump", "documents.tar", "accounts.key"}
    assert manifest["audit"]["entries"] > 0
    assert backup.stat().st_mode & 0o077 == 0


def test_backup_has_no_key_or_words_that_processes_share_for_minutes(backup: Path):
    command = ["pg_restore", "--list", str(backup / "database.dump")]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    tables = set(re.findall(r" TABLE DATA public (\w+)", listed))
    assert {"documents", "asked", "users"} <= tables
    assert tables.isdisjoint({"shared_secrets", "request_results", "rate_counts", "chunk_vectors"})


def test_drill_restores_answers_and_leaves_nothing(backup: Path, home: Path, url: str, cluster: Cluster):
    result = run(home, url, "restore_drill", str(backup), "--ask", "道路养护经费是多少？")
    assert result.returncode == 0, result.stderr
    assert "7万元" in result.stdout
    assert "文件 1" in result.stdout
    with psycopg.connect(cluster.url("postgres")) as connection:
        names = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE '%drill%'").fetchall()
    assert names == []


def test_drill_notices_a_damaged_backup(backup: Path, home: Path, url: str, tmp_path: Path):
    damaged = tmp_path / backup.name
    damaged.mkdir()
    for file in backup.iterdir():
        (damaged / file.name).write_bytes(file.read_bytes())
    content = bytearray((damaged / "database.dump").read_bytes())
    content[len(content) // 2] ^= 1
    (damaged / "database.dump").write_bytes(content)
    result = run(home, url, "restore_drill", str(damaged))
    assert result.returncode == 1
    assert "database.dump" in result.stderr
