"""Fetch a web page into a file in the knowledge base's folder, from the sites that the operator allows.

Only http and https, only hosts of KB_FETCH_HOSTS, and only public addresses: a name is looked up once and the
connection is made to the address that was checked, so that neither a page nor a name server can lead the
server to machines of its own network. An address of that network is used when KB_FETCH_HOSTS lists it too.
Each redirect is checked again. A user name and password in a web address are dropped. Size and time are
limited. The address is kept in a side file, so that citations lead to the page.
"""

import hashlib
import re
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
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
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address
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
            failures.append(Failure(name=_without_credentials(name), reason=str(error)))
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
    url = _without_credentials(url)
    content, kind = _content(url, hosts)
    path = folder / _file_name(url, kind)
    folder.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    beside = side_file_of(path)
    if not beside.exists():
        beside.write_text(yaml.safe_dump({"url": url}, allow_unicode=True), encoding="utf-8")
    return path


def _without_credentials(url: str) -> str:
    """`url` without user:password@ before the host.

    >>> _without_credentials("https://me:secret@www.gov.cn/a@b")
    'https://www.gov.cn/a@b'
    """
    scheme, separator, rest = url.partition("//")
    authority = re.split(r"[/?#\\]", rest, maxsplit=1)[0]
    return scheme + separator + authority.rpartition("@")[2] + rest[len(authority) :]


def _content(url: str, hosts: Sequence[str]) -> tuple[bytes, str]:
    """The body and its content type; redirects to allowed hosts are followed."""
    deadline = time.monotonic() + _SECONDS
    with httpx.Client(timeout=_WAIT, headers=_AGENT, follow_redirects=False) as client:
        for _ in range(_REDIRECTS + 1):
            target = _checked(url, hosts)
            try:
                with _response(client, target, _addresses(target, hosts)) as response:
                    if response.is_redirect:
                        url = _without_credentials(urljoin(url, response.headers.get("location", "")))
                        continue
                    if response.status_code != httpx.codes.OK:
                        raise DocumentError(f"{url} 回应 {response.status_code}，没有取到网页；请核对网址")
                    return _body(response, url, deadline), response.headers.get("content-type", "")
            except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, OSError) as error:
                raise DocumentError(f"{url} 取不到（{error}）；请核对网址和网络") from error
    raise DocumentError(f"{url} 转来转去超过 {_REDIRECTS} 次，没有取到网页；请核对网址")


def _checked(url: str, hosts: Sequence[str]) -> httpx.URL:
    """`url` when its scheme and its host are allowed."""
    try:
        target = httpx.URL(url)
        host = target.host.lower()
    except (httpx.InvalidURL, ValueError) as error:
        raise DocumentError(f"{url} 不是网址；应如 https://www.example.gov.cn/zwgk/1.html") from error
    allowed = any(host == name or (name.startswith(".") and host.endswith(name)) for name in hosts)
    if target.scheme not in ("http", "https") or not host or not allowed:
        raise DocumentError(
            f"{url} 不在允许抓取的网站之列；"
            f"请由管理员把 {host or '该网站'} 加入 KB_FETCH_HOSTS，或保存网页后导入文件"
        )
    return target


def _addresses(target: httpx.URL, hosts: Sequence[str]) -> list[str]:
    """The addresses of a host, IPv4 first, without those of the own network.

    Raises:
        DocumentError: there are no others.
        OSError: the name is unknown.
    """
    port = target.port or (443 if target.scheme == "https" else 80)
    answers = socket.getaddrinfo(target.raw_host.decode("ascii").strip("[]"), port, type=socket.SOCK_STREAM)
    found = list(dict.fromkeys(str(answer[4][0]) for answer in sorted(answers, key=lambda a: a[0])))
    usable = [address for address in found if address in hosts or _is_public(ip_address(address))]
    if not usable:
        raise DocumentError(
            f"{target.host} 的地址 {found[0]} 在内部网络，没有抓取；"
            "确要抓取时，请由管理员把这个地址也加入 KB_FETCH_HOSTS，或保存网页后导入文件"
        )
    return usable


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is reached over the internet, also where it holds an IPv4 address."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return _is_public(inner)
    return address.is_global and not (address.is_multicast or address.is_reserved)


@contextmanager
def _response(client: httpx.Client, target: httpx.URL, addresses: Sequence[str]) -> Iterator[httpx.Response]:
    """The response of the host at one of its `addresses`, the first that accepts the connection."""
    host = target.netloc.decode("ascii").rpartition("@")[2]
    for number, address in enumerate(addresses, start=1):
        request = client.build_request(
            "GET",
            target.copy_with(host=address),
            headers={"Host": host},
            extensions={"sni_hostname": target.raw_host.decode("ascii")},  # whose certificate is checked
        )
        try:
            response = client.send(request, stream=True)
            break
        except httpx.ConnectError:
            if number == len(addresses):
                raise
    try:
        yield response
    finally:
        response.close()


def _body(response: httpx.Response, url: str, deadline: float) -> bytes:
    pieces, size = [], 0
    for piece in response.iter_bytes():
        size += len(piece)
        if size > LIMITS.file_bytes:
            raise DocumentError(f"{url} 超过上限 {megabytes(LIMITS.file_bytes)}，没有读取")
        if time.monotonic() > deadline:
            raise DocumentError(f"{url} 超过 {_SECONDS:.0f} 秒没有传完，已停止；请稍后再试")
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
