"""The console among several workers: Gradio keeps each page's state in its process, so one worker has it.

The other workers pass requests for the console on to that one, over a socket in a folder that only this user
may enter. They name the visitor in headers, which are believed from that socket alone.
"""

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from socket import AF_UNIX, socket

import anyio
import httpx
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.display import refuse
from web.edge.security import is_console

_CLIENT, _SCHEME = b"x-kb-client", b"x-kb-scheme"
_OWN_HOP = frozenset(
    (b"connection", b"keep-alive", b"te", b"trailer", b"transfer-encoding", b"upgrade", _CLIENT, _SCHEME)
)
_AWAY = "控制台正在重新启动，请过一会儿刷新。"


def open_way() -> socket:
    """The socket on which the console's worker listens for the others; made before they are started."""
    way = socket(AF_UNIX)
    way.bind(str(Path(tempfile.mkdtemp(prefix="kb-console-")) / "console.sock"))
    return way


def close_way(way: socket) -> None:
    """Close the socket and remove its folder."""
    path = Path(way.getsockname())
    way.close()
    path.unlink(missing_ok=True)
    path.parent.rmdir()


class ConsoleHere:
    """ASGI wrapper of the worker that has the console: requests over the socket come from who they name."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on as the other worker got it."""
        if scope["type"] == "http" and scope.get("client") is None:
            headers = dict(scope["headers"])
            scope["client"] = (headers.get(_CLIENT, b"").decode("latin-1"), 0)
            scope["scheme"] = headers.get(_SCHEME, b"http").decode("latin-1")
        await self._app(scope, receive, send)


class ConsoleElsewhere:
    """ASGI wrapper of the other workers: requests for the console go to the worker at `path`."""

    def __init__(self, app: ASGIApp, path: str) -> None:
        self._app = app
        self._client = httpx.AsyncClient(
            transport=httpx.AsyncHTTPTransport(uds=path, limits=httpx.Limits(max_keepalive_connections=0)),
            timeout=None,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request for the console to its worker, and the answer back as it comes."""
        if scope["type"] != "http" or not is_console(scope):
            await self._app(scope, receive, send)
            return
        try:
            response = await self._client.send(self._request(scope, receive), stream=True)
        except httpx.TransportError:
            await refuse(503, _AWAY, scope, receive, send, {"Retry-After": "2"})
            return
        try:
            async with anyio.create_task_group() as group:
                group.start_soon(_until_gone, receive, group.cancel_scope)
                await _pass_back(response, send)
                group.cancel_scope.cancel()
        finally:
            with anyio.CancelScope(shield=True):
                await response.aclose()

    @staticmethod
    def _request(scope: Scope, receive: Receive) -> httpx.Request:
        headers = [(name, value) for name, value in scope["headers"] if name not in _OWN_HOP]
        names = {name for name, _ in scope["headers"]}
        client = scope["client"][0] if scope.get("client") else ""
        headers += [(_CLIENT, client.encode("latin-1")), (_SCHEME, scope["scheme"].encode("latin-1"))]
        query = b"?" + scope["query_string"] if scope["query_string"] else b""
        target = (scope["raw_path"] + query).decode("latin-1")
        has_body = not names.isdisjoint((b"content-length", b"transfer-encoding"))
        # Not by the client, which would add headers of its own, such as encodings the visitor cannot read.
        return httpx.Request(
            scope["method"],
            f"http://console{target}",
            headers=headers,
            content=_body(receive) if has_body else None,
        )


async def _body(receive: Receive) -> AsyncIterator[bytes]:
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        more = message.get("more_body", False)
        yield message.get("body", b"")


async def _pass_back(response: httpx.Response, send: Send) -> None:
    """Send the answer of the other worker on, piece by piece."""
    headers = [(name, value) for name, value in response.headers.raw if name.lower() not in _OWN_HOP]
    start: Message = {"type": "http.response.start", "status": response.status_code, "headers": headers}
    await send(start)
    async for piece in response.aiter_raw():
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _until_gone(receive: Receive, scope: anyio.CancelScope) -> None:
    """Cancel `scope` when the visitor has closed the page: the console's streams do not end by themselves."""
    while (await receive())["type"] != "http.disconnect":
        pass
    scope.cancel()
