"""Nothing is fetched from anywhere: connections that leave this machine fail, here and in child processes."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from factories import WORK_PLAN
from pytest_socket import SocketConnectBlockedError

OFFLINE = Path(__file__).parent / "offline"


@pytest.mark.filterwarnings("ignore:A test tried to use")
def test_the_suite_cannot_reach_other_hosts():
    with socket.socket() as outside, pytest.raises(SocketConnectBlockedError):
        outside.connect(("192.0.2.1", 80))


def offline_environment(home: Path, log: Path) -> dict[str, str]:
    paths = os.pathsep.join([str(OFFLINE), os.environ.get("PYTHONPATH", "")])
    return {**os.environ, "PYTHONPATH": paths, "OFFLINE_LOG": str(log), "KB_HOME": str(home)}


def test_the_guard_of_child_processes_works(tmp_path: Path):
    code = "import socket; socket.create_connection(('192.0.2.1', 80), 1)"
    environment = offline_environment(tmp_path, tmp_path / "log")
    result = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert "tests run offline" in result.stderr
    assert "192.0.2.1" in (tmp_path / "log").read_text()


@pytest.mark.slow
def test_first_start_ingest_and_ask_reach_for_nothing(tmp_path: Path, make_home: Callable[[], Path]):
    """A fresh KB_HOME: the model is unpacked, a document ingested, a question answered."""
    environment = offline_environment(tmp_path / "home", tmp_path / "log")
    for command in (["ingest", str(WORK_PLAN)], ["kb", "ask", "街道要安排几名政策解答员？"]):
        result = subprocess.run(
            [sys.executable, "-m", *command], env=environment, capture_output=True, text=True
        )
        assert result.returncode == 0, result.stderr
    assert "至少安排1-2名政策解答员" in result.stdout
    assert not (tmp_path / "log").exists(), (tmp_path / "log").read_text()
