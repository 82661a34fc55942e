"""Nothing is fetched from other hosts: connections that leave this machine fail, also in child processes."""

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
def test_suite_cannot_reach_other_hosts():
    with socket.socket() as outside, pytest.raises(SocketConnectBlockedError):
        outside.connect(("192.0.2.1", 80))


def offline_environment(home: Path, log: Path) -> dict[str, str]:
    paths = os.pathsep.join([str(OFFLINE), os.environ.get("PYTHONPATH", "")])
    return {**os.environ, "PYTHONPATH": paths, "OFFLINE_LOG": str(log), "KB_HOME": str(home)}


def test_child_process_connection_is_blocked_and_logged(tmp_path: Path):
    code = "import socket; socket.create_connection(('192.0.2.1', 80), 1)"
    environment = offline_environment(tmp_path, tmp_path / "log")
    result = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert "tests run offline" in result.stderr
    assert "192.0.2.1" in (tmp_path / "log").read_text()


@pytest.mark.slow
def test_first_ingest_and_ask_make_no_connection(tmp_path: Path, make_home: Callable[[], Path]):
    """With a new KB_HOME: unpack the model, ingest a document, answer a question."""
    environment = offline_environment(tmp_path / "home", tmp_path / "log")
    for command in (["ingest", str(WORK_PLAN)], ["kb", "ask", "街道要安排几名政策解答员？"]):
        result = subprocess.run(
            [sys.executable, "-m", *command], env=environment, capture_output=True, text=True
        )
        assert result.returncode == 0, result.stderr
    assert "至少安排1-2名政策解答员" in result.stdout
    assert not (tmp_path / "log").exists(), (tmp_path / "log").read_text()
