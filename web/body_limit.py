"""No request needs more than 64 KB: a question has 500 characters, a history a few dozen of them.

The console is left out, as files are uploaded there.
"""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.display import refuse
from web.security import is_console

MAX_BODY = 64 * 1024  # bytes
_TOO_LARGE = f"发送的内容太大了，最多 {MAX_BODY // 1024} KB，请删减后再试。"
_CLOSE = {"Connection": "close"}  # the rest of the body is not read


class BodyLimit:
    """ASGI middleware: 413 for a longer body, whether its length is announced or it comes in pieces."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the whole body first: 64 KB are no burden, and a route never sees half of a refused one."""
        if scope["type"] != "http" or is_console(scope):
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "0")
        body = None if announced.isdecimal() and int(announced) > MAX_BODY else await _read(receive)
        if body is None:
            await refuse(413, _TOO_LARGE, scope, receive, send, _CLOSE)
            return
        pending: list[Message] = [body]

        async def replay() -> Message:
            return pending.pop() if pending else await receive()

        await self._app(scope, replay, send)


async def _read(receive: Receive) -> Message | None:
    """The body as one message (or the message that the client has left); None when it is too long."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return message
        body += message.get("body", b"")
        if len(body) > MAX_BODY:
            return None
        if not message.get("more_body", False):
            return {"type": "http.request", "body": bytes(body), "more_body": False}
