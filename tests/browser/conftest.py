"""A real browser on a real server: Debian's Chromium, and `python app.py` in a process of its own."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

REPOSITORY = Path(__file__).parents[2]
OFFLINE = REPOSITORY / "tests" / "offline"  # its sitecustomize refuses and logs foreign connections
START_SECONDS = 240  # the first start on a busy machine: unpack the model, ingest corpus/
PHONE = (360, 640)
DESKTOP = (1366, 768)
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def require_chromium() -> str:
    """Path of Chromium; without it tests are skipped on a laptop and fail in CI."""
    path = shutil.which("chromium")
    if path is None:
        line = "浏览器测试需要 chromium；请以 root 运行 scripts/system-packages"
        if os.environ.get("CI") == "true":
            pytest.fail(line)
        pytest.skip(line)
    return path


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the session."""
    path = require_chromium()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=list(_ARGUMENTS))
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def base_url(make_home: Callable[[], Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the running program.

    It is stopped with Ctrl+C and must end cleanly, without having tried to reach any other host.
    """
    require_chromium()
    port = _free_port()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KB_")}
    folder = tmp_path_factory.mktemp("server")
    log, calls = folder / "log", folder / "calls"
    environment = {
        **kept,
        "KB_HOME": str(make_home()),
        "KB_PORT": str(port),
        "PYTHONPATH": str(OFFLINE),
        "OFFLINE_LOG": str(calls),
    }
    with log.open("w", encoding="utf-8") as output:
        server = subprocess.Popen(
            [sys.executable, "app.py"], cwd=REPOSITORY, env=environment, stdout=output, stderr=output
        )
    try:
        _wait_for(f"http://127.0.0.1:{port}/console/", server, log)  # the last to come up
        yield f"http://127.0.0.1:{port}"
        server.send_signal(signal.SIGINT)
        status = server.wait(30)
        ended = log.read_text(encoding="utf-8")
        assert status == 0, ended
        assert "Traceback" not in ended, ended
        assert not calls.exists(), calls.read_text(encoding="utf-8")
    finally:
        server.kill()
        server.wait()


@pytest.fixture
def open_page(browser: Browser, base_url: str) -> Iterator[Callable[..., Page]]:
    """Opens a path in a fresh context; what the page requested and logged is kept on it."""
    contexts: list[BrowserContext] = []

    def opened(path: str = "/", size: tuple[int, int] = DESKTOP) -> Page:
        width, height = size
        context = browser.new_context(
            base_url=base_url, viewport={"width": width, "height": height}, locale="zh-CN"
        )
        contexts.append(context)
        page = context.new_page()
        page.goto(path)
        return page

    yield opened
    for context in contexts:
        context.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert server.poll() is None, log.read_text(encoding="utf-8")
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    raise AssertionError(f"the server did not start: {log.read_text(encoding='utf-8')}")
