"""Limits request bodies to 64 KB: a question has 500 characters, a history a few dozen questions.

Staff upload files: up to 21 MB through their API (a file has 20 MB at most); uploads in the console have a
quota (web.console.uploads), its other requests have up to 1 MB. web.edge.guard stands before them.
"""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.arriving import Arriving
from web.display import refuse
from web.edge.security import CONSOLE_UPLOAD, is_console, is_guarded

MAX_BODY = 64 * 1024  # bytes
MAX_CONSOLE = 1024 * 1024
MAX_UPLOAD = 21 * 1024 * 1024
_TOO_LARGE = "发送的内容太大了，最多 {kilobytes} KB，请删减后再试。"
_TOO_LARGE_FILE = "文件太大了，最多 20 MB，请拆分后再上传。"
_CLOSE = {"Connection": "close"}  # of a long body the rest is not read


class BodyLimit:
    """ASGI middleware: answers 413 to a longer body, with or without a Content-Length."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the whole body first: that is cheap, and no route sees part of a refused body."""
        if scope["type"] != "http" or scope["path"] == CONSOLE_UPLOAD:
            await self._app(scope, receive, send)
            return
        arriving = Arriving(receive)
        announced = Headers(scope=scope).get("content-length", "0")
        limit = MAX_CONSOLE if is_console(scope) else MAX_UPLOAD if is_guarded(scope) else MAX_BODY
        sentence = _TOO_LARGE_FILE if limit == MAX_UPLOAD else _TOO_LARGE.format(kilobytes=limit // 1024)
        body = None if announced.isdecimal() and int(announced) > limit else await _read(arriving, limit)
        if body is None:
            await arriving.read_off()
            await refuse(413, sentence, scope, receive, send, _CLOSE)
            return
        if body["type"] != "http.request":  # the client is gone
            return
        pending: list[Message] = [body]

        async def replay() -> Message:
            return pending.pop() if pending else await receive()

        await self._app(scope, replay, send)


async def _read(receive: Receive, limit: int) -> Message | None:
    """The body as one message, or the client's disconnect message; None when the body exceeds `limit`."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return message
        body += message.get("body", b"")
        if len(body) > limit:
            return None
        if not message.get("more_body", False):
            return {"type": "http.request", "body": bytes(body), "more_body": False}
