"""Lets through to the console only what its page asks for, and only the caller's own files.

Gradio copies the file that a value names into its cache, fetches the address that it names, and serves the
cache to everybody. It also brings routes that our page never calls: functions by name, a proxy, recordings,
an editor. So here

    a route that is not listed is closed, those of a later Gradio too;
    a file in an address or in a body is an upload of the caller (web.uploads), else 403;
    a body is JSON, and goes on as it was understood here, without addresses of files: no other parser can
    understand it otherwise, and nothing is fetched.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import parse_qsl, unquote

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kb.staff.permissions import Staff
from web.display import refuse
from web.edge.guard import POLICY_VIOLATION
from web.edge.security import CONSOLE_UPLOAD, GRADIO_API, is_console
from web.staff.identity import CONSOLE_PATH, SCOPE_KEY
from web.uploads import is_own, may_upload

READ = frozenset(
    {
        CONSOLE_PATH,
        f"{CONSOLE_PATH}/",
        f"{CONSOLE_PATH}/config",
        f"{CONSOLE_PATH}/theme.css",
        f"{GRADIO_API}/app_id",
        f"{GRADIO_API}/queue/data",
        f"{GRADIO_API}/upload_progress",
    }
)
READ_BELOW = (f"{CONSOLE_PATH}/assets/", f"{CONSOLE_PATH}/static/", f"{GRADIO_API}/heartbeat/")
WRITE = frozenset({f"{GRADIO_API}/{name}" for name in ("queue/join", "cancel", "reset")})
FILE = f"{GRADIO_API}/file="
_READING = ("GET", "HEAD")
_CLOSED = "控制台不提供这个地址。"
_FOREIGN = "请求里有不是您上传的文件或网址，没有执行；请刷新页面后重新选择文件。"
_MAY_NOT = "您的角色不能上传文件；需要时请联系管理员。"
_UNREADABLE = "请求的内容不完整或格式不对，请刷新页面再试。"


class ConsoleGate:
    """ASGI middleware under the guard: answers 403 to what is not the page's own request, 400 to no JSON."""

    def __init__(self, app: ASGIApp, home: Path) -> None:
        self._app = app
        self._home = home

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, its body checked, or refuse it."""
        if scope["type"] not in ("http", "websocket") or not is_console(scope):
            await self._app(scope, receive, send)
            return
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": POLICY_VIOLATION})
            return
        sentence = self._closed(scope)
        if sentence is not None:
            await refuse(403, sentence, scope, receive, send)
        elif scope["path"] in WRITE:
            await self._checked(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _closed(self, scope: Scope) -> str | None:
        """The sentence that refuses the request by its address; None when it may pass."""
        path, staff = scope["path"], scope[SCOPE_KEY]
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        if any("/" in word or "\\" in word for pair in query for word in pair):
            return _FOREIGN
        if scope["method"] in _READING:
            if path.startswith(FILE):
                return None if self._is_own(staff, path.removeprefix(FILE)) else _FOREIGN
            return None if path in READ or path.startswith(READ_BELOW) else _CLOSED
        if scope["method"] == "POST" and path == CONSOLE_UPLOAD:
            return None if may_upload(staff) else _MAY_NOT
        return None if scope["method"] == "POST" and path in WRITE else _CLOSED

    async def _checked(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its body as it was understood, unless that names a foreign file."""
        message = await receive()
        if message["type"] != "http.request":  # the client is gone
            return
        try:
            body = json.loads(message["body"], object_pairs_hook=_once)
            files = _files(body)
            is_foreign = not all(self._is_own_file(scope[SCOPE_KEY], file) for file in files)
            for file in files:
                file.pop("url", None)
            content = json.dumps(body).encode()
        except (ValueError, RecursionError):
            await refuse(400, _UNREADABLE, scope, receive, send)
            return
        if is_foreign:
            await refuse(403, _FOREIGN, scope, receive, send)
            return
        headers = MutableHeaders(raw=list(Headers(scope=scope).raw))
        headers["Content-Length"], headers["Content-Type"] = str(len(content)), "application/json"
        pending: list[Message] = [{"type": "http.request", "body": content, "more_body": False}]

        async def replay() -> Message:
            return pending.pop() if pending else await receive()

        await self._app({**scope, "headers": headers.raw}, replay, send)

    def _is_own_file(self, staff: Staff, file: Mapping[str, object]) -> bool:
        """Whether the value of a file field names an upload of `staff`, in its path and in its address."""
        path, url = file.get("path"), file.get("url")
        return self._is_own(staff, path) and (
            url is None or self._is_own(staff, unquote(str(url).partition(FILE)[2]))
        )

    def _is_own(self, staff: Staff, path: object) -> bool:
        return is_own(self._home, staff.name, path)


def _once(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    """A JSON object; ValueError when it has a name twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name occurs twice")
    return found


def _files(body: object) -> list[dict[str, object]]:
    """All objects in `body` that Gradio takes, or might take, for files."""
    found, waiting = [], [body]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if value.keys() & {"path", "url", "meta"}:
                found.append(value)
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
    return found
