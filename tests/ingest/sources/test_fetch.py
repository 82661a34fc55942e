"""ingest.sources.fetch: pages and redirects of allowed sites only; a real local server answers."""

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from ingest.limits import Limits
from ingest.readers.read import read
from ingest.sources import fetch as fetching
from ingest.sources.fetch import fetch, fetched
from ingest.sources.side_file import read_side_file
from kb.errors import DocumentError, SettingsError
from kb.settings import read_settings

PAGE = (
    "<html><head><meta charset='utf-8'></head><body><p>一次性创业补贴每人5000元。</p></body></html>".encode()
)


class Site(BaseHTTPRequestHandler):
    """A site with a page, redirects to it and redirects away from it."""

    hosts: ClassVar[list[str]] = []  # as requests name them

    def do_GET(self) -> None:
        moves = {
            "/old": "/zwgk/t1.html",
            "/away": "http://localhost:1/x",
            "/loop": "/loop",
            "/file": "file:///etc/hosts",
            "/inside": "http://oa.xunyang.gov.cn/x",
        }
        Site.hosts.append(self.headers["Host"])
        self.send_response(302 if self.path in moves else 200 if self.path.startswith("/zwgk") else 404)
        if self.path in moves:
            self.send_header("Location", moves[self.path])
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("address", ["/zwgk/t1.html", "/old", "/zwgk/article.do?id=7", "/zwgk/"])
def test_fetched_page_becomes_file_with_its_address(site: str, tmp_path: Path, address: str):
    path = fetch(site + address, ("127.0.0.1",), tmp_path / "pages")
    assert read(path).text.strip() == "一次性创业补贴每人5000元。"
    assert read_side_file(path).url == site + address
    assert fetch(site + address, ("127.0.0.1",), tmp_path / "pages") == path
    assert path.parent == tmp_path / "pages"


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("/missing", "回应 404"),
        ("/away", "不在允许抓取的网站之列；请由管理员把 localhost 加入"),
        ("/file", "不在允许抓取的网站之列"),
        ("/loop", "转来转去"),
    ],
)
def test_missing_page_or_forbidden_redirect_refused(site: str, tmp_path: Path, address: str, words: str):
    with pytest.raises(DocumentError, match=words):
        fetch(site + address, ("127.0.0.1",), tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("hosts", "url"),
    [
        ((), "http://www.xunyang.gov.cn/1.html"),
        (("www.xunyang.gov.cn",), "http://xunyang.gov.cn/1.html"),
        ((".gov.cn",), "http://www.gov.cn.example.com/1.html"),
        ((".gov.cn",), "http://evilgov.cn/1.html"),
        ((".gov.cn",), "http://www.xunyang.gov.cn@127.0.0.1/1.html"),
        ((".gov.cn",), "http://[::1/1.html"),
    ],
)
def test_address_of_host_not_allowed_refused(tmp_path: Path, hosts: tuple[str, ...], url: str):
    with pytest.raises(DocumentError, match=r"不在允许抓取的网站之列|不是网址"):
        fetch(url, hosts, tmp_path)


def test_fetched_mixes_files_pages_and_failures(site: str, tmp_path: Path):
    good, bad = f"{site}/zwgk/t1.html", f"{site}/missing"
    files, failures = fetched(["corpus/通知.txt", good, bad], ("127.0.0.1",), tmp_path)
    assert files == [Path("corpus/通知.txt"), fetch(good, ("127.0.0.1",), tmp_path)]
    assert [failure.name for failure in failures] == [bad]


def test_unreachable_server_raises_document_error(tmp_path: Path):
    with pytest.raises(DocumentError, match="取不到"):
        fetch("http://127.0.0.1:1/zwgk/1.html", ("127.0.0.1",), tmp_path)


def test_page_over_size_limit_refused(site: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(fetching, "LIMITS", Limits(file_bytes=50))
    with pytest.raises(DocumentError, match="超过上限"):
        fetch(f"{site}/zwgk/t1.html", ("127.0.0.1",), tmp_path)


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """A name server: name -> its addresses, one for each lookup, the last one from then on."""
    answers: dict[str, list[str]] = {}
    look_up = socket.getaddrinfo

    def answered(host: str, *args: object, **kwargs: object) -> object:
        told = answers.get(host)
        address = host if told is None else told.pop(0) if len(told) > 1 else told[0]
        return look_up(address, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", answered)
    return answers


@pytest.mark.hostile
@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1"),
        *("::1", "fd00::1", "fe80::1", "::ffff:10.1.2.3", "64:ff9b::a01:203", "2002:a01:203::1"),
    ],
)
def test_name_of_a_private_address_refused(tmp_path: Path, names: dict[str, list[str]], address: str):
    names["www.xunyang.gov.cn"] = [address]
    with pytest.raises(DocumentError, match="在内部网络"):
        fetch("http://www.xunyang.gov.cn/zwgk/1.html", (".gov.cn",), tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.hostile
def test_redirect_to_the_name_of_a_private_address_refused(
    site: str, tmp_path: Path, names: dict[str, list[str]]
):
    names["oa.xunyang.gov.cn"] = ["10.1.2.3"]
    with pytest.raises(DocumentError, match=r"oa\.xunyang\.gov\.cn 的地址 10\.1\.2\.3 在内部网络"):
        fetch(f"{site}/inside", (".gov.cn", "127.0.0.1"), tmp_path)


@pytest.mark.hostile
def test_connection_goes_to_the_address_that_was_checked(
    site: str, tmp_path: Path, names: dict[str, list[str]]
):
    names["www.xunyang.gov.cn"] = ["127.0.0.1", "10.1.2.3"]  # another answer to a second lookup
    port = site.rpartition(":")[2]
    path = fetch(f"http://www.xunyang.gov.cn:{port}/zwgk/1.html", (".gov.cn", "127.0.0.1"), tmp_path)
    assert read_side_file(path).url == f"http://www.xunyang.gov.cn:{port}/zwgk/1.html"
    assert Site.hosts[-1] == f"www.xunyang.gov.cn:{port}"
    assert names["www.xunyang.gov.cn"] == ["10.1.2.3"]


@pytest.mark.hostile
def test_user_name_and_password_kept_nowhere(site: str, tmp_path: Path):
    address = site.replace("//", "//me:secret@")
    path = fetch(f"{address}/zwgk/t1.html", ("127.0.0.1",), tmp_path)
    assert path == fetch(f"{site}/zwgk/t1.html", ("127.0.0.1",), tmp_path)
    assert all(b"secret" not in file.read_bytes() for file in tmp_path.iterdir())
    _, (failure,) = fetched([f"{address}/missing"], ("127.0.0.1",), tmp_path)
    assert "secret" not in failure.name + failure.reason


def test_empty_fetch_hosts_setting_allows_none():
    assert read_settings({"KB_FETCH_HOSTS": ""}).fetch_hosts == ()


@pytest.mark.parametrize("value", ["http://www.gov.cn", "*.gov.cn", "www.gov.cn/zwgk"])
def test_fetch_hosts_setting_refuses_other_than_host_names(monkeypatch: pytest.MonkeyPatch, value: str):
    monkeypatch.setenv("KB_FETCH_HOSTS", value)
    with pytest.raises(SettingsError, match="不是网站的域名"):
        read_settings()
