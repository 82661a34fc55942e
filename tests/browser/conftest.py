"""A real browser on a real server: Debian's Chromium, and `python app.py` in its own process.

The widget is tested on a portal of another origin: the pages of tests/browser/portal, served by a second
server. The test data holds HTML wherever a document, an FAQ entry or a contact could bring it to citizens.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.cookiejar import CookieJar
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from citizen import XSS_CONTACT, XSS_DOCUMENT, XSS_FAQ
from factories import CORPUS
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from staffing import PASSWORD, make_staff

from ingest.pipeline.run import ingest
from kb.embedding.embedder import Embedder
from kb.knowledge_base import open_knowledge_base
from kb.settings import Settings
from kb.staff.permissions import OPERATOR, Role

REPOSITORY = Path(__file__).parents[2]
OFFLINE = REPOSITORY / "tests" / "offline"  # its sitecustomize refuses and logs foreign connections
PORTAL = Path(__file__).parent / "portal"
STATE_MS = 60_000  # until a page must show what a test waits for, also on a busy machine
START_SECONDS = 240  # on a busy machine: load the model, build the console, try the starter questions
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
    """The path of Chromium; without it tests are skipped, and fail in CI."""
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
    expect.set_options(timeout=STATE_MS)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=list(_ARGUMENTS))
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def home(make_home: Callable[[], Path], embedder: Embedder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """KB_HOME of the program: a document, an FAQ entry, a contact full of HTML; an account of each role.

    The documents of corpus/ are ingested here, with the vectors that all tests remember: the program, which
    finds them unchanged, would take a minute.
    """
    folder = make_home()
    file = tmp_path_factory.mktemp("documents") / "夜间停车.md"
    file.write_text(XSS_DOCUMENT, encoding="utf-8")
    with open_knowledge_base(Settings(home=folder), embedder=embedder) as kb:
        assert not ingest([file, CORPUS], kb, progress=False).failed
        kb.faq.entries.put([XSS_FAQ])
        kb.staff.contacts.replace([XSS_CONTACT])
        for role in Role:
            kb.staff.users.add(OPERATOR, make_staff(role), PASSWORD, datetime.now(UTC), must_change=False)
    return folder


@pytest.fixture(scope="session")
def ports() -> tuple[int, int]:
    """The ports of the program and of the portal."""
    with socket.socket() as program, socket.socket() as portal:
        program.bind(("127.0.0.1", 0))
        portal.bind(("127.0.0.1", 0))
        return program.getsockname()[1], portal.getsockname()[1]


@pytest.fixture(scope="session")
def base_url(home: Path, ports: tuple[int, int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the running program.

    At the end it gets Ctrl+C and must exit cleanly, without having tried to reach any other host.
    """
    require_chromium()
    port, portal_port = ports
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("KB_")}
    folder = tmp_path_factory.mktemp("server")
    log, calls = folder / "log", folder / "calls"
    environment = {
        **inherited,
        "KB_HOME": str(home),
        "KB_PORT": str(port),
        "KB_ALLOWED_ORIGINS": f"http://127.0.0.1:{portal_port}",
        "KB_RATE_ADDRESS": "0",
        "KB_RATE_SESSION": "0",
        "PYTHONPATH": str(OFFLINE),
        "OFFLINE_LOG": str(calls),
    }
    with log.open("w", encoding="utf-8") as output:
        server = subprocess.Popen(
            [sys.executable, "app.py"], cwd=REPOSITORY, env=environment, stdout=output, stderr=output
        )
    try:
        _wait_for(f"http://127.0.0.1:{port}", server, log)
        yield f"http://127.0.0.1:{port}"
        server.send_signal(signal.SIGINT)
        status = server.wait(60)
        output_text = log.read_text(encoding="utf-8")
        assert status == 0, output_text
        assert "Traceback" not in output_text, output_text
        assert not calls.exists(), calls.read_text(encoding="utf-8")
    finally:
        server.kill()
        server.wait()


@pytest.fixture(scope="session")
def portal_url(ports: tuple[int, int], base_url: str) -> Iterator[str]:
    """The address of the portal that embeds the widget."""

    class Handler(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            file = PORTAL / self.path.lstrip("/")
            if not file.is_file():  # browsers look for /favicon.ico
                self.send_error(404)
                return
            body = file.read_text(encoding="utf-8").replace("{widget}", base_url).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", ports[1]), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{ports[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def open_page(browser: Browser, base_url: str) -> Iterator[Callable[..., Page]]:
    """open_page(path, size, **options): a page in a new Playwright context with these `options`."""
    contexts: list[BrowserContext] = []

    def opened(path: str = "/chat", size: tuple[int, int] = DESKTOP, **options: object) -> Page:
        width, height = size
        context = browser.new_context(
            base_url=base_url, viewport={"width": width, "height": height}, locale="zh-CN", **options
        )
        context.set_default_timeout(STATE_MS)
        contexts.append(context)
        page = context.new_page()
        page.goto(path)
        return page

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def open_console(open_page: Callable[..., Page]) -> Callable[..., Page]:
    """open_console(role, size): the console in a new context, signed in with `role`."""

    def opened(role: Role = Role.ADMIN, size: tuple[int, int] = DESKTOP) -> Page:
        page = open_page("/console", size)
        page.get_by_label("账号").fill(make_staff(role).name)
        page.get_by_label("密码").fill(PASSWORD)
        page.get_by_role("button", name="登录").click()
        expect(page.get_by_role("tab", name="检索")).to_be_visible()
        return page

    return opened


def _wait_for(base: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until the service has the console, the documents of corpus/ and starter questions on them."""
    form = urllib.parse.urlencode({"name": "admin", "password": PASSWORD}).encode()
    cookies = CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(cookies))
    documents = len([*CORPUS.glob("*.md"), *CORPUS.glob("*.txt")]) - 1  # SOURCES.md is none

    def fetched(path: str, data: bytes | None = None) -> bytes:
        with opener.open(base + path, data, timeout=5) as reply:
            return bytes(reply.read())

    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert server.poll() is None, log.read_text(encoding="utf-8")
        try:
            if not len(cookies):
                fetched("/login", form)
            fetched("/console/")
            is_filled = json.loads(fetched("/readyz"))["documents"] > documents
            if is_filled and json.loads(fetched("/api/welcome"))["topics"]:
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            pass
        time.sleep(0.2)
    raise AssertionError(f"the server did not start: {log.read_text(encoding='utf-8')}")
