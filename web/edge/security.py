"""Headers that keep documents and answers from running as code, and rules for requests from other sites.

Our own pages need only their own origin. Gradio's console has inline scripts, so its policy is looser, but
allows no other origin either. Sites named in KB_ALLOWED_ORIGINS may frame our pages and call /api from their
pages; everything for staff (console, /api/staff, sign-in) is for our own site only.
"""

from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.display import refuse
from web.staff.identity import CONSOLE_PATH

STAFF_API = "/api/staff"
GRADIO_API = f"{CONSOLE_PATH}/gradio_api"
CONSOLE_UPLOAD = f"{GRADIO_API}/upload"
SIGN_ON_BACK = "/sign-on/callback"
SIGN_IN_PATHS = (
    *("/login", "/login/code", "/logout", "/password", "/second-step"),
    *("/sign-on", SIGN_ON_BACK),
)
_STRICT = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors {ancestors}"
)
_GRADIO = (
    "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; connect-src 'self' ws: wss:; "
    "object-src 'none'; frame-ancestors 'self'"
)
_READING = ("GET", "HEAD", "OPTIONS")
_FOREIGN = "这个网站没有获准使用政策问答，请到政策问答知识库的页面上操作。"


def is_console(scope: Scope) -> bool:
    """Whether the request is for the console or a path under it."""
    path: str = scope["path"]
    return path == CONSOLE_PATH or path.startswith(f"{CONSOLE_PATH}/")


def is_guarded(scope: Scope) -> bool:
    """Whether the request is for the console or the staff API, which web.edge.guard protects."""
    path: str = scope["path"]
    return is_console(scope) or path == STAFF_API or path.startswith(f"{STAFF_API}/")


def is_staff(scope: Scope) -> bool:
    """Whether the request is for staff, sign-in included: other sites may not frame, read or send it."""
    return is_guarded(scope) or scope["path"] in SIGN_IN_PATHS


class SecurityHeaders:
    """ASGI middleware that adds the security headers to every response."""

    def __init__(self, app: ASGIApp, allowed_origins: Sequence[str]) -> None:
        self._app = app
        self._strict = _STRICT.format(ancestors=" ".join(("'self'", *allowed_origins)))
        self._own = _STRICT.format(ancestors="'self'")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, adding headers when the response starts."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        policy = _GRADIO if is_console(scope) else self._own if is_staff(scope) else self._strict

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Content-Security-Policy", policy)
                headers.setdefault("X-Content-Type-Options", "nosniff")
                headers.setdefault("Referrer-Policy", "same-origin")
            await send(message)

        await self._app(scope, receive, send_with_headers)


class ApiCors:
    """ASGI middleware: lets pages of the allowed sites read /api only (Fetch Standard, CORS)."""

    def __init__(self, app: ASGIApp, allowed_origins: Sequence[str]) -> None:
        self._app = app
        self._cors = CORSMiddleware(
            app,
            allow_origins=allowed_origins,
            allow_methods=("GET", "POST"),
            allow_headers=("Content-Type", "Accept", "Accept-Language", "X-Policy-Session"),
            expose_headers=("Retry-After",),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer preflight requests and add the CORS headers, under /api only."""
        api = scope["type"] == "http" and scope["path"].startswith("/api/") and not is_staff(scope)
        await (self._cors if api else self._app)(scope, receive, send)


class OriginGuard:
    """ASGI middleware: refuses requests that sites without permission send through their visitors' browsers.

    CORS hides answers from such a site but lets a plain form or a text/plain POST through. A request without
    Origin comes from a program, not from a page.
    """

    def __init__(self, app: ASGIApp, allowed_origins: Sequence[str]) -> None:
        self._app = app
        self._allowed = frozenset(allowed_origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 403 to a changing request (not GET, HEAD, OPTIONS) from a page that is not allowed."""
        if scope["type"] == "http" and scope["method"] not in _READING:
            headers = Headers(scope=scope)
            allowed = frozenset[str]() if is_staff(scope) else self._allowed
            if not (_from_here(headers) or headers["origin"] in allowed):
                await refuse(403, _FOREIGN, scope, receive, send)
                return
        await self._app(scope, receive, send)


def _from_here(headers: Headers) -> bool:
    """Whether the request was sent by one of our pages, or by no page.

    The scheme is not compared: behind a proxy that ends TLS, requests arrive over http. Sec-Fetch-Site (Fetch
    Metadata) works even where a proxy changes Host; pages cannot set it.
    """
    origin = headers.get("origin")
    if origin is None or headers.get("sec-fetch-site") == "same-origin":
        return True
    try:
        return urlsplit(origin).netloc == headers.get("host")
    except ValueError:  # no address at all, such as "http://["
        return False
