"""Fetch a web page into a file in the knowledge base's folder, from the sites that the operator allows.

Only http and https and only hosts of KB_FETCH_HOSTS; each redirect is checked again, so that no page can lead
the server to machines of its own network. Size and time are limited. The address is kept in a side file, so
that citations lead to the page.
"""

import hashlib
import re
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import httpx
import yaml

from ingest.limits import LIMITS, megabytes
from ingest.readers.read import SUPPORTED_SUFFIXES
from ingest.sources.side_file import side_file_of
from ingest.sources.source import Failure
from kb.errors import DocumentError

PAGES = "pages"  # folder below KB_HOME
_REDIRECTS = 5
_SECONDS = 60.0  # for a file of a hundred megabytes
_WAIT = 15.0  # seconds for a response to begin or continue
_SCHEMES = ("http://", "https://")
_UNSAFE = re.compile(r"[^\w.\-（）〔〕]+")
_AGENT = {"User-Agent": "policy-qa-kb"}


def fetched(
    named: Sequence[str], hosts: Sequence[str], folder: Path
) -> tuple[list[Path], tuple[Failure, ...]]:
    """The files of `named` (web pages fetched into `folder`), and the pages that could not be fetched."""
    files: list[Path] = []
    failures: list[Failure] = []
    for name in named:
        if not is_address(name):
            files.append(Path(name))
            continue
        try:
            files.append(fetch(name, hosts, folder))
        except DocumentError as error:
            failures.append(Failure(name=name, reason=str(error)))
    return files, tuple(failures)


def is_address(name: str) -> bool:
    """Whether `name` is the address of a web page rather than a file."""
    return name.lower().startswith(_SCHEMES)


def fetch(url: str, hosts: Sequence[str], folder: Path) -> Path:
    """Save the page at `url` as a file in `folder`, under the same name each time.

    `hosts`: the allowed host names; ".gov.cn" allows all hosts below it.

    Raises:
        DocumentError: the address is not allowed, does not answer, or gives no document.
    """
    content, kind = _content(url, hosts)
    path = folder / _file_name(url, kind)
    folder.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    beside = side_file_of(path)
    if not beside.exists():
        beside.write_text(yaml.safe_dump({"url": url}, allow_unicode=True), encoding="utf-8")
    return path


def _content(url: str, hosts: Sequence[str]) -> tuple[bytes, str]:
    """The body and its content type; redirects to allowed hosts are followed."""
    deadline = time.monotonic() + _SECONDS
    with httpx.Client(timeout=_WAIT, headers=_AGENT, follow_redirects=False) as client:
        for _ in range(_REDIRECTS + 1):
            _check(url, hosts)
            try:
                with client.stream("GET", url) as response:
                    if response.is_redirect:
                        url = urljoin(url, response.headers.get("location", ""))
                        continue
                    if response.status_code != httpx.codes.OK:
                        raise DocumentError(f"{url} 回应 {response.status_code}，没有取到网页；请核对网址")
                    return _body(response, deadline), response.headers.get("content-type", "")
            except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
                raise DocumentError(f"{url} 取不到（{error}）；请核对网址和网络") from error
    raise DocumentError(f"{url} 转来转去超过 {_REDIRECTS} 次，没有取到网页；请核对网址")


def _check(url: str, hosts: Sequence[str]) -> None:
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
    except ValueError as error:
        raise DocumentError(f"{url} 不是网址；应如 https://www.example.gov.cn/zwgk/1.html") from error
    allowed = any(host == name or (name.startswith(".") and host.endswith(name)) for name in hosts)
    if parts.scheme not in ("http", "https") or not host or not allowed:
        raise DocumentError(
            f"{url} 不在允许抓取的网站之列；"
            f"请由管理员把 {host or '该网站'} 加入 KB_FETCH_HOSTS，或保存网页后导入文件"
        )


def _body(response: httpx.Response, deadline: float) -> bytes:
    pieces, size = [], 0
    for piece in response.iter_bytes():
        size += len(piece)
        if size > LIMITS.file_bytes:
            raise DocumentError(f"{response.url} 超过上限 {megabytes(LIMITS.file_bytes)}，没有读取")
        if time.monotonic() > deadline:
            raise DocumentError(f"{response.url} 超过 {_SECONDS:.0f} 秒没有传完，已停止；请稍后再试")
        pieces.append(piece)
    return b"".join(pieces)


def _file_name(url: str, kind: str) -> str:
    """Host, last part of the address, and a digest that tells two addresses apart."""
    parts = urlsplit(url)
    last = unquote(parts.path.rstrip("/").rpartition("/")[2])
    stem, _, ending = last.rpartition(".")
    suffix = f".{ending.lower()}"
    if suffix not in SUPPORTED_SUFFIXES or (kind and "html" in kind):
        stem, suffix = stem or last, ".html"
    digest = hashlib.sha256(url.encode()).hexdigest()[:8]
    return _UNSAFE.sub("_", f"{parts.hostname}_{stem[:60]}_{digest}") + suffix
