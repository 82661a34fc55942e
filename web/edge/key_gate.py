"""Keys of other programs, at the routes that are theirs: /v1 and /mcp for asking, /api/search for searching.

Whether a key is needed is a setting (KB_API_KEYS); /mcp always needs one. Where none is needed, what other
clients send as a bearer token, because their library insists on one, is not looked at; a key of ours is, so
that its owner learns of its end. A request with a good key counts for the key alone, not for its address.
"""

from limits import RateLimitItemPerMinute
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from kb.access.api_keys import PREFIX, ApiKey, ApiKeys, KeyState
from kb.access.api_keys import Scope as KeyScope
from kb.errors import StoreError
from web.addresses import KEY_SCOPE
from web.edge.counting import RequestCounter
from web.errors import sentence_for, status_for
from web.sessions import now_utc

MCP = "/mcp"
_BEARER = "bearer "
_MISSING = "请带上接口密钥：请求头 Authorization: Bearer pqa_…，密钥由本系统的管理员发放。"
_UNKNOWN = "接口密钥不对，请核对；密钥由本系统的管理员发放。"
_OVER = {
    KeyState.EXPIRED: "接口密钥已到期，请向管理员换一个。",
    KeyState.REVOKED: "接口密钥已停用，请联系管理员。",
}
_SCOPE = "这个接口密钥不能用于{scope}，请联系管理员。"
_TOO_OFTEN = "这个接口密钥每分钟最多 {rate} 次，请 {seconds} 秒后再试。"


class KeyGate:
    """ASGI middleware: 401, 403 or 429 for a program without a good key; leaves a good one in the scope."""

    def __init__(self, app: ASGIApp, keys: ApiKeys, required: bool, counter: RequestCounter) -> None:
        self._app = app
        self._keys = keys
        self._required = required
        self._counter = counter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, with its key if it has one, or refuse it."""
        if scope["type"] != "http" or not _is_gated(scope):
            await self._app(scope, receive, send)
            return
        secret = _secret(scope)
        if secret is None and not self._required and scope["path"] != MCP:
            await self._app(scope, receive, send)
            return
        try:
            key = await run_in_threadpool(self._keys.used, secret, now_utc()) if secret else None
            refusal = await self._refusal(scope, secret, key)
        except StoreError as error:
            refusal = _refused(scope, status_for(error), sentence_for(error))
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        scope[KEY_SCOPE] = key
        await self._app(scope, receive, send)

    async def _refusal(self, scope: Scope, secret: str | None, key: ApiKey | None) -> JSONResponse | None:
        """The response that refuses the request; None when it may pass."""
        if key is None:
            return _refused(scope, 401, _MISSING if secret is None else _UNKNOWN)
        sentence = _OVER.get(key.state(now_utc()))
        if sentence is not None:
            return _refused(scope, 401, sentence)
        needed = _needed(scope)
        if needed is not None and needed not in key.scopes:
            return _refused(scope, 403, _SCOPE.format(scope=needed.label))
        if not key.rate:
            return None
        limit = RateLimitItemPerMinute(key.rate, namespace="key")
        wait = await self._counter.wait_for(limit, str(key.id))
        if not wait:
            return None
        return _refused(scope, 429, _TOO_OFTEN.format(rate=key.rate, seconds=wait), wait)


def _is_gated(scope: Scope) -> bool:
    path: str = scope["path"]
    return path.startswith("/v1/") or path in ("/api/search", MCP)


def _needed(scope: Scope) -> KeyScope | None:
    """The scope that the request needs; /mcp looks at the scopes itself, tool by tool."""
    if scope["path"] == MCP:
        return None
    return KeyScope.SEARCH if scope["path"] == "/api/search" else KeyScope.ASK


def _secret(scope: Scope) -> str | None:
    """The key of ours that the request brings."""
    authorization = Headers(scope=scope).get("authorization", "")
    token = authorization[len(_BEARER) :].strip()
    is_ours = authorization[: len(_BEARER)].lower() == _BEARER and token.startswith(PREFIX)
    return token if is_ours else None


def _refused(scope: Scope, status: int, sentence: str, wait: int = 0) -> JSONResponse:
    """The refusal in the shape that clients of the route expect."""
    headers = {"Cache-Control": "no-store"}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if wait:
        headers["Retry-After"] = str(wait)
    content: dict[str, object] = {"error": sentence}
    if scope["path"].startswith("/v1/"):
        kind = "rate_limit_error" if wait else "invalid_request_error"
        code = "rate_limit_exceeded" if wait else "invalid_api_key"
        content = {"error": {"message": sentence, "type": kind, "param": None, "code": code}}
    return JSONResponse(content, status, headers)
