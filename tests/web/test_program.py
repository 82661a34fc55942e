"""app.py started as a program: a failed start prints one Chinese sentence and leaves nothing behind."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from kb.staff.permissions import Role
from kb.storage.home import HomeLock

REPOSITORY = Path(__file__).parents[2]


def start(**variables: str) -> subprocess.CompletedProcess[str]:
    """Run app.py, which must exit by itself."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("KB_")}
    return subprocess.run(
        [sys.executable, "app.py"],
        cwd=REPOSITORY,
        env={**environment, **variables},
        capture_output=True,
        text=True,
        timeout=60,
    )


def assert_one_sentence(result: subprocess.CompletedProcess[str], words: str) -> None:
    assert result.returncode == 1
    assert words in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1, result.stderr


def test_taken_port_is_reported_and_no_home_created(tmp_path: Path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        assert_one_sentence(start(KB_HOME=str(tmp_path / "home"), KB_PORT=port), f"127.0.0.1:{port}")
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        pytest.param({"KB_PORT": "99999"}, "99999", id="no such port"),
        pytest.param({"KB_PORT": "many"}, "KB_PORT", id="port a word"),
        pytest.param({"KB_PROT": "80"}, "KB_PROT", id="misspelt"),
        pytest.param({"KB_HOST": "192.0.2.1"}, "192.0.2.1", id="not an address of this machine"),
    ],
)
def test_wrong_settings_are_reported(tmp_path: Path, variables: dict[str, str], words: str):
    assert_one_sentence(start(KB_HOME=str(tmp_path), **variables), words)


def test_home_in_use_is_reported(make_home: Callable[[], Path]):
    home = make_home()
    with HomeLock(home):
        assert_one_sentence(start(KB_HOME=str(home), KB_PORT="0"), "正被")


def test_console_shows_starting_page_before_load(login: Callable[..., TestClient]):
    page = login(Role.ANSWERER).get("/console")
    assert page.status_code == 503
    assert "正在启动" in page.text
    assert 'http-equiv="refresh"' in page.text
